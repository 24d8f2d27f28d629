import Foundation
import FundingCore
import FundingJSON

/// One exchange's funding of one asset: the contract that stands for it, and which others there are.
struct GridCell: Sendable, Equatable {
    var symbol: String
    var fundingRate: Double
    var apr: Double
    var interval: FundingInterval
    var contracts: [String]
    /// When the shown contract's rate was last seen on the exchange, changed or not.
    var lastUpdated: Date
    var isStale: Bool
    var openInterestUSD: Double?
    var nextFundingTime: Date?
    var standing: RateStanding
    /// When time alone makes the cell another: a contract turns stale or dead, or the payment falls due.
    var validUntil: Date

    /// - Parameter rates: the contracts of one asset on one exchange; those that may not be shown are left out.
    /// - Returns: nil if none is left.
    init?(_ rates: [LiveRate], pick: GridPick, in market: MarketState, at now: Date) {
        let shown = rates.filter { market.isVisible($0, at: now) }
        guard !shown.isEmpty else { return nil }
        let chosen = pick.choice(among: shown)
        symbol = chosen.contract.symbol
        fundingRate = chosen.fundingRate
        apr = chosen.apr
        interval = chosen.interval
        contracts = shown.map(\.contract.symbol).sorted()
        lastUpdated = chosen.observedAt
        isStale = market.freshness(of: chosen, at: now) != .fresh
        openInterestUSD = chosen.openInterestUSD
        nextFundingTime = chosen.comingFundingTime(at: now)
        standing = RateStanding(market.statistics(of: chosen))
        var turns = shown.map { $0.observedAt.addingTimeInterval(Freshness.deadAfter) }
        if !isStale { turns.append(chosen.observedAt.addingTimeInterval(market.staleAfter(chosen.contract.feed))) }
        if let nextFundingTime { turns.append(nextFundingTime) }
        validUntil = turns.min() ?? .distantFuture
    }

    /// Whether a reader sees the same; that a rate was seen again is told once for the whole exchange.
    func looksLike(_ other: GridCell) -> Bool {
        var aged = self
        aged.lastUpdated = other.lastUpdated
        aged.validUntil = other.validUntil
        return aged == other
    }

    /// The cell as JSON.
    func encoded() -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 384)
        writer.beginObject()
        writer.field("symbol", symbol)
        writer.field("funding_rate", fundingRate)
        writer.field("apr", apr)
        writer.field("funding_interval_hours", interval.hours)
        writer.field("z_score", standing.zScore)
        writer.field("percentile", standing.percentile)
        writer.field("mean_30d", standing.mean)
        writer.field("std_dev_30d", standing.standardDeviation)
        writer.field("contracts", contracts)
        writer.field("contract_count", contracts.count)
        writer.field("last_updated", Timestamp.text(lastUpdated))
        writer.field("stale", isStale)
        writer.field("open_interest", openInterestUSD)
        writer.field("next_funding_time", nextFundingTime.map(Timestamp.text))
        writer.field("confidence", standing.confidence.rawValue)
        writer.endObject()
        return writer.bytes
    }
}

extension LiveRate {
    /// When the coming payment falls due; nil where funding accrues every moment.
    func comingFundingTime(at now: Date) -> Date? {
        isContinuous ? nil : NextFundingTime.resolve(stated: nextFundingTime, every: interval, now: now)
    }
}
