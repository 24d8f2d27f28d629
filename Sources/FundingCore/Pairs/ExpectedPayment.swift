public import Foundation

/// What a coming payment will come to, as far as can be told.
public struct ExpectedPayment: Hashable, Sendable {
    /// The rate as it is predicted now, fraction of notional per the contract's interval.
    public var rate: Double
    /// Where the settled rate is to be expected, by how well the contract's predictions have been: what was predicted
    /// less the mean error, and the mean absolute error to either side. Nil where nothing tells.
    public var band: ClosedRange<Double>?

    /// Fewer payments say nothing of a contract's predictions.
    public static let leastScored = 10

    /// - Parameters:
    ///   - interval: the contract's present one. A score of another says nothing of what is coming.
    ///   - lead: how long it still takes until the payment. Predictions are the better the nearer it is, so that the
    ///     score of the next longer horizon is a cautious one; beyond an hour there is none.
    ///   - scores: of the contract, by horizon.
    public init(
        predicted rate: Double, every interval: FundingInterval, in lead: TimeInterval,
        scores: [PredictionScore.Horizon: PredictionScore]
    ) {
        self.rate = rate
        let scores = scores.filter { $0.value.interval == interval }
        let horizon = PredictionScore.Horizon.allCases
            .filter { TimeInterval($0.minutes) * 60 >= lead && (scores[$0]?.count ?? 0) >= Self.leastScored }
            .min { $0.minutes < $1.minutes }
        guard let score = horizon.flatMap({ scores[$0] }), let bias = score.meanError,
            let error = score.meanAbsoluteError
        else { return }
        band = rate - bias - error...rate - bias + error
    }
}
