/// How long to wait after a failure before the next attempt: full jitter under a doubling ceiling, so that many
/// clients of a restarted server do not return at one moment.
struct JitteredBackoff: Sendable {
    private static let first: Duration = .milliseconds(50)
    private static let longest: Duration = .seconds(1)

    private(set) var failuresInARow = 0

    mutating func succeeded() {
        failuresInARow = 0
    }

    /// Counts a failure and says how long to wait before the next attempt.
    ///
    /// - Parameter random: From 0 to 1.
    mutating func failed(random: Double) -> Duration {
        failuresInARow += 1
        return Self.ceiling(after: failuresInARow) * random
    }

    static func ceiling(after failures: Int) -> Duration {
        min(longest, first * (1 << min(failures - 1, 10)))
    }
}
