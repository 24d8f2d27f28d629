/// Exponential delays with full jitter: the longest delay doubles with each attempt, the actual one is drawn below it.
public struct Backoff: Sendable {
    public var base: Duration
    public var cap: Duration

    public init(base: Duration = .milliseconds(300), cap: Duration = .seconds(30)) {
        self.base = base
        self.cap = cap
    }

    /// - Parameters:
    ///   - attempt: 0 for the delay after the first failure.
    ///   - draw: a number in 0...1 from outside, so that a test knows it.
    public func delay(afterAttempt attempt: Int, draw: Double) -> Duration {
        ceiling(afterAttempt: attempt) * min(max(draw, 0), 1)
    }

    /// The longest delay that may follow the given attempt.
    public func ceiling(afterAttempt attempt: Int) -> Duration {
        min(cap, base * (1 << min(max(attempt, 0), 24)))
    }
}
