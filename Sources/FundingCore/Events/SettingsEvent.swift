public import Foundation
import FundingJSON

/// The settings were saved. The document is in `settings`; whoever missed the event sees that its revision has grown.
public struct SettingsEvent: Hashable, Sendable {
    public var revision: Int
    public var savedAt: Date

    public init(revision: Int, savedAt: Date) {
        self.revision = revision
        self.savedAt = savedAt
    }

    /// The event as one JSON object, version 1.
    public func encoded() -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 100)
        writer.beginObject()
        writer.field("v", 1)
        writer.field("type", "settings")
        writer.field("ts", Timestamp.text(savedAt))
        writer.field("revision", revision)
        writer.endObject()
        return writer.bytes
    }

    public init(wire bytes: [UInt8]) throws {
        let root = try JSONDocument(bytes).root
        guard root["v"]?.int == 1, root["type"]?.isString("settings") == true else {
            throw EventError(description: "expected a settings event of version 1, found \(root.excerpt)")
        }
        self.init(revision: try root.value("revision", \.int), savedAt: try root.time("ts"))
    }
}
