import FundingJSON
import FundingRuntime
import WebServer

/// The live feed's description in AsyncAPI 3.0: what a client may say, what it hears, and why it is closed.
struct AsyncAPIDocument {
    static let version = "3.0.0"

    /// A message and the shape of its JSON.
    struct Message: Sendable {
        var name: String
        var summary: String
        var shape: JSONShape
    }

    /// Why a connection is closed, and what the client does then.
    struct CloseCode: Sendable {
        var code: Int
        var cause: String
        var remedy: Remedy
    }

    /// What helps after a connection was closed.
    enum Remedy: String, Sendable {
        case nothing = "Nothing is left to do."
        case resume = "Connect again at once, and `resume`; if that is refused, with growing pauses."
        case wait = "Wait some seconds, connect again, and ask for less."
        case mend = "Do not send the same again."
    }

    /// What ends a connection, by its close code: one for each cause.
    static let closeCodes = [
        CloseCode(code: 1000, cause: "The client asked to close.", remedy: .nothing),
        CloseCode(code: 1001, cause: "The server shuts down.", remedy: .resume),
        CloseCode(code: 1002, cause: "The client broke the protocol.", remedy: .mend),
        CloseCode(code: 1003, cause: "The client sent something else than text.", remedy: .mend),
        CloseCode(code: 1007, cause: "The client sent what is not UTF-8, or cannot be expanded.", remedy: .mend),
        CloseCode(
            code: 1009, cause: "The client sent a message of more than \(limits.maximumWebSocketFrame >> 10) KiB.",
            remedy: .mend),
        CloseCode(code: 1013, cause: "The client reads too slowly.", remedy: .wait),
        CloseCode(code: 4002, cause: "The client gave no sign of life.", remedy: .resume),
        CloseCode(code: 4005, cause: "The client has too many connections.", remedy: .wait),
        CloseCode(code: 4008, cause: "The client sent too much at once.", remedy: .wait),
    ]

    /// Those of the server that the API leaves as they are.
    private static let limits = WebServerConfiguration()

    private static var description: String {
        let codes = closeCodes.map { "\($0.code): \($0.cause) \($0.remedy.rawValue)" }.joined(separator: " ")
        return """
            Frames are JSON texts with `v` 1. `seq` grows with every frame that all clients share; `resume` goes on after \
            one, as long as it is kept, else a new snapshot comes with `reset`. Kept are the last \(FrameRing.Limits.frames) \
            frames, at most \(FrameRing.Limits.bytes >> 20) MiB of them; those of pairs are counted by themselves. A \
            connection may have \(Subscriptions.most) subscriptions that name \(Subscriptions.mostNames) exchanges and \
            assets. `?channels=grid,rates` subscribes at once. A ping comes every \(LiveFeed.heartbeatSeconds) s; who \
            is silent for \(limits.webSocketSilenceTimeout.components.seconds) s, without a pong either, is closed. A \
            client may send \(Int(LiveFeed.requestBurst)) messages at once, and then \
            \(Int(LiveFeed.requestsPerSecond)) a second; pings, pongs and later pieces of messages may come \
            \(limits.webSocketSideFramesPerSecond) times a second. One that has more than \
            \(LiveState.Limits.queue >> 20) MiB to read, besides what it began with, is sent no more until it has \
            read all; then it begins anew, with `reset`. If that takes more than \
            \(LiveState.Limits.patience.components.seconds) s, it is closed. Close codes: \(codes)
            """
    }

    func encoded() -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 16 << 10)
        writer.beginObject()
        writer.field("asyncapi", Self.version)
        writer.key("info")
        writer.beginObject()
        writer.field("title", "Funding Suite live feed")
        writer.field("version", ServiceProcess.version)
        writer.field("description", Self.description)
        writer.endObject()
        writeChannel(to: &writer)
        writer.key("operations")
        writer.beginObject()
        Self.operation("say", "receive", Self.requests, to: &writer)
        Self.operation("hear", "send", Self.frames, to: &writer)
        writer.endObject()
        writer.key("components")
        writer.beginObject()
        writer.schemas(of: (Self.requests + Self.frames).map(\.shape))
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }

    private func writeChannel(to writer: inout JSONWriter) {
        writer.key("channels")
        writer.beginObject()
        writer.key("live")
        writer.beginObject()
        writer.field("address", "/ws")
        writer.key("messages")
        writer.beginObject()
        for message in Self.requests + Self.frames {
            writer.key(message.name)
            writer.beginObject()
            writer.field("summary", message.summary)
            writer.field("contentType", "application/json")
            writer.field("payload", message.shape)
            writer.endObject()
        }
        writer.endObject()
        writer.endObject()
        writer.endObject()
    }

    private static func operation(
        _ name: String, _ action: String, _ messages: [Message], to writer: inout JSONWriter
    ) {
        writer.key(name)
        writer.beginObject()
        writer.field("action", action)
        writer.key("channel")
        reference("#/channels/live", to: &writer)
        writer.key("messages")
        writer.beginArray()
        for message in messages { reference("#/channels/live/messages/\(message.name)", to: &writer) }
        writer.endArray()
        writer.endObject()
    }

    private static func reference(_ target: String, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("$ref", target)
        writer.endObject()
    }
}
