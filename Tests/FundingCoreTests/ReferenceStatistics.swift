import Foundation
import FundingCore

/// The definitions of statistics, written down as plainly as they are in a textbook: what the sliding window is held
/// against. Sums are compensated, so that none of their rounding can be taken for the window's.
struct ReferenceStatistics {
    /// Rates per hour of the payments of the last 30 days, ascending.
    let values: [Double]

    init(_ points: [SettledPoint], at now: Date) {
        values = points.filter { $0.fundingTime > now - 30 * 86_400 }.map { $0.fundingRate / $0.interval.hours }
            .sorted()
    }

    init(_ values: [Double]) { self.values = values.sorted() }

    var mean: Double { Self.sum(values) / Double(values.count) }

    var standardDeviation: Double? {
        guard values.count > 1 else { return nil }
        let mean = mean
        return (Self.sum(values.map { ($0 - mean) * ($0 - mean) }) / Double(values.count - 1)).squareRoot()
    }

    var median: Double { Self.median(values) }

    var medianDeviation: Double {
        let median = median
        return Self.median(values.map { abs($0 - median) }.sorted())
    }

    func percentile(of value: Double) -> Double? {
        guard !values.isEmpty else { return nil }
        let (below, notAbove) = (values.count { $0 < value }, values.count { $0 <= value })
        return Double(below + notAbove + (notAbove > below ? 1 : 0)) * 50 / Double(values.count)
    }

    private static func median(_ values: [Double]) -> Double {
        let (low, high) = (values[(values.count - 1) / 2], values[values.count / 2])
        return (low + high) / 2
    }

    /// After Neumaier.
    private static func sum(_ values: [Double]) -> Double {
        var (sum, lost) = (0.0, 0.0)
        for value in values {
            let next = sum + value
            lost += abs(sum) >= abs(value) ? (sum - next) + value : (value - next) + sum
            sum = next
        }
        return sum + lost
    }
}

/// A payment of a contract, on the grid.
func paid(_ hours: Double, _ rate: Double, every interval: FundingInterval = .eightHours) -> SettledPoint {
    SettledPoint(fundingTime: moment(hours), settledAt: moment(hours), fundingRate: rate, interval: interval)
}

/// Whether two figures agree within a billionth of the larger scale.
func agree(_ left: Double?, _ right: Double?, scale: Double = 0) -> Bool {
    guard let left, let right else { return left == right }
    return abs(left - right) <= 1e-9 * max(abs(right), scale)
}
