/// What a sample of rates comes to, all of it in the sample's own unit.
public struct SampleSummary: Hashable, Sendable {
    public var count: Int
    public var mean: Double
    /// Of a sample, with n − 1 below the line; nil for fewer than two values. 0 where the values differ by no more than
    /// rounding does.
    public var standardDeviation: Double?
    public var median: Double
    public var lowest: Double
    public var highest: Double
    /// The median of the distances from the median.
    public var medianDeviation: Double

    /// A deviation of rates per hour below this is rounding, not movement: less than a ten-millionth of
    /// the usual 0.01 % every eight hours.
    public static let negligibleDeviation = 1e-12

    public init(
        count: Int, mean: Double, standardDeviation: Double?, median: Double, lowest: Double, highest: Double,
        medianDeviation: Double
    ) {
        self.count = count
        self.mean = mean
        self.standardDeviation = standardDeviation
        self.median = median
        self.lowest = lowest
        self.highest = highest
        self.medianDeviation = medianDeviation
    }

    /// Nil for an empty sample. Mean and deviation are computed in two passes, the second of which takes back what the
    /// first has rounded away, so that they are exact to the last digits even where all values are nearly alike.
    /// - Parameter values: ascending.
    public init?(ascending values: [Double]) {
        guard let lowest = values.first, let highest = values.last else { return nil }
        let moments = values.withUnsafeBufferPointer { values in
            SampleMoments(places: values.count) { values[$0] }
        }
        count = values.count
        mean = moments.mean
        standardDeviation = moments.standardDeviation(negligible: Self.negligibleDeviation)
        median = Self.median(of: values)
        self.lowest = lowest
        self.highest = highest
        medianDeviation = Self.medianDistance(from: median, of: values)
    }

    /// How many deviations a value lies from the mean; nil where nothing deviates.
    public func zScore(of value: Double) -> Double? {
        guard let standardDeviation, standardDeviation > 0 else { return nil }
        return (value - mean) / standardDeviation
    }

    /// The same from median and median deviation, which no single extreme value moves; in units of the standard
    /// deviation that a normal distribution of this median deviation has (0.6745 of it is the median deviation).
    public func robustZScore(of value: Double) -> Double? {
        guard medianDeviation >= Self.negligibleDeviation else { return nil }
        return (value - median) * Self.medianDeviationOfNormal / medianDeviation
    }

    /// The upper quartile of the standard normal distribution.
    private static let medianDeviationOfNormal = 0.674_489_750_196_081_7

    private static func median(of values: [Double]) -> Double {
        let middle = values.count / 2
        return values.count.isMultiple(of: 2) ? (values[middle - 1] + values[middle]) / 2 : values[middle]
    }

    /// Distances grow away from the median on either side: the nearer of the two next ones is taken until half are.
    private static func medianDistance(from median: Double, of values: [Double]) -> Double {
        let half = values.count / 2
        var (below, above) = (half - 1, half)
        var (last, beforeLast) = (0.0, 0.0)
        for _ in 0...half {
            let down = below >= 0 ? median - values[below] : .infinity
            let up = above < values.count ? values[above] - median : .infinity
            beforeLast = last
            if down <= up {
                last = down
                below -= 1
            } else {
                last = up
                above += 1
            }
        }
        return values.count.isMultiple(of: 2) ? (beforeLast + last) / 2 : last
    }
}
