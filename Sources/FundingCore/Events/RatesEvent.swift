public import Foundation
import FundingJSON

/// What one committed write of one feed changed: a poll of all its contracts, or what its stream said within a second; or,
/// after a crash, what several writes changed whose events never went out.
///
/// `sequence` counts the feed's committed writes without a hole, so a reader that knows the last one it applied sees at
/// once whether it missed any, and then reads the rows with a higher sequence from Postgres.
public struct RatesEvent: Hashable, Sendable {
    public var feed: FeedID
    public var exchange: ExchangeID
    /// The exchange's name as people write it (`ByBit`).
    public var exchangeName: String
    public var sequence: Int
    /// When the poll's answers arrived: every row of the feed but `absent` was seen then, changed or not. Of a partial
    /// write: when those of `changed` were seen that do not say so themselves.
    public var observedAt: Date
    /// It tells of the contracts in `changed` and of no other. What a stream only confirmed is among them.
    public var isPartial: Bool
    public var batchID: String
    public var changed: [RateChange]
    /// Contracts that this poll's answers did not hold.
    public var absent: [String]
    /// Contracts that are no longer listed.
    public var removed: [String]

    public init(
        feed: FeedID, exchange: ExchangeID, exchangeName: String, sequence: Int, observedAt: Date, batchID: String,
        changed: [RateChange], absent: [String] = [], removed: [String] = [], isPartial: Bool = false
    ) {
        self.feed = feed
        self.exchange = exchange
        self.exchangeName = exchangeName
        self.sequence = sequence
        self.observedAt = observedAt
        self.isPartial = isPartial
        self.batchID = batchID
        self.changed = changed
        self.absent = absent
        self.removed = removed
    }
}

/// The moving part of a contract's row.
public struct RateChange: Hashable, Sendable {
    public var symbol: String
    public var baseAsset: String
    public var fundingRate: Double
    public var interval: FundingInterval
    public var markPrice: Double?
    public var indexPrice: Double?
    public var openInterest: OpenInterest?
    public var nextFundingTime: Date?
    /// When this row was seen, where the rows of an event were not seen together; nil: with the event's `observedAt`.
    public var observedAt: Date?

    public init(
        symbol: String, baseAsset: String, fundingRate: Double, interval: FundingInterval, markPrice: Double?,
        indexPrice: Double?, openInterest: OpenInterest?, nextFundingTime: Date?, observedAt: Date? = nil
    ) {
        self.symbol = symbol
        self.baseAsset = baseAsset
        self.fundingRate = fundingRate
        self.interval = interval
        self.markPrice = markPrice
        self.indexPrice = indexPrice
        self.openInterest = openInterest
        self.nextFundingTime = nextFundingTime
        self.observedAt = observedAt
    }

    public var apr: Double { Annualising.apr(of: fundingRate, every: interval) }
}
