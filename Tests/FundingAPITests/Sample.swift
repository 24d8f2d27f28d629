import Foundation
import FundingCore

@testable import FundingAPI

/// Makes what a test needs; what it does not care about has a plausible value.
enum Sample {
    /// A whole second in the middle of a funding period.
    static let start = Date(timeIntervalSince1970: 1_790_000_000)

    static func feed(
        _ feed: FeedID = "bybit", exchange: ExchangeID? = nil, name: String = "ByBit", sequence: Int = 1,
        pollPeriod: TimeInterval = 30, status: FeedState.Status = .ok, observedAt: Date = start
    ) -> FeedState {
        FeedState(
            feed: feed, exchange: exchange ?? ExchangeID(rawValue: feed.rawValue), exchangeName: name, kind: "cex",
            sequence: sequence, pollPeriod: pollPeriod, status: status, lastSuccessAt: observedAt,
            observedAt: observedAt, consecutiveFailures: 0, errorKind: nil, contracts: 0, rejects: 0, duration: 0.5
        )
    }

    static func rate(
        _ symbol: String, base: String? = nil, feed: FeedID = "bybit", exchange: ExchangeID? = nil,
        quote: String = "USDT", market: MarketType = .crypto, rate: Double = 0.0001,
        every interval: FundingInterval = .eightHours, isContinuous: Bool = false, next: Date? = nil,
        openInterestUSD: Double? = 5e6, observedAt: Date = start, isActive: Bool = true, sequence: Int = 1
    ) -> LiveRate {
        LiveRate(
            id: (feed.rawValue + symbol).utf8.reduce(0) { ($0 * 31 + Int($1)) % 1_000_003 },
            contract: Contract(
                exchange: exchange ?? ExchangeID(rawValue: feed.rawValue), feed: feed, symbol: symbol,
                baseAsset: base ?? symbol.replacing("USDT", with: ""), quoteAsset: quote, settleAsset: quote,
                marketType: market, tradingURL: "https://example.com/\(symbol)"
            ),
            fundingRate: rate, interval: interval, isContinuous: isContinuous, nextFundingTime: next,
            markPrice: 100.5, indexPrice: nil,
            openInterest: openInterestUSD.map { OpenInterest(usd: $0, raw: OpenInterest.Quantity($0 / 100, .base)) },
            observedAt: observedAt,
            isActive: isActive, sequence: sequence
        )
    }

    static func event(
        _ sequence: Int, _ changed: [RateChange] = [], feed: FeedID = "bybit", name: String = "ByBit",
        absent: [String] = [], removed: [String] = [], at seconds: TimeInterval? = nil, isPartial: Bool = false
    ) -> RatesEvent {
        RatesEvent(
            feed: feed, exchange: ExchangeID(rawValue: feed.rawValue), exchangeName: name, sequence: sequence,
            observedAt: start.addingTimeInterval(seconds ?? Double(sequence - 1) * 30), batchID: "batch-\(sequence)",
            changed: changed, absent: absent, removed: removed, isPartial: isPartial
        )
    }

    static func change(
        _ symbol: String, base: String? = nil, rate: Double, openInterestUSD: Double? = 6e6
    ) -> RateChange {
        RateChange(
            symbol: symbol, baseAsset: base ?? symbol.replacing("USDT", with: ""), fundingRate: rate,
            interval: .eightHours, markPrice: 101, indexPrice: 100,
            openInterest: openInterestUSD.map { OpenInterest(usd: $0, raw: OpenInterest.Quantity($0 / 100, .base)) },
            nextFundingTime: nil
        )
    }

    static func score(
        _ symbol: String, _ zScore: Double?, base: String? = nil, on exchange: ExchangeID = "bybit"
    ) -> StatisticsEvent.Changed {
        StatisticsEvent.Changed(
            exchange: exchange, symbol: symbol, baseAsset: base ?? symbol.replacing("USDT", with: ""),
            statistics: ContractStatistics(
                fundingRate: 0.0001, interval: .eightHours, dataPoints: 40, expectedPoints: 90,
                rates: SampleSummary(
                    count: 40, mean: 0, standardDeviation: 5e-5, median: 0, lowest: -1e-4, highest: 2e-4,
                    medianDeviation: 3e-5),
                zScore: zScore, robustZScore: zScore, percentile: 61.5))
    }

    /// A market of whole feeds.
    static func market(_ feeds: (FeedState, [LiveRate])...) -> MarketState {
        var market = MarketState()
        for (feed, rates) in feeds { _ = market.replace(feed, with: rates) }
        return market
    }
}

extension MarketState {
    /// What readers can see of it, in an order of its own.
    var essence: [String] {
        let sequences = feeds.values.map { "\($0.feed) \($0.sequence)" }
        return
            (sequences
            + allRates.map { rate in
                "\(rate.contract.symbol) \(rate.fundingRate) \(rate.openInterestUSD ?? -1) \(rate.isActive)"
                    + " \(Timestamp.text(rate.observedAt))"
            }).sorted()
    }
}
