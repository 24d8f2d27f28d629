import Foundation
import FundingCore
import FundingJSON

/// What one client is told, and nobody else.
enum LiveAnswer {
    static func hello(session: String, sequence: Int) -> EncodedFrame {
        message("hello", sequence) { writer in
            writer.field("session", session)
            writer.field("seq", sequence)
            writer.field("channels", LiveChannel.allCases.map(\.rawValue))
            writer.field("heartbeat_s", LiveFeed.heartbeatSeconds)
        }
    }

    /// - Parameter reset: whether what the client was sent before no longer holds.
    static func snapshot(_ grid: GridDocument, _ filter: GridFilter, sequence: Int, reset: Bool, at now: Date)
        -> EncodedFrame
    {
        message("snapshot", sequence) { writer in
            writer.field("channel", LiveChannel.grid.rawValue)
            writer.field("seq", sequence)
            writer.field("ts", Timestamp.text(now))
            if reset { writer.field("reset", true) }
            writer.key("data")
            writer.raw(grid.encoded(sequence: sequence, at: now, filter: filter))
        }
    }

    /// Frames of a channel that has no snapshot were missed for good: fetch over HTTP.
    static func reset(_ channel: LiveChannel, sequence: Int, at now: Date) -> EncodedFrame {
        message("reset", sequence) { writer in
            writer.field("channel", channel.rawValue)
            writer.field("seq", sequence)
            writer.field("ts", Timestamp.text(now))
        }
    }

    /// All missed frames have been sent.
    static func resumed(sequence: Int, frames: Int) -> EncodedFrame {
        message("resumed", sequence) { writer in
            writer.field("seq", sequence)
            writer.field("frames", frames)
        }
    }

    static func pong(_ id: Int?, at now: Date) -> EncodedFrame {
        message("pong") { writer in
            writer.field("id", id)
            writer.field("ts", Timestamp.text(now))
        }
    }

    static func error(_ fault: LiveRequest.Fault) -> EncodedFrame {
        message("error") { writer in
            writer.field("code", fault.code)
            writer.field("detail", fault.detail)
        }
    }

    static func message(
        _ type: String, _ sequence: Int? = nil, _ members: (inout JSONWriter) -> Void
    ) -> EncodedFrame {
        var writer = JSONWriter(reservingCapacity: 256)
        writer.beginObject()
        writer.field("v", 1)
        writer.field("type", type)
        members(&writer)
        writer.endObject()
        return EncodedFrame(writer.bytes, sequence: sequence)
    }
}
