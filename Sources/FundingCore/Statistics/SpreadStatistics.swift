public import Foundation

/// Where the spread of a pair stands among what it was in the last 30 days.
///
/// The spread is that of the pair as it is now: APR of the short leg less APR of the long leg, with its sign, so that an
/// hour in which the pair stood the other way round counts as negative. The reversed pair has the negated mean and score.
public struct SpreadStatistics: Hashable, Sendable {
    /// Hours for which both legs have settled payments, of the last 720.
    public var dataPoints: Int
    /// Percent a year; nil, like all below, for fewer than 30 hours.
    public var mean: Double?
    /// Of a sample, with n − 1 below the line.
    public var standardDeviation: Double?
    /// Deviations of the current spread from the mean; nil where nothing deviates.
    public var zScore: Double?
    /// Percent of the hours whose spread was below the current one, one decimal; see `PercentileRank`.
    public var percentile: Double?

    public init(
        dataPoints: Int, mean: Double? = nil, standardDeviation: Double? = nil, zScore: Double? = nil,
        percentile: Double? = nil
    ) {
        self.dataPoints = dataPoints
        self.mean = mean
        self.standardDeviation = standardDeviation
        self.zScore = zScore
        self.percentile = percentile
    }

    /// Fewer hours make no statistics.
    public static let leastDataPoints = 30

    /// More than two deviations from the mean.
    public var isSignificant: Bool { abs(zScore ?? 0) > 2 }

    /// More than three.
    public var isExtreme: Bool { abs(zScore ?? 0) > 3 }
}

extension SpreadStatistics {
    /// Straight from the windows of both legs: for a pair that no `StatisticsBoard` holds.
    /// - Parameters:
    ///   - spread: the current one, APR of the short leg less APR of the long leg.
    ///   - long: what was paid on the long leg's contract.
    ///   - short: what was paid on the short leg's.
    ///   - now: the last full hour up to it is the last that counts.
    public init(of spread: Double, long: SlidingStatistics, short: SlidingStatistics, at now: Date) {
        let hour = HourlyRates.lastHour(at: now)
        let history = SpreadHistory(long: HourlyRates(of: long, upTo: hour), short: HourlyRates(of: short, upTo: hour))
        self = history.statistics(history.moments(), of: spread)
    }

    /// - Parameter percentile: asked for only if there are enough hours.
    fileprivate init(of spread: Double, _ moments: SampleMoments, percentile: () -> Double?) {
        self.init(dataPoints: moments.count)
        guard moments.count >= Self.leastDataPoints else { return }
        mean = moments.mean
        let negligible = SampleSummary.negligibleDeviation * Annualising.aprPerHourlyRate
        standardDeviation = moments.standardDeviation(negligible: negligible)
        if let standardDeviation, standardDeviation > 0 { zScore = (spread - moments.mean) / standardDeviation }
        self.percentile = percentile().map(PercentileRank.published)
    }
}

/// The spread of two legs over the last 720 hours: `(short − long) × 876,000` at each hour for which both are known.
struct SpreadHistory {
    let long: HourlyRates
    let short: HourlyRates

    /// Both legs must have been read up to the same hour.
    init(long: HourlyRates, short: HourlyRates) {
        precondition(long.lastHour == short.lastHour, "Legs that were read at different hours have no spread.")
        self.long = long
        self.short = short
    }

    func moments() -> SampleMoments {
        SampleMoments(places: HourlyRates.hours) { self[$0] }
    }

    /// - Parameters:
    ///   - moments: of this history.
    ///   - spread: the current one, percent a year.
    func statistics(_ moments: SampleMoments, of spread: Double) -> SpreadStatistics {
        SpreadStatistics(of: spread, moments) { percentile(of: spread, among: moments.count) }
    }

    private func percentile(of spread: Double, among count: Int) -> Double? {
        var below = SIMD4<Int64>.zero
        var notAbove = SIMD4<Int64>.zero
        for place in stride(from: 0, to: HourlyRates.hours, by: 4) {
            // NaN is neither.
            let past = SIMD4(self[place], self[place + 1], self[place + 2], self[place + 3])
            below.replace(with: below &+ 1, where: past .< spread)
            notAbove.replace(with: notAbove &+ 1, where: past .<= spread)
        }
        return PercentileRank.rank(below: Int(below.wrappedSum()), notAbove: Int(notAbove.wrappedSum()), of: count)
    }

    /// The spread at a place, percent a year; NaN where a leg is not known.
    private subscript(place: Int) -> Double {
        (short.values[place] - long.values[place]) * Annualising.aprPerHourlyRate
    }
}
