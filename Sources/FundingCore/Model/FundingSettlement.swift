public import Foundation

/// One payment that was made: what a contract's funding came to, final.
public struct FundingSettlement: Hashable, Sendable {
    /// The contract's symbol.
    public var symbol: String
    /// When it was paid, as the exchange states it, jitter included.
    public var settledAt: Date
    /// The funding time it was for, where the exchange pays so late that its own time does not tell; otherwise nil.
    public var dueAt: Date?
    /// Fraction of notional for the interval that ended then; positive: longs paid shorts.
    public var fundingRate: Double
    /// The interval it was paid for, if the exchange states it; otherwise the distance to the payment before tells.
    public var interval: FundingInterval?
    /// In the quote asset, of one unit of the symbol.
    public var markPrice: Double?

    public init(
        _ symbol: String, settledAt: Date, dueAt: Date? = nil, rate: Double, every interval: FundingInterval? = nil,
        markPrice: Double? = nil
    ) {
        self.symbol = symbol
        self.settledAt = settledAt
        self.dueAt = dueAt
        self.fundingRate = rate
        self.interval = interval
        self.markPrice = markPrice
    }
}
