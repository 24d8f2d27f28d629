import Foundation
import FundingCore
import FundingJSON

/// All contracts that are shown, in a few numbers.
struct MarketSummary: Sendable, JSONWritable {
    private var rows: [RateRow]
    private var byAPR: [RateRow]
    private var hidden: (inactive: Int, dead: Int)
    private let market: MarketState

    init(of market: MarketState, at now: Date) {
        let all = RateSelection(includesInactive: true).rows(in: market, at: now)
        rows = all.filter { $0.rate.isActive && $0.freshness != .dead }
        byAPR = rows.sorted { $0.rate.apr < $1.rate.apr }
        hidden = (all.count { !$0.rate.isActive }, all.count { $0.rate.isActive && $0.freshness == .dead })
        self.market = market
    }

    static let schema: JSONShape = [
        "total_contracts": .count, "avg_apr": .number.orNull, "highest_apr": .number.orNull,
        "lowest_apr": .number.orNull, "active_exchanges": .count, "unique_assets": .count,
        "total_open_interest": .number.orNull, "highest_symbol": .text.orNull, "highest_exchange": .text.orNull,
        "lowest_symbol": .text.orNull, "lowest_exchange": .text.orNull, "last_update": .timestamp.orNull,
        "avg_funding_rate": .number.orNull, "contracts_by_exchange": .map(.count), "stale_contracts": .count,
        "inactive_contracts": .count, "unseen_contracts": .count, "median_apr": .number.orNull,
        "oi_weighted_apr": .number.orNull,
    ]

    func write(to writer: inout JSONWriter) {
        let aprs = byAPR.map(\.rate.apr)
        let (openInterest, weightedAPR) = rows.map(\.rate).weighted
        writer.beginObject()
        writer.field("total_contracts", rows.count)
        writer.field("avg_apr", Self.mean(aprs))
        writer.field("highest_apr", aprs.last)
        writer.field("lowest_apr", aprs.first)
        writer.field("active_exchanges", Set(rows.map(\.exchangeName)).count)
        writer.field("unique_assets", Set(rows.map { AssetGroup(of: $0.rate.contract) }).count)
        writer.field("total_open_interest", openInterest)
        writer.field("highest_symbol", byAPR.last?.rate.contract.symbol)
        writer.field("highest_exchange", byAPR.last?.exchangeName)
        writer.field("lowest_symbol", byAPR.first?.rate.contract.symbol)
        writer.field("lowest_exchange", byAPR.first?.exchangeName)
        writer.field("last_update", rows.map(\.rate.observedAt).max().map(Timestamp.text))
        writer.field("avg_funding_rate", Self.mean(rows.map(\.rate.fundingRate)))
        writer.key("contracts_by_exchange")
        writer.beginObject()
        let counts = Dictionary(grouping: rows, by: \.exchangeName).mapValues(\.count)
        for exchange in market.exchanges {
            writer.key(exchange.name)
            writer.value(counts[exchange.name] ?? 0)
        }
        writer.endObject()
        writer.field("stale_contracts", rows.count { $0.freshness == .stale })
        writer.field("inactive_contracts", hidden.inactive)
        writer.field("unseen_contracts", hidden.dead)
        writer.field("median_apr", Self.median(sorted: aprs))
        writer.field("oi_weighted_apr", weightedAPR)
        writer.endObject()
    }

    private static func mean(_ numbers: [Double]) -> Double? {
        numbers.isEmpty ? nil : numbers.reduce(0, +) / Double(numbers.count)
    }

    private static func median(sorted numbers: [Double]) -> Double? {
        guard !numbers.isEmpty else { return nil }
        let middle = numbers.count / 2
        return numbers.count.isMultiple(of: 2) ? (numbers[middle - 1] + numbers[middle]) / 2 : numbers[middle]
    }
}
