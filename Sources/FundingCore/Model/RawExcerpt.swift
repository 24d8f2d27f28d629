public import Foundation
public import FundingJSON

/// The part of an exchange's answer that speaks of one contract, letter by letter.
public struct RawExcerpt: Hashable, Sendable {
    /// Longer ones are cut, and end with "…" then.
    public static let mostBytes = 2000

    /// Which of the feed's requests it answers.
    public var request: String
    /// When the whole answer had arrived.
    public var receivedAt: Date
    public var text: String

    public init(request: String, receivedAt: Date, text: String) {
        self.request = request
        self.receivedAt = receivedAt
        self.text = text
    }

    /// Cuts what is too long.
    public init(request: String, receivedAt: Date, bytes: some Collection<UInt8>) {
        let isWhole = bytes.count <= Self.mostBytes
        let text = String(decoding: bytes.prefix(Self.mostBytes), as: UTF8.self)
        self.init(request: request, receivedAt: receivedAt, text: isWhole ? text : text + "…")
    }

    /// Writes the excerpt's members.
    public func writeMembers(to writer: inout JSONWriter) {
        writer.field("request", request)
        writer.field("received_at", Timestamp.text(receivedAt))
        writer.field("text", text)
    }
}

extension [RawExcerpt] {
    /// As one JSON array.
    public func encoded() -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: reduce(2) { $0 + $1.text.utf8.count * 5 / 4 + 120 })
        writer.beginArray()
        for excerpt in self {
            writer.beginObject()
            excerpt.writeMembers(to: &writer)
            writer.endObject()
        }
        writer.endArray()
        return writer.bytes
    }

    public init(wire bytes: [UInt8]) throws {
        self = try JSONDocument(bytes).root.elements.map { row in
            RawExcerpt(
                request: try row.text("request"), receivedAt: try row.time("received_at"), text: try row.text("text"))
        }
    }
}
