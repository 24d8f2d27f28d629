import Foundation
import FundingCore

@testable import FundingAPI

/// Makes pairs that a test needs.
enum SampleSpreads {
    /// A pair of two rates, the long leg first.
    static func listed(
        _ long: LiveRate, _ short: LiveRate, fee: Double? = 0.002, statistics: SpreadStatistics? = nil,
        significance: Double? = nil, risks: SpreadRisks = [], since: Date = Sample.start, generation: Int = 1
    ) -> ListedOpportunity {
        var spread = FundingSpread(long: long, short: short)
        spread.risks = risks
        return ListedOpportunity(
            Opportunity(
                spread: spread, worth: SpreadWorth(spread, roundTripFee: fee, holdingHours: 168), worstDivergence: nil,
                statistics: statistics, significance: significance),
            since: since, generation: generation)
    }

    /// Pairs that a scanner wrote and keeps.
    static func picture(
        _ pairs: [ListedOpportunity], generation: Int = 1, computedAt: Date? = Date(), beatAt: Date? = Date()
    ) -> ArbitrageView.Picture {
        var picture = ArbitrageView.Picture()
        let progress = ArbitrageProgress(
            generation: generation, computedAt: computedAt,
            summary: ArbitrageSummary(
                contracts: 9, pairs: pairs.count, ranked: pairs.count { $0.isRanked },
                maximumAPRSpread: pairs.map(\.aprSpread).max()))
        _ = picture.list.replace(progress, with: pairs)
        picture.scannerBeatAt = beatAt
        return picture
    }

    /// Rates of one asset by exchange, seen now; each feed is called as its exchange is.
    static func rate(
        _ exchange: ExchangeID, _ asset: String, _ rate: Double, every interval: FundingInterval = .eightHours,
        openInterest: Double? = 5e6, at now: Date, market: MarketType = .crypto, isActive: Bool = true
    ) -> LiveRate {
        Sample.rate(
            "\(asset)USDT", base: asset, feed: FeedID(rawValue: exchange.rawValue), market: market, rate: rate,
            every: interval, openInterestUSD: openInterest, observedAt: now, isActive: isActive)
    }

    /// A market of rates, a feed an exchange.
    static func market(_ rates: [LiveRate], at now: Date) -> MarketState {
        var market = MarketState()
        for (feed, rates) in Dictionary(grouping: rates, by: \.contract.feed) {
            let exchange = rates[0].contract.exchange
            let name = ["bybit": "ByBit", "kucoin": "KuCoin", "binance": "Binance"][exchange.rawValue] ?? "X"
            _ = market.replace(
                Sample.feed(feed, exchange: exchange, name: name, observedAt: now), with: rates)
        }
        return market
    }
}
