/// A budget that refills steadily, with a burst: what one client may ask of us, how often a stream may be opened.
public struct TokenBucket: Sendable {
    /// Whether a request may go now.
    public enum Decision: Equatable, Sendable {
        case granted
        case wait(Duration)
    }

    public let capacity: Double
    public let refillPerSecond: Double
    private var level: Double
    private var updatedAt: ContinuousClock.Instant

    /// - Parameter capacity: the largest burst, in weight.
    public init(capacity: Double, refillPerSecond: Double, at now: ContinuousClock.Instant) {
        precondition(capacity > 0 && refillPerSecond > 0, "A bucket needs a capacity and a refill above zero.")
        self.capacity = capacity
        self.refillPerSecond = refillPerSecond
        level = capacity
        updatedAt = now
    }

    /// Takes `weight` if it is there, else says how long to wait for it. A weight above the capacity is granted from a
    /// full bucket and leaves it in debt, so that it is paid for afterwards.
    public mutating func take(_ weight: Double = 1, at now: ContinuousClock.Instant) -> Decision {
        refill(at: now)
        let needed = min(weight, capacity)
        guard level >= needed else { return .wait(.seconds((needed - level) / refillPerSecond)) }
        level -= weight
        return .granted
    }

    /// How much weight is there; below zero, how much is still to be paid for.
    public func level(at now: ContinuousClock.Instant) -> Double {
        var refilled = self
        refilled.refill(at: now)
        return refilled.level
    }

    private mutating func refill(at now: ContinuousClock.Instant) {
        guard now > updatedAt else { return }
        level = min(capacity, level + (now - updatedAt) / .seconds(1) * refillPerSecond)
        updatedAt = now
    }
}
