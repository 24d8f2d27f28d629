import FundingCore

/// What a cell of the grid tells of where its rate stands among the last 30 days: nothing else of a contract's statistics
/// makes the cell another.
struct RateStanding: Sendable, Equatable {
    var zScore: Double?
    var percentile: Double?
    /// Fractions per the contract's interval.
    var mean: Double?
    var standardDeviation: Double?
    var confidence: Confidence

    /// - Parameter statistics: nil if there are none.
    init(_ statistics: ContractStatistics?) {
        zScore = statistics?.zScore
        percentile = statistics?.percentile
        mean = statistics?.rates?.mean
        standardDeviation = statistics?.rates?.standardDeviation
        confidence = statistics?.confidence ?? .none
    }
}
