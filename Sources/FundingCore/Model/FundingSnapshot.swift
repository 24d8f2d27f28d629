public import Foundation

/// One reading of a contract's *predicted* rate: what the coming payment would be if it fell due now, with prices.
public struct FundingSnapshot: Hashable, Sendable {
    public var contract: Contract
    /// Fraction of notional per `interval`; positive: longs pay shorts.
    public var fundingRate: Double
    public var interval: FundingInterval
    /// When the payment falls due, as far as the exchange says; nil where funding is continuous or nothing is said.
    public var nextFundingTime: Date?
    /// Funding accrues every moment instead of falling due (Deribit): no next funding time exists.
    public var isContinuous: Bool
    /// In the quote asset, of one unit of the symbol.
    public var markPrice: Double?
    /// What the underlying costs elsewhere; a dex's oracle price is an index price.
    public var indexPrice: Double?
    public var openInterest: OpenInterest?
    /// The highest and lowest rate the exchange allows per interval, if it says so.
    public var rateCap: Double?
    public var rateFloor: Double?
    /// When the answer that held this reading arrived.
    public var observedAt: Date

    public init(
        _ contract: Contract, rate: Double, every interval: FundingInterval, nextFundingTime: Date? = nil,
        isContinuous: Bool = false, markPrice: Double? = nil, indexPrice: Double? = nil,
        openInterest: OpenInterest? = nil, rateCap: Double? = nil, rateFloor: Double? = nil, observedAt: Date
    ) {
        self.contract = contract
        self.fundingRate = rate
        self.interval = interval
        self.nextFundingTime = nextFundingTime
        self.isContinuous = isContinuous
        self.markPrice = markPrice
        self.indexPrice = indexPrice
        self.openInterest = openInterest
        self.rateCap = rateCap
        self.rateFloor = rateFloor
        self.observedAt = observedAt
    }

    /// Percent a year, simple.
    public var apr: Double { Annualising.apr(of: fundingRate, every: interval) }
}
