public import Foundation

/// One feed as the collector last described it: one row of `exchange_health`.
public struct FeedState: Hashable, Sendable {
    public enum Status: String, Sendable, CaseIterable {
        /// Not polled yet.
        case waiting
        case ok
        /// Part of the feed failed at the last poll.
        case degraded
        case failing
        case circuitOpen = "circuit_open"
        case rateLimited = "rate_limited"
        case blocked
    }

    public var feed: FeedID
    public var exchange: ExchangeID
    public var exchangeName: String
    /// `cex` or `dex`.
    public var kind: String
    /// Whether the feed's rates move until they are paid.
    public var rateKind: RateKind
    /// Committed polls so far: the sequence of the feed's latest rates event.
    public var sequence: Int
    public var pollPeriod: TimeInterval
    public var status: Status
    public var lastSuccessAt: Date?
    public var lastFailureAt: Date?
    public var observedAt: Date?
    public var consecutiveFailures: Int
    public var errorKind: String?
    /// When a feed that failed is asked again, if that is later than its next tick.
    public var retryAt: Date?
    public var contracts: Int
    public var rejects: Int
    public var duration: TimeInterval?

    public init(
        feed: FeedID, exchange: ExchangeID, exchangeName: String, kind: String, sequence: Int,
        pollPeriod: TimeInterval, status: Status, lastSuccessAt: Date?, observedAt: Date?, consecutiveFailures: Int,
        errorKind: String?, contracts: Int, rejects: Int, duration: TimeInterval?, lastFailureAt: Date? = nil,
        retryAt: Date? = nil, rateKind: RateKind = .predicted
    ) {
        self.feed = feed
        self.exchange = exchange
        self.exchangeName = exchangeName
        self.kind = kind
        self.rateKind = rateKind
        self.sequence = sequence
        self.pollPeriod = pollPeriod
        self.status = status
        self.lastSuccessAt = lastSuccessAt
        self.observedAt = observedAt
        self.consecutiveFailures = consecutiveFailures
        self.errorKind = errorKind
        self.retryAt = retryAt
        self.contracts = contracts
        self.rejects = rejects
        self.duration = duration
        self.lastFailureAt = lastFailureAt
    }

    /// When the feed was last polled, with success or without; nil if it never was.
    public var lastPolledAt: Date? { [lastSuccessAt, lastFailureAt].compactMap { $0 }.max() }
}
