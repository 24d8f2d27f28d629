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
    /// By their names.
    public var removed: [String]
    public var summary: ArbitrageSummary

    public init(
        sequence: Int, computedAt: Date, isWhole: Bool, added: [Opportunity], updated: [Opportunity],
        removed: [String], summary: ArbitrageSummary
    ) {
        self.sequence = sequence
        self.computedAt = computedAt
        self.isWhole = isWhole
        self.added = added
        self.updated = updated
        self.removed = removed
        self.summary = summary
    }

    /// The event as one JSON object, version 1. Pairs have the field names of the API's rows, without what follows from
    /// others.
    public func encoded() -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 400 + (added.count + updated.count) * 900 + removed.count * 80)
        writer.beginObject()
        writer.field("v", 1)
        writer.field("type", "arbitrage")
        writer.field("seq", sequence)
        writer.field("ts", Timestamp.text(computedAt))
        writer.field("whole", isWhole)
        for (name, opportunities) in [("added", added), ("updated", updated)] as [(StaticString, [Opportunity])] {
            writer.key(name)
            writer.beginArray()
            for opportunity in opportunities { opportunity.write(to: &writer) }
            writer.endArray()
        }
        writer.list("removed", removed)
        writer.key("statistics")
        summary.write(to: &writer)
        writer.endObject()
        return writer.bytes
    }

    public init(wire bytes: [UInt8]) throws {
        let root = try JSONDocument(bytes).root
        guard root["v"]?.int == 1, root["type"]?.isString("arbitrage") == true else {
            throw EventError(description: "expected an arbitrage event of version 1, found \(root.excerpt)")
        }
        self.init(
            sequence: try root.value("seq", \.int), computedAt: try root.time("ts"),
            isWhole: try root.value("whole", \.bool),
            added: try root.list("added").map(Opportunity.init(wire:)),
            updated: try root.list("updated").map(Opportunity.init(wire:)),
            removed: try root.list("removed").map { try $0.text(in: "removed") },
            summary: try ArbitrageSummary(wire: try root.value("statistics") { $0 })
        )
    }
}

extension FundingSpread {
    /// The pair in one word: `BTC|binance:BTCUSDT|kucoin:XBTUSDTM`, the long leg first.
    public var name: String { "\(asset)|\(long.exchange):\(long.symbol)|\(short.exchange):\(short.symbol)" }
}
