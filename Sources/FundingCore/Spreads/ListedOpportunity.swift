public import Foundation

/// A pair as it stands in `arbitrage_opportunities`. It is an object and never changes, so that thousands are filtered and
/// sorted without being moved; what that needs is worked out once.
public final class ListedOpportunity: Sendable {
    public let opportunity: Opportunity
    /// When the pair began to pay.
    public let since: Date
    /// The write that last changed the row.
    public let generation: Int

    /// `BTC|binance:BTCUSDT|kucoin:XBTUSDTM`, the long leg first: by which equal pairs are put in order.
    public let name: String
    public let isRanked: Bool
    /// Fraction of notional per hour.
    public let hourlyCarry: Double
    /// Percent a year.
    public let aprSpread: Double
    /// US dollars; nil if unknown.
    public let longInterest: Double?
    public let shortInterest: Double?

    public init(_ opportunity: Opportunity, since: Date, generation: Int) {
        self.opportunity = opportunity
        self.since = since
        self.generation = generation
        let spread = opportunity.spread
        name = spread.name
        isRanked = spread.isRanked
        hourlyCarry = spread.hourlyCarry
        aprSpread = spread.aprSpread
        longInterest = spread.long.openInterestUSD
        shortInterest = spread.short.openInterestUSD
    }

    public var spread: FundingSpread { opportunity.spread }

    /// What is left if the position is held for another time than the scanner assumes; nil: as it assumes.
    public func worth(holdingHours: Double?) -> SpreadWorth {
        guard let holdingHours else { return opportunity.worth }
        return SpreadWorth(opportunity.spread, roundTripFee: opportunity.worth.roundTripFee, holdingHours: holdingHours)
    }
}

extension FundingSpread {
    /// The pair in one word: `BTC|binance:BTCUSDT|kucoin:XBTUSDTM`, the long leg first.
    public var name: String { "\(asset)|\(long.exchange):\(long.symbol)|\(short.exchange):\(short.symbol)" }
}
