/// Where a value stands in a sample.
public enum PercentileRank {
    /// Percent of the sample that lies below a value, values like it counting half: with L values below it and R not
    /// above it, `(L + R + 1) × 50 / n`, without the 1 where none is like it. The same as `percentileofscore` of SciPy
    /// with `kind="rank"`. Nil for an empty sample.
    /// - Parameters:
    ///   - below: L.
    ///   - notAbove: R.
    public static func rank(below: Int, notAbove: Int, of count: Int) -> Double? {
        guard count > 0 else { return nil }
        return Double(below + notAbove + (notAbove > below ? 1 : 0)) * 50 / Double(count)
    }

    /// The same in a sample in ascending order, by bisection.
    public static func rank(of value: Double, ascending values: [Double]) -> Double? {
        let below = values.firstIndex(from: value, isIncluded: true)
        let notAbove = values.firstIndex(from: value, isIncluded: false)
        return rank(below: below, notAbove: notAbove, of: values.count)
    }

    /// One decimal, as it is published.
    static func published(_ rank: Double) -> Double { (rank * 10).rounded() / 10 }
}

extension [Double] {
    /// In ascending order, the first place whose value is not below `value`; or not even like it.
    func firstIndex(from value: Double, isIncluded: Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value || (!isIncluded && self[middle] == value) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}
