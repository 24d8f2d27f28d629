import FundingCore

/// What a cell of the grid tells of where its rate stands among the last 30 days: nothing else of a contract's statistics
/// makes the cell another. No finer than it means anything: a score moves with every rate, and the grid with it; the
/// statistics' own answers have all digits.
struct RateStanding: Sendable, Equatable {
    var zScore: Double?
    var percentile: Double?
    /// Fractions per the contract's interval.
    var mean: Double?
    var standardDeviation: Double?
    var confidence: Confidence

    /// - Parameter statistics: nil if there are none.
    init(_ statistics: ContractStatistics?) {
        zScore = statistics?.zScore.map { Coarse.decimal($0, exponent: -2) }
        percentile = statistics?.percentile.map { Coarse.decimal($0, exponent: -1) }
        mean = statistics?.rates.map { Coarse.value($0.mean, digits: 5) }
        standardDeviation = statistics?.rates?.standardDeviation.map { Coarse.value($0, digits: 5) }
        confidence = statistics?.confidence ?? .none
    }
}
