import Foundation
import FundingCore

/// What became different in one feed: by an event, or by reading the feed anew from Postgres.
struct FeedChange: Sendable {
    var feed: FeedID
    var exchange: ExchangeID
    var exchangeName: String
    var batchID: String
    /// When the feed's latest poll was observed; nil if it has never been polled.
    var observedAt: Date?
    var changed: [RateChange]
    /// Symbols that are no longer listed.
    var removed: [String]
}

extension RateChange {
    init(of rate: LiveRate) {
        self.init(
            symbol: rate.contract.symbol, baseAsset: rate.contract.baseAsset, fundingRate: rate.fundingRate,
            interval: rate.interval, markPrice: rate.markPrice, indexPrice: rate.indexPrice,
            openInterestUSD: rate.openInterestUSD, nextFundingTime: rate.nextFundingTime
        )
    }
}
