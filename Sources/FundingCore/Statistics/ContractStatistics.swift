public import Foundation

/// Where a contract's current rate stands among what it paid in the last 30 days.
///
/// Everything is computed of rates per hour, so that an interval that has changed mixes nothing up, and told in rates per
/// the current interval: as long as the interval stays the same, these are the statistics of the rates themselves. A
/// z-score and a percentile have no unit, so those of rates per year are the same.
public struct ContractStatistics: Hashable, Sendable {
    /// The current rate, predicted, that was compared: fraction per `interval`.
    public var fundingRate: Double
    public var interval: FundingInterval
    /// Settled payments in the window.
    public var dataPoints: Int
    /// Payments that fell due in the window, as far as can be told.
    public var expectedPoints: Int
    /// What the payments come to, as fractions per `interval`; nil while there are too few.
    public var rates: SampleSummary?
    /// Deviations from the mean; nil where nothing deviates.
    public var zScore: Double?
    /// The same by median and median deviation.
    public var robustZScore: Double?
    /// Percent of the payments below the current rate, one decimal; see `PercentileRank`.
    public var percentile: Double?

    public init(
        fundingRate: Double, interval: FundingInterval, dataPoints: Int, expectedPoints: Int,
        rates: SampleSummary? = nil, zScore: Double? = nil, robustZScore: Double? = nil, percentile: Double? = nil
    ) {
        self.fundingRate = fundingRate
        self.interval = interval
        self.dataPoints = dataPoints
        self.expectedPoints = expectedPoints
        self.rates = rates
        self.zScore = zScore
        self.robustZScore = robustZScore
        self.percentile = percentile
    }

    /// - Parameters:
    ///   - rate: the current one, per `interval`.
    ///   - window: what has left it must have been evicted.
    ///   - listedAt: nothing was due before; if unknown, the contract is taken to be older than the window.
    public init(
        of rate: Double, every interval: FundingInterval, in window: SlidingStatistics, listedAt: Date?, now: Date
    ) {
        self.init(
            fundingRate: rate, interval: interval, dataPoints: window.count,
            expectedPoints: Self.expectedPoints(in: window, every: interval, listedAt: listedAt, now: now))
        guard confidence != .none, let summary = window.summary else { return }
        let hourlyRate = Annualising.hourlyRate(of: rate, every: interval)
        rates = summary.scaled(by: interval.hours)
        zScore = summary.zScore(of: hourlyRate)
        robustZScore = summary.robustZScore(of: hourlyRate)
        percentile = window.percentile(of: hourlyRate).map(PercentileRank.published)
    }

    public var confidence: Confidence { Confidence(dataPoints: dataPoints) }

    public var zone: StatisticsZone { StatisticsZone(zScore: zScore) }

    /// Percent of the expected payments that are there, at most 100; nil where none was due yet.
    public var completeness: Double? {
        expectedPoints > 0 ? 100 * Double(dataPoints) / Double(expectedPoints) : nil
    }

    /// `rates` as percent a year.
    public var aprs: SampleSummary? { rates?.scaled(by: Annualising.aprPerHourlyRate / interval.hours) }

    /// Whether somebody who knows `other` should be told: the payments differ, or the current rate stands elsewhere among
    /// them.
    public func differsMaterially(from other: ContractStatistics) -> Bool {
        var same = other
        same.fundingRate = fundingRate
        same.zScore = zScore
        same.robustZScore = robustZScore
        guard same == self else { return true }
        return Self.isElsewhere(zScore, other.zScore) || Self.isElsewhere(robustZScore, other.robustZScore)
    }

    /// A thousandth of a deviation is seen nowhere.
    private static let materialStep = 0.001

    private static func isElsewhere(_ score: Double?, _ other: Double?) -> Bool {
        guard let score, let other else { return score != other }
        return abs(score - other) >= materialStep
    }

    /// The payments that are there, and as many of the current interval as fit into the hours that none was paid for.
    /// Where the interval never changed, that is the window's hours by the interval.
    private static func expectedPoints(
        in window: SlidingStatistics, every interval: FundingInterval, listedAt: Date?, now: Date
    ) -> Int {
        let age = listedAt.map { now.timeIntervalSince($0) } ?? SlidingStatistics.span
        let hours = min(max(age, 0), SlidingStatistics.span) / 3600
        let missing = ((hours - window.hoursPaid) / interval.hours).rounded(.down)
        return window.count + max(Int(missing), 0)
    }
}

extension SampleSummary {
    /// The summary of the same values in another unit.
    /// - Parameter factor: above 0.
    func scaled(by factor: Double) -> SampleSummary {
        var scaled = self
        scaled.mean *= factor
        scaled.standardDeviation = standardDeviation.map { $0 * factor }
        scaled.median *= factor
        scaled.lowest *= factor
        scaled.highest *= factor
        scaled.medianDeviation *= factor
        return scaled
    }
}
