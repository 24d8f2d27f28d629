/// How much of the exchanges' documented limits we use.
public struct BudgetUse: Hashable, Sendable {
    /// The part of each limit that all our processes together allow themselves. What is left of it is for requests that
    /// were sent apart and arrive together, and for whatever else asks from the same address.
    public var share: Double
    /// How many times faster than the machine's the clock runs that budgets go by: for simulated exchanges whose limits
    /// go by the same.
    public var speed: Double

    public static let usualShare = 0.95

    public init(share: Double = usualShare, speed: Double = 1) {
        self.share = share
        self.speed = speed
    }
}
