/// How well a contract's predicted rate foretells what is settled, a given time before the payment: sums that grow with
/// each payment.
public struct PredictionScore: Hashable, Sendable {
    /// How long before the payment the prediction was read.
    public enum Horizon: Int, Sendable, CaseIterable {
        case hour = 60
        case quarter = 15
        case fiveMinutes = 5
        case minute = 1

        public var minutes: Int { rawValue }
    }

    /// Of the payments that are counted: errors of different intervals do not add up.
    public private(set) var interval: FundingInterval
    /// Payments for which there was a prediction.
    public var count: Int
    /// The sum of predicted − settled, as fractions of notional per `interval`.
    public var errorSum: Double
    /// The sum of |predicted − settled|.
    public var absoluteErrorSum: Double
    /// Payments that went the other way than predicted. A rate of zero goes no way.
    public var signFlips: Int

    public init(
        every interval: FundingInterval, count: Int = 0, errorSum: Double = 0, absoluteErrorSum: Double = 0,
        signFlips: Int = 0
    ) {
        self.interval = interval
        self.count = count
        self.errorSum = errorSum
        self.absoluteErrorSum = absoluteErrorSum
        self.signFlips = signFlips
    }

    /// Counts one payment. With the first payment of another interval everything begins anew.
    /// - Parameters:
    ///   - predicted: fraction per its own interval.
    ///   - settled: what was paid, per its own interval, in which errors are told.
    public mutating func add(
        predicted: Double, every predictedInterval: FundingInterval, settled: Double,
        for settledInterval: FundingInterval
    ) {
        if settledInterval != interval { self = PredictionScore(every: settledInterval) }
        let expected = predicted * (settledInterval.hours / predictedInterval.hours)
        count += 1
        errorSum += expected - settled
        absoluteErrorSum += abs(expected - settled)
        if expected * settled < 0 { signFlips += 1 }
    }

    /// Above zero: more was predicted than paid. Nil without a payment.
    public var meanError: Double? { count > 0 ? errorSum / Double(count) : nil }

    public var meanAbsoluteError: Double? { count > 0 ? absoluteErrorSum / Double(count) : nil }

    /// A share from 0 to 1.
    public var signFlipRate: Double? { count > 0 ? Double(signFlips) / Double(count) : nil }
}
