public import Foundation

/// One side of a spread: what of a contract's rate decides what it is worth beside another.
public struct SpreadLeg: Hashable, Sendable {
    /// The contract's key in the tables.
    public var id: Int
    public var exchange: ExchangeID
    public var feed: FeedID
    public var symbol: String
    /// Fraction of notional per `interval`; positive: longs pay shorts.
    public var fundingRate: Double
    public var interval: FundingInterval
    /// Funding accrues every moment; `interval` is only what the rate is quoted for.
    public var isContinuous: Bool
    /// As the exchange states it.
    public var nextFundingTime: Date?
    /// To three digits: it moves with every poll, and finer steps tell nothing. Nil if unknown.
    public var openInterestUSD: Double?
    /// What speaks against this leg, whatever the other is.
    public var risks: SpreadRisks

    public init(
        id: Int, exchange: ExchangeID, feed: FeedID, symbol: String, fundingRate: Double, interval: FundingInterval,
        isContinuous: Bool, nextFundingTime: Date?, openInterestUSD: Double?, risks: SpreadRisks = []
    ) {
        self.id = id
        self.exchange = exchange
        self.feed = feed
        self.symbol = symbol
        self.fundingRate = fundingRate
        self.interval = interval
        self.isContinuous = isContinuous
        self.nextFundingTime = nextFundingTime
        self.openInterestUSD = openInterestUSD
        self.risks = risks
    }

    /// The leg that a contract makes as it is now.
    public init(_ rate: LiveRate, risks: SpreadRisks = []) {
        let contract = rate.contract
        id = rate.id
        exchange = contract.exchange
        feed = contract.feed
        symbol = contract.symbol
        fundingRate = rate.fundingRate
        interval = rate.interval
        isContinuous = rate.isContinuous
        nextFundingTime = rate.isContinuous ? nil : rate.nextFundingTime
        openInterestUSD = rate.openInterestUSD.map { Coarse.value($0, digits: 3) }
        self.risks = risks
    }

    /// Fraction of notional per hour.
    public var hourlyRate: Double { Annualising.hourlyRate(of: fundingRate, every: interval) }
    /// Percent a year, simple.
    public var apr: Double { Annualising.apr(of: fundingRate, every: interval) }
    /// Fraction of notional per day.
    public var dailyFunding: Double { hourlyRate * 24 }
}
