public import Foundation

/// One settled payment on the grid: what history stores.
public struct SettledPoint: Hashable, Sendable {
    /// When it was due: `settledAt` on the grid.
    public var fundingTime: Date
    /// When it was paid, as the exchange states it.
    public var settledAt: Date
    /// Fraction of notional for the interval that ended at `fundingTime`; positive: longs paid shorts.
    public var fundingRate: Double
    /// The interval this payment was for.
    public var interval: FundingInterval
    /// In the quote asset, of one unit of the symbol.
    public var markPrice: Double?

    public init(
        fundingTime: Date, settledAt: Date, fundingRate: Double, interval: FundingInterval, markPrice: Double? = nil
    ) {
        self.fundingTime = fundingTime
        self.settledAt = settledAt
        self.fundingRate = fundingRate
        self.interval = interval
        self.markPrice = markPrice
    }
}
