public import Foundation

/// What became different in one feed: by an event, or by reading the feed anew from Postgres.
public struct FeedChange: Sendable {
    public var feed: FeedID
    public var exchange: ExchangeID
    public var exchangeName: String
    public var batchID: String
    /// When the feed's latest poll was observed; nil if it has never been polled.
    public var observedAt: Date?
    /// Only the changed contracts were seen: the stream told of them, not a poll of all, or an event made up for lost ones.
    public var isPartial = false
    public var changed: [RateChange]
    /// By symbol, the last known z-scores of the changed contracts that have one.
    public var zScores: [String: Double] = [:]
    /// Symbols that are no longer listed.
    public var removed: [String]

    public init(
        feed: FeedID, exchange: ExchangeID, exchangeName: String, batchID: String, observedAt: Date?,
        isPartial: Bool = false, changed: [RateChange], removed: [String]
    ) {
        self.feed = feed
        self.exchange = exchange
        self.exchangeName = exchangeName
        self.batchID = batchID
        self.observedAt = observedAt
        self.isPartial = isPartial
        self.changed = changed
        self.removed = removed
    }
}

extension RateChange {
    /// All that moves of a rate, as it is known now.
    public init(of rate: LiveRate) {
        self.init(
            symbol: rate.contract.symbol, baseAsset: rate.contract.baseAsset, fundingRate: rate.fundingRate,
            interval: rate.interval, markPrice: rate.markPrice, indexPrice: rate.indexPrice,
            openInterest: rate.openInterest, nextFundingTime: rate.nextFundingTime
        )
    }
}
