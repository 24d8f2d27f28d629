import Foundation
import FundingCore
import FundingJSON

/// What live clients are told of one change of the pairs that stand in rankings. It holds the rows and not the market that
/// they were made of: news are kept for those who resume, and markets are large.
struct ArbitrageNews: Sendable {
    /// A change of more pairs is told as a new snapshot.
    static let mostPairs = 1000

    private let added: [OpportunityRow]
    private let updated: [OpportunityRow]
    private let removed: [OpportunityRow]
    private let progress: ArbitrageProgress?

    init(_ change: OpportunityChange, _ moment: OpportunityMoment) {
        added = change.added.map { moment.row($0) }
        updated = change.updated.map { moment.row($0) }
        removed = change.removed.map { moment.row($0) }
        progress = moment.list.progress
    }

    /// Roughly how many bytes it takes, encoded or not.
    var size: Int { LiveFrameSize.head + (added.count + updated.count + removed.count) * LiveFrameSize.pair }

    /// The frame as a scope wants it; nil if it wants nothing of it.
    func encoded(_ scope: LiveScope, _ sequence: Int, _ time: Date) -> [UInt8]? {
        let added = added.filter(scope.includes)
        let updated = updated.filter(scope.includes)
        let removed = removed.filter(scope.includes)
        let count = added.count + updated.count
        guard count + removed.count > 0 else { return nil }
        var writer = LiveFrame.head(
            "arbitrage", sequence, time, capacity: LiveFrameSize.head + count * LiveFrameSize.pair)
        writer.field("added", added)
        writer.field("updated", updated)
        writer.field("removed", removed.map(\.id))
        ArbitrageSnapshot.writeState(progress, to: &writer)
        writer.endObject()
        return writer.bytes
    }
}

/// The channel `arbitrage` as it is now.
enum ArbitrageSnapshot {
    /// The widest pairs. The others come as they change.
    private static let mostPairs = 500

    static func encoded(
        _ moment: OpportunityMoment, _ scope: LiveScope, sequence: Int, reset: Bool, at now: Date
    ) -> EncodedFrame {
        let ranked = moment.list.all.filter { $0.isRanked && scope.includes($0, moment.names) }
        let widest = OpportunityOrder().sorted(ranked).prefix(mostPairs).map { moment.row($0) }
        return LiveAnswer.message("snapshot", sequence) { writer in
            writer.field("channel", LiveChannel.arbitrage.rawValue)
            writer.field("seq", sequence)
            writer.field("ts", Timestamp.text(now))
            if reset { writer.field("reset", true) }
            writer.key("data")
            writer.beginObject()
            writer.field("opportunities", widest)
            writer.field("total", ranked.count)
            writeState(moment.list.progress, to: &writer)
            writer.endObject()
        }
    }

    static let stateSchema: JSONShape = [
        "generation": .count, "computed_at": .timestamp.orNull,
        "statistics": [
            "contracts_analyzed": .count, "total_pairs": .count, "total_opportunities": .count,
            "max_apr_spread": .number.orNull, "significant_count": .count,
        ],
    ]

    static let schema: JSONShape = stateSchema.with([
        "opportunities": .list(OpportunityRow.schema), "total": .count,
    ])

    fileprivate static func writeState(_ progress: ArbitrageProgress?, to writer: inout JSONWriter) {
        writer.field("generation", progress?.generation ?? 0)
        writer.field("computed_at", progress?.computedAt.map(Timestamp.text))
        writer.key("statistics")
        (progress?.summary ?? ArbitrageSummary(contracts: 0)).write(to: &writer)
    }
}

extension LiveScope {
    fileprivate func includes(_ row: OpportunityRow) -> Bool {
        includes(row.opportunity.spread.asset, row.long.exchangeName, row.short.exchangeName)
    }

    fileprivate func includes(_ pair: ListedOpportunity, _ names: ExchangeNames) -> Bool {
        self == LiveScope()
            || includes(
                pair.opportunity.spread.asset, names[pair.opportunity.spread.long.exchange],
                names[pair.opportunity.spread.short.exchange])
    }

    /// One exchange: pairs that it is part of; several: pairs with both legs among them.
    private func includes(_ asset: String, _ long: String, _ short: String) -> Bool {
        if let assets, !assets.contains(asset.uppercased()) { return false }
        guard let exchanges else { return true }
        let (isLong, isShort) = (exchanges.contains(long), exchanges.contains(short))
        return exchanges.count == 1 ? isLong || isShort : isLong && isShort
    }
}
