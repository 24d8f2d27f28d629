/// A threshold with a way back: the condition becomes true at the threshold, itself included, and can become true again
/// only after the value has passed the second level on its way back.
public struct AlertLevel: Hashable, Sendable {
    public enum Direction: String, Sendable, CaseIterable {
        case above, below
        /// Above in absolute value.
        case beyond
    }

    public var direction: Direction
    public var threshold: Double
    public var rearm: Double

    /// How far inside the way back ends unless it is told, as a part of the threshold.
    private static let usualHysteresis = 0.1

    public init(_ direction: Direction, _ threshold: Double, rearm: Double? = nil) {
        self.direction = direction
        self.threshold = threshold
        let inside = abs(threshold) * Self.usualHysteresis
        self.rearm = rearm ?? (direction == .below ? threshold + inside : threshold - inside)
    }

    /// Whether the condition becomes true at a value.
    public func isReached(by value: Double) -> Bool {
        switch direction {
        case .above: value >= threshold
        case .below: value <= threshold
        case .beyond: abs(value) >= threshold
        }
    }

    /// Whether a condition that was true has ended at a value. With both levels equal it ends where it is not reached.
    public func isLeft(at value: Double) -> Bool {
        switch direction {
        case .above: rearm == threshold ? value < threshold : value <= rearm
        case .below: rearm == threshold ? value > threshold : value >= rearm
        case .beyond: rearm == threshold ? abs(value) < threshold : abs(value) <= rearm
        }
    }

    /// Whether the way back does not lie where the condition holds.
    public var isConsistent: Bool {
        switch direction {
        case .above: rearm <= threshold
        case .below: rearm >= threshold
        case .beyond: rearm <= threshold && rearm >= 0
        }
    }
}

extension AlertLevel.Direction: SettingChoice {}
