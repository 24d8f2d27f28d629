public import Foundation

/// One payment that was made: final, never a prediction.
public struct FundingSettlement: Hashable, Sendable {
    public var symbol: String
    /// When it was paid, as the exchange stamps it; snapping to the grid is the store's business.
    public var fundingTime: Date
    /// Fraction of notional per `interval`; positive: longs paid shorts.
    public var fundingRate: Double
    /// The interval the exchange states for this payment; nil where it has to be read off neighbouring payments.
    public var interval: FundingInterval?
    /// In the quote asset.
    public var markPrice: Double?

    public init(
        symbol: String, fundingTime: Date, fundingRate: Double, interval: FundingInterval? = nil,
        markPrice: Double? = nil
    ) {
        self.symbol = symbol
        self.fundingTime = fundingTime
        self.fundingRate = fundingRate
        self.interval = interval
        self.markPrice = markPrice
    }
}
