public import Foundation
import FundingJSON

/// What one committed write of the scanner changed in `arbitrage_opportunities`. `sequence` is the table's generation and
/// counts the writes without a hole: a reader that sees one missing, or a whole write, reads the table anew.
public struct ArbitrageEvent: Sendable {
    public var sequence: Int
    public var computedAt: Date
    /// Everything was written anew, as by a scanner that takes over: the pairs are not named.
    public var isWhole: Bool
    public var added: [Opportunity]
    public var updated: [Opportunity]
    public var removed: [FundingSpread.Key]
    public var summary: ArbitrageSummary

    public init(
        sequence: Int, computedAt: Date, isWhole: Bool, added: [Opportunity], updated: [Opportunity],
        removed: [FundingSpread.Key], summary: ArbitrageSummary
    ) {
        self.sequence = sequence
        self.computedAt = computedAt
        self.isWhole = isWhole
        self.added = added
        self.updated = updated
        self.removed = removed
        self.summary = summary
    }

    /// The event as one JSON object, version 2: pairs are rows of a table, removed ones the contracts' keys.
    public func encoded() -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 1200 + (added.count + updated.count) * 360 + removed.count * 16)
        writer.beginObject()
        writer.field("v", Self.version)
        writer.field("type", "arbitrage")
        writer.field("seq", sequence)
        writer.field("ts", Timestamp.text(computedAt))
        writer.field("whole", isWhole)
        Opportunity.table.write(to: &writer)
        for (name, opportunities) in [("added", added), ("updated", updated)] as [(StaticString, [Opportunity])] {
            writer.key(name)
            writer.beginArray()
            for opportunity in opportunities { opportunity.writeRow(to: &writer) }
            writer.endArray()
        }
        writer.field("removed", removed.map { [$0.long, $0.short] })
        writer.key("statistics")
        summary.write(to: &writer)
        writer.endObject()
        return writer.bytes
    }

    private static let version = 2

    public init(wire bytes: [UInt8]) throws {
        let root = try JSONDocument(bytes).root
        guard root["v"]?.int == Self.version, root["type"]?.isString("arbitrage") == true else {
            throw EventError(
                description: "expected an arbitrage event of version \(Self.version), found \(root.excerpt)")
        }
        try Opportunity.table.check(root)
        self.init(
            sequence: try root.value("seq", \.int), computedAt: try root.time("ts"),
            isWhole: try root.value("whole", \.bool),
            added: try Opportunity.table.rows("added", of: root) { try Opportunity(wire: &$0) },
            updated: try Opportunity.table.rows("updated", of: root) { try Opportunity(wire: &$0) },
            removed: try root.list("removed").map(FundingSpread.Key.init(wire:)),
            summary: try ArbitrageSummary(wire: try root.value("statistics") { $0 })
        )
    }
}

extension FundingSpread.Key {
    fileprivate init(wire json: JSONView) throws {
        guard let long = json[0]?.int, let short = json[1]?.int else {
            throw EventError(description: "event field removed holds \(json.excerpt), not two contracts' keys")
        }
        self.init(long: long, short: short)
    }
}
