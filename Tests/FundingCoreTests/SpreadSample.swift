import Foundation

@testable import FundingCore

/// Makes contracts with rates for the board; what a test does not care about has a plausible value.
enum SpreadSample {
    static let start = Date(timeIntervalSince1970: 1_790_000_000)

    static func rate(
        _ id: Int, _ exchange: ExchangeID, feed: FeedID? = nil, asset: String = "BTC", quote: String = "USDT",
        market: MarketType = .crypto, denomination: Double = 1, rate: Double,
        every interval: FundingInterval = .eightHours,
        isContinuous: Bool = false, next: Date? = nil, mark: Double? = 100, interest: Double? = 5e6,
        at seconds: TimeInterval = 0, isActive: Bool = true
    ) -> LiveRate {
        LiveRate(
            id: id,
            contract: Contract(
                exchange: exchange, feed: feed ?? FeedID(rawValue: exchange.rawValue), symbol: "\(asset)-\(id)",
                baseAsset: asset, quoteAsset: quote, settleAsset: quote, denomination: denomination, marketType: market
            ),
            fundingRate: rate, interval: interval, isContinuous: isContinuous, nextFundingTime: next, markPrice: mark,
            indexPrice: nil, openInterest: interest.map { OpenInterest(usd: $0) },
            observedAt: start.addingTimeInterval(seconds),
            isActive: isActive, sequence: 1
        )
    }

    /// A board that was told everything at once.
    static func board(
        _ rates: [LiveRate], policy: SpreadPolicy = SpreadPolicy(), facts: [Int: ContractFacts] = [:],
        at seconds: TimeInterval = 0
    ) -> SpreadBoard {
        let now = start.addingTimeInterval(seconds)
        var board = SpreadBoard(policy)
        board.learn(facts, at: now)
        board.update(rates, at: now) { _ in Freshness.staleAfter }
        return board
    }

    /// The one spread of a board of two contracts.
    static func spread(_ one: LiveRate, _ other: LiveRate, policy: SpreadPolicy = SpreadPolicy()) -> FundingSpread? {
        board([one, other], policy: policy).spreads.first
    }
}
