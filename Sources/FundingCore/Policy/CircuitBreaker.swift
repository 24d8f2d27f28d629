/// Stops asking a host that keeps failing, and lets one question through now and then to see whether it is back.
public struct CircuitBreaker: Sendable {
    public enum Permission: Equatable, Sendable {
        case allowed
        /// The pause is over: one trial, whose outcome decides.
        case probe
        case refused(until: ContinuousClock.Instant)
    }

    public enum State: String, Sendable {
        case closed, open
        case halfOpen = "half_open"
    }

    public let threshold: Int
    public let pause: Duration
    public private(set) var consecutiveFailures = 0
    public private(set) var state = State.closed
    private var openedAt: ContinuousClock.Instant?

    /// Five failures in a row open it for 300 s: the requirements' figures.
    public init(threshold: Int = 5, pause: Duration = .seconds(300)) {
        self.threshold = threshold
        self.pause = pause
    }

    public mutating func permission(at now: ContinuousClock.Instant) -> Permission {
        guard let openedAt else { return .allowed }
        let until = openedAt + pause
        guard now >= until else { return .refused(until: until) }
        state = .halfOpen
        return .probe
    }

    public mutating func recordSuccess() {
        consecutiveFailures = 0
        openedAt = nil
        state = .closed
    }

    /// Opens after `threshold` failures in a row, or at once if the probe failed.
    public mutating func recordFailure(at now: ContinuousClock.Instant) {
        consecutiveFailures += 1
        guard consecutiveFailures >= threshold || state == .halfOpen else { return }
        openedAt = now
        state = .open
    }
}
