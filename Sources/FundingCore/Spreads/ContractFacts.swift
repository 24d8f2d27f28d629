public import Foundation

/// What is known of a contract beside its rate: its terms, and what has been settled. Missing facts raise no flag.
public struct ContractFacts: Hashable, Sendable {
    /// The highest and lowest rate per interval.
    public var rateCap: Double?
    public var rateFloor: Double?
    /// When its funding interval last became another, if that was within the time the reader asked for.
    public var intervalChangedAt: Date?
    /// Settled payments of the last 30 days that are stored; nil if nobody has counted.
    public var settledPoints: Int?

    public init(
        rateCap: Double? = nil, rateFloor: Double? = nil, intervalChangedAt: Date? = nil, settledPoints: Int? = nil
    ) {
        self.rateCap = rateCap
        self.rateFloor = rateFloor
        self.intervalChangedAt = intervalChangedAt
        self.settledPoints = settledPoints
    }

    /// Whether a rate is close to the limit on its side of zero.
    func isNearCap(_ rate: Double, share: Double) -> Bool {
        if rate > 0, let rateCap, rateCap > 0 { return rate >= share * rateCap }
        if rate < 0, let rateFloor, rateFloor < 0 { return rate <= share * rateFloor }
        return false
    }
}
