public import Foundation

/// A contract with its predicted rate as it was last observed: one row of `exchange_data`, joined with its contract.
public struct LiveRate: Hashable, Sendable {
    /// The contract's key in the tables.
    public var id: Int
    public var contract: Contract
    public var fundingRate: Double
    public var interval: FundingInterval
    public var isContinuous: Bool
    public var nextFundingTime: Date?
    public var markPrice: Double?
    public var indexPrice: Double?
    public var openInterest: OpenInterest?
    /// When the answer that held this reading arrived.
    public var observedAt: Date
    /// The contract is listed.
    public var isActive: Bool
    /// The feed's poll that last changed anything but `observedAt`.
    public var sequence: Int

    public init(
        id: Int, contract: Contract, fundingRate: Double, interval: FundingInterval, isContinuous: Bool,
        nextFundingTime: Date?, markPrice: Double?, indexPrice: Double?, openInterest: OpenInterest?, observedAt: Date,
        isActive: Bool, sequence: Int
    ) {
        self.id = id
        self.contract = contract
        self.fundingRate = fundingRate
        self.interval = interval
        self.isContinuous = isContinuous
        self.nextFundingTime = nextFundingTime
        self.markPrice = markPrice
        self.indexPrice = indexPrice
        self.openInterest = openInterest
        self.observedAt = observedAt
        self.isActive = isActive
        self.sequence = sequence
    }

    /// Notional of one side in US dollars, if it is known.
    public var openInterestUSD: Double? { openInterest?.usd }

    /// Percent a year, simple.
    public var apr: Double { Annualising.apr(of: fundingRate, every: interval) }

    /// Fraction of notional per hour.
    public var hourlyRate: Double { Annualising.hourlyRate(of: fundingRate, every: interval) }

    /// Takes over what an event says has moved.
    public mutating func apply(_ change: RateChange, at time: Date, sequence: Int) {
        fundingRate = change.fundingRate
        interval = change.interval
        markPrice = change.markPrice
        indexPrice = change.indexPrice
        // One that was not asked for is not gone.
        openInterest = openInterest.followed(by: change.openInterest)
        nextFundingTime = change.nextFundingTime
        observedAt = time
        self.sequence = sequence
    }
}
