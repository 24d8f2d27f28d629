import Foundation

/// A pair's spread hour by hour, from what both legs were paid: what a rule on pairs would have looked at.
struct PairCourse {
    /// Percent a year at each full hour, B's less A's; NaN where a leg's rate is not known.
    let spreads: [Double]
    /// Of all four fills; nil if an exchange's fee is not known.
    let roundTripFee: Double?
    let holdingHours: Double

    init(
        _ a: [Double], _ b: [Double], roundTripFee: Double?, holdingHours: Double
    ) {
        spreads = zip(a, b).map { ($1 - $0) * Annualising.aprPerHourlyRate }
        self.roundTripFee = roundTripFee
        self.holdingHours = holdingHours
    }

    /// What was known at each of the last hours, of the pair long A and short B; nil where nothing was.
    /// - Parameter needsZScore: it takes time, so only if it is asked for.
    func values(last hours: Int, needsZScore: Bool) -> [AlertValues?] {
        let first = spreads.count - hours
        let scores = needsZScore ? zScores(from: first) : []
        return (first..<spreads.count).map { hour in
            guard !spreads[hour].isNaN else { return nil }
            var values = AlertValues()
            values.spreadAPR = spreads[hour]
            values.spreadNetAPR = net(spreads[hour])
            if needsZScore { values.spreadZScore = scores[hour - first] }
            return values
        }
    }

    /// The pair the other way round: long B, short A.
    func reversed(_ values: AlertValues) -> AlertValues {
        var reversed = values
        reversed.spreadAPR = values.spreadAPR.map { -$0 }
        reversed.spreadNetAPR = values.spreadAPR.flatMap { net(-$0) }
        reversed.spreadZScore = values.spreadZScore.map { -$0 }
        return reversed
    }

    /// (spread · hours − fees) / hours, percent a year.
    private func net(_ spread: Double) -> Double? {
        roundTripFee.map { spread - $0 / holdingHours * Annualising.aprPerHourlyRate }
    }

    /// How far each hour's spread was from the mean of the 720 hours before it, in deviations of a sample.
    private func zScores(from first: Int) -> [Double?] {
        var moments = SlidingMoments()
        for hour in max(0, first - HourlyRates.hours)..<first { moments.add(spreads[hour]) }
        return (first..<spreads.count).map { hour in
            defer {
                moments.add(spreads[hour])
                if hour >= HourlyRates.hours { moments.remove(spreads[hour - HourlyRates.hours]) }
            }
            guard moments.count >= SpreadStatistics.leastDataPoints, let deviation = moments.standardDeviation else {
                return nil
            }
            return (spreads[hour] - moments.mean) / deviation
        }
    }
}

/// Mean and deviation of a window that moves on hour by hour, after Welford. NaN is nothing.
private struct SlidingMoments {
    private(set) var count = 0
    private(set) var mean = 0.0
    private var squares = 0.0

    /// Deviations below this are the arithmetic's, not the market's.
    private static let least = 1e-9

    mutating func add(_ value: Double) {
        guard !value.isNaN else { return }
        count += 1
        let step = value - mean
        mean += step / Double(count)
        squares += step * (value - mean)
    }

    mutating func remove(_ value: Double) {
        guard !value.isNaN else { return }
        guard count > 1 else {
            self = SlidingMoments()
            return
        }
        count -= 1
        let step = value - mean
        mean -= step / Double(count)
        squares = max(0, squares - step * (value - mean))
    }

    /// Of a sample; nil where nothing deviates.
    var standardDeviation: Double? {
        guard count > 1 else { return nil }
        let deviation = (squares / Double(count - 1)).squareRoot()
        return deviation > Self.least ? deviation : nil
    }
}
