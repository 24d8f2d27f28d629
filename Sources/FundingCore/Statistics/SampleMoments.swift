/// Count, mean and squared deviation of a sample, computed from its values and never carried on from an earlier sample:
/// so no rounding builds up, however long a window slides.
struct SampleMoments: Hashable, Sendable {
    private(set) var count: Int
    /// 0 for an empty sample.
    private(set) var mean: Double
    /// The sum of the squared distances from the mean.
    private let squares: Double

    /// Two passes over the values, of which the second takes back what the first has rounded away.
    /// - Parameters:
    ///   - places: how many there are.
    ///   - value: the value at a place; NaN stands for none.
    @inline(__always)
    init(places: Int, value: (Int) -> Double) {
        var numbers = 0
        let (sum, _) = Self.sums(places) { place in
            let value = value(place)
            guard value == value else { return 0 }
            numbers += 1
            return value
        }
        count = numbers
        guard numbers > 0 else {
            mean = 0
            squares = 0
            return
        }
        let rough = sum / Double(numbers)
        let (rest, squares) = Self.sums(places) { place in
            let value = value(place)
            return value == value ? value - rough : 0
        }
        mean = rough + rest / Double(numbers)
        self.squares = max(squares - rest * rest / Double(numbers), 0)
    }

    /// The sample standard deviation, with n − 1 below the line; nil for fewer than two values, 0 below `negligible`.
    func standardDeviation(negligible: Double) -> Double? {
        guard count >= 2 else { return nil }
        let deviation = (squares / Double(count - 1)).squareRoot()
        return deviation < negligible ? 0 : deviation
    }

    /// The sum of the values and of their squares: each in four parts, of which none waits for another.
    @inline(__always)
    private static func sums(_ places: Int, _ value: (Int) -> Double) -> (sum: Double, squares: Double) {
        var sums = SIMD4<Double>.zero
        var squares = SIMD4<Double>.zero
        var place = 0
        while place + 4 <= places {
            let four = SIMD4(value(place), value(place + 1), value(place + 2), value(place + 3))
            sums += four
            squares += four * four
            place += 4
        }
        while place < places {
            let one = value(place)
            sums[0] += one
            squares[0] += one * one
            place += 1
        }
        return (sums.sum(), squares.sum())
    }
}
