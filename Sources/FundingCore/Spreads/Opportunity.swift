/// A pair that pays, with what is known of its worth.
public struct Opportunity: Hashable, Sendable {
    public var spread: FundingSpread
    public var worth: SpreadWorth
    /// See `MarkHistory`: a fraction; nil if the prices of settlements do not tell.
    public var worstDivergence: Double?
    /// Nil below the carry floor, where nobody asks.
    public var statistics: SpreadStatistics?
    /// From 0 to 10; nil where nobody asked for statistics.
    public var significance: Double?

    public init(
        spread: FundingSpread, worth: SpreadWorth, worstDivergence: Double?, statistics: SpreadStatistics?,
        significance: Double?
    ) {
        self.spread = spread
        self.worth = worth
        self.worstDivergence = worstDivergence
        self.statistics = statistics
        self.significance = significance
    }
}

extension Opportunity {
    /// The same pair held the other way round. How far the prices came apart against it is not known.
    public var reversed: Opportunity {
        let reversed = spread.reversed
        return Opportunity(
            spread: reversed,
            worth: SpreadWorth(reversed, roundTripFee: worth.roundTripFee, holdingHours: worth.holdingHours),
            worstDivergence: nil, statistics: statistics?.reversed, significance: significance)
    }
}

extension SpreadStatistics {
    /// The statistics of the negated spread. A percentile is that of a spread that was not met exactly before.
    public var reversed: SpreadStatistics {
        SpreadStatistics(
            dataPoints: dataPoints, mean: mean.map(-), standardDeviation: standardDeviation, zScore: zScore.map(-),
            percentile: percentile.map { 100 - $0 })
    }
}

/// What the whole board adds up to.
public struct ArbitrageSummary: Hashable, Sendable {
    /// Contracts that take part.
    public var contracts: Int
    /// Pairs that pay, ranked or not.
    public var pairs = 0
    public var ranked = 0
    /// Percent a year, among the ranked; nil if there are none.
    public var maximumAPRSpread: Double?
    /// Ranked pairs whose spread is more than two deviations from its mean.
    public var significant = 0

    public init(
        contracts: Int, pairs: Int = 0, ranked: Int = 0, maximumAPRSpread: Double? = nil, significant: Int = 0
    ) {
        self.contracts = contracts
        self.pairs = pairs
        self.ranked = ranked
        self.maximumAPRSpread = maximumAPRSpread
        self.significant = significant
    }

    public init(of board: SpreadBoard) {
        contracts = board.contractCount
        for spread in board.spreads {
            pairs += 1
            guard spread.isRanked else { continue }
            ranked += 1
            maximumAPRSpread = max(maximumAPRSpread ?? 0, spread.aprSpread)
        }
    }
}
