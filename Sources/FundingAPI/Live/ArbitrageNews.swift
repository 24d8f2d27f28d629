import Foundation
import FundingCore
import FundingJSON

/// What became different in one part of the pairs.
struct ArbitrageNews: Sendable {
    let scope: LiveScope
    /// Whole rows.
    var added: [[UInt8]] = []
    /// Of each pair its id and the members that differ.
    var updated: [[UInt8]] = []
    /// Ids.
    var removed: [String] = []
    let state: ArbitrageState

    var isEmpty: Bool { added.isEmpty && updated.isEmpty && removed.isEmpty }

    /// Roughly how many bytes it takes, encoded or not.
    var size: Int {
        let rows = [added, updated].joined().reduce(0) { $0 + $1.count }
        return LiveFrameSize.head + rows + removed.count * LiveFrameSize.name
    }
}

/// What a frame says of all pairs.
struct ArbitrageState: Sendable {
    /// Pairs that stand in rankings, in the part that is told of.
    private let total: Int
    private let progress: ArbitrageProgress?
    private let isScannerRunning: Bool
    /// Whether nobody keeps the pairs current.
    private let isStale: Bool

    init(total: Int, _ moment: OpportunityMoment) {
        self.total = total
        progress = moment.list.progress
        isScannerRunning = moment.arbitrage.isScannerRunning(at: moment.now)
        isStale = moment.arbitrage.isStale(at: moment.now)
    }

    /// Whether it says otherwise whether the pairs are kept current: that is news without any pair.
    func hasTurned(since old: ArbitrageState) -> Bool {
        isScannerRunning != old.isScannerRunning || isStale != old.isStale
    }

    func write(to writer: inout JSONWriter) {
        writer.field("total", total)
        writer.field("generation", progress?.generation ?? 0)
        writer.field("computed_at", progress?.computedAt.map(Timestamp.text))
        writer.key("statistics")
        (progress?.summary ?? ArbitrageSummary(contracts: 0)).write(to: &writer)
        writer.field("scanner_running", isScannerRunning)
        writer.field("stale", isStale)
    }

    static let schema: JSONShape = [
        "total": .count, "generation": .count, "computed_at": .timestamp.orNull,
        "statistics": [
            "contracts_analyzed": .count, "total_pairs": .count, "total_opportunities": .count,
            "max_apr_spread": .number.orNull, "significant_count": .count,
        ],
        "scanner_running": .flag, "stale": .flag,
    ]
}

extension ArbitrageNews {
    func encoded(_ sequence: Int, _ time: Date) -> [UInt8] {
        var writer = LiveFrame.head("arbitrage", sequence, time, capacity: size)
        writer.rows("added", added)
        writer.rows("updated", updated)
        writer.field("removed", removed)
        state.write(to: &writer)
        writer.endObject()
        return writer.bytes
    }

    /// A frame's own members.
    static let schema = ArbitrageState.schema.with([
        "seq": .count, "ts": .timestamp, "added": .list(OpportunityRow.schema),
        "updated": .list(.named(OpportunityRow.changeSchema)), "removed": .list(.text),
    ])
}

/// The channel `arbitrage` as it is now: one part's widest pairs.
enum ArbitrageSnapshot {
    static func encoded(
        _ rows: [[UInt8]], _ state: ArbitrageState, sequence: Int, reset: Bool, at now: Date
    ) -> EncodedFrame {
        LiveAnswer.message("snapshot", sequence) { writer in
            writer.field("channel", LiveChannel.arbitrage.rawValue)
            writer.field("seq", sequence)
            writer.field("ts", Timestamp.text(now))
            if reset { writer.field("reset", true) }
            writer.key("data")
            writer.beginObject()
            writer.rows("opportunities", rows)
            state.write(to: &writer)
            writer.endObject()
        }
    }

    static let schema = ArbitrageState.schema.with(["opportunities": .list(OpportunityRow.schema)])
}

extension JSONWriter {
    fileprivate mutating func rows(_ name: StaticString, _ rows: [[UInt8]]) {
        key(name)
        beginArray()
        for row in rows { raw(row) }
        endArray()
    }
}
