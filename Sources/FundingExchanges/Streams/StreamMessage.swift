public import Foundation
public import FundingCore

/// What one message of a stream means.
public enum StreamMessage: Sendable, Hashable {
    /// The exchange is ready for subscriptions.
    case greeting
    /// An answer to our heartbeat, or a sign of life that asks for nothing.
    case alive
    /// A heartbeat that must be answered with this text.
    case question(answer: String)
    /// Subscriptions that were accepted.
    case subscribed
    /// A subscription or a message of ours that was refused, and why.
    case refused(String)
    case news(StreamNews)
    /// Nothing for us, though as documented.
    case ignored
}

/// What a message tells about contracts.
public struct StreamNews: Sendable, Hashable {
    public var updates: [RateUpdate]
    /// Rows that could not be read.
    public var rejects: [Reject]
    /// The channels the message belongs to, as `StreamConnection.rhythms` spells them.
    public var channels: [String]
    /// The message names contracts that the last poll did not have: it is time for a poll with fresh listings.
    public var outdatesListings: Bool

    public init(
        _ updates: [RateUpdate] = [], rejects: [Reject] = [], channels: [String] = [], outdatesListings: Bool = false
    ) {
        self.updates = updates
        self.rejects = rejects
        self.channels = channels
        self.outdatesListings = outdatesListings
    }
}

/// What changed of a contract. Nil means that the message does not say, so that the value known so far stands.
public struct RateUpdate: Sendable, Hashable {
    public var symbol: String
    /// Predicted, per the contract's interval.
    public var fundingRate: Double?
    public var interval: FundingInterval?
    public var nextFundingTime: Date?
    public var markPrice: Double?
    public var indexPrice: Double?
    public var openInterest: OpenInterest?
    /// The exchange's own time of the reading.
    public var exchangeTime: Date?

    public init(
        _ symbol: String, fundingRate: Double? = nil, interval: FundingInterval? = nil, nextFundingTime: Date? = nil,
        markPrice: Double? = nil, indexPrice: Double? = nil, openInterest: OpenInterest? = nil,
        exchangeTime: Date? = nil
    ) {
        self.symbol = symbol
        self.fundingRate = fundingRate
        self.interval = interval
        self.nextFundingTime = nextFundingTime
        self.markPrice = markPrice
        self.indexPrice = indexPrice
        self.openInterest = openInterest
        self.exchangeTime = exchangeTime
    }
}
