import FundingJSON
import FundingRuntime

/// The live feed's description in AsyncAPI 3.0: what a client may say, what it hears, and why it is closed.
struct AsyncAPIDocument {
    static let version = "3.0.0"

    /// A message and the shape of its JSON.
    struct Message: Sendable {
        var name: String
        var summary: String
        var shape: JSONShape
    }

    /// What ends a connection, by its close code: one for each cause.
    static let closeCodes = [
        (1000, "The client asked to close."), (1001, "The server shuts down: connect again, and resume."),
        (1002, "The client broke the protocol."), (1003, "The client sent something else than text."),
        (1007, "The client sent text that is not UTF-8."),
        (1008, "The client gave no sign of life, or sent too much at once."),
        (1009, "The client sent a message of more than 16 KiB."),
        (4005, "The client has too many connections."),
        (1013, "The client reads too slowly."), (4008, "The client sent too many messages."),
    ]

    private static var description: String {
        let codes = closeCodes.map { "\($0): \($1)" }.joined(separator: " ")
        return """
            Frames are JSON texts with `v` 1. `seq` grows with every frame that all clients share; `resume` goes on after \
            one, as long as it is kept, else a new snapshot comes with `reset`. Kept are the last \(FrameRing.Limits.frames) \
            frames, at most \(FrameRing.Limits.bytes >> 20) MiB of them; those of pairs are counted by themselves. A \
            connection may have \(Subscriptions.most) subscriptions that name \(Subscriptions.mostNames) exchanges and \
            assets. A ping comes every \(LiveFeed.heartbeatSeconds) s. `?channels=grid,rates` subscribes at once. \
            Close codes: \(codes)
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
