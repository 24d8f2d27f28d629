import Foundation
import FundingCore
import FundingJSON

/// Contracts whose statistics became different, with their exchanges' names: what the channel `statistics` tells.
struct StatisticsNews: Sendable {
    struct Contract: Sendable {
        var exchangeName: String
        var row: StatisticsEvent.Changed
    }

    /// When they were computed.
    var computedAt: Date?
    var changed: [Contract]
    /// They have none any more.
    var removed: [Contract]

    init(_ change: StatisticsChange, in market: MarketState) {
        let names = Dictionary(uniqueKeysWithValues: market.exchanges.map { ($0.id, $0.name) })
        func named(_ rows: [StatisticsEvent.Changed]) -> [Contract] {
            rows.map { Contract(exchangeName: names[$0.exchange] ?? $0.exchange.rawValue, row: $0) }
        }
        computedAt = change.computedAt
        changed = named(change.changed)
        removed = named(change.removed)
    }

    /// The part that somebody wants; nil if that is nothing.
    func part(for subscriptions: Subscriptions) -> StatisticsNews? {
        func isWanted(_ contract: Contract) -> Bool {
            subscriptions.wants(.statistics, asset: contract.row.baseAsset, of: contract.exchangeName)
        }
        var part = self
        part.changed.removeAll { !isWanted($0) }
        part.removed.removeAll { !isWanted($0) }
        return part.changed.isEmpty && part.removed.isEmpty ? nil : part
    }
}

extension LiveFrame {
    static func encoded(_ news: StatisticsNews, _ sequence: Int, _ time: Date) -> [UInt8] {
        var writer = head(
            "statistics", sequence, time,
            capacity: LiveFrameSize.head + news.changed.count * LiveFrameSize.statistics)
        writer.field("computed_at", news.computedAt.map(Timestamp.text))
        writer.list("changed", news.changed) { contract, writer in
            writer.writeName(of: contract)
            contract.row.statistics.writeFields(to: &writer)
        }
        writer.list("removed", news.removed) { contract, writer in writer.writeName(of: contract) }
        writer.endObject()
        return writer.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func writeName(of contract: StatisticsNews.Contract) {
        field("exchange", contract.exchangeName)
        field("exchange_id", contract.row.exchange.rawValue)
        field("symbol", contract.row.symbol)
        field("base_asset", contract.row.baseAsset)
    }
}

extension StatisticsNews {
    private static let name: JSONShape = [
        "exchange": .text, "exchange_id": .text, "symbol": .text, "base_asset": .text,
    ]

    /// A frame's own members.
    static let schema: JSONShape = [
        "seq": .count, "ts": .timestamp, "computed_at": .timestamp.orNull,
        "changed": .list(name.with(ContractStatistics.schema)), "removed": .list(name),
    ]
}

extension ContractStatistics {
    /// The members that `writeFields` writes.
    static let schema: JSONShape = [
        "funding_rate": .number, "funding_interval_hours": .number, "data_points": .count, "expected_points": .count,
        "completeness_percentage": .number.orNull, "confidence": .words(Confidence.self),
        "zone": .words(StatisticsZone.self), "z_score": .number.orNull, "robust_z_score": .number.orNull,
        "percentile": .number.orNull, "mean_30d": .number.orNull, "std_dev_30d": .number.orNull,
        "median_30d": .number.orNull, "min_30d": .number.orNull, "max_30d": .number.orNull,
        "median_deviation_30d": .number.orNull,
    ]
}
