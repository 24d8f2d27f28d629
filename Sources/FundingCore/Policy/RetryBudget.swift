/// How often failed requests may be asked again: as a small share of all requests, so that an exchange in trouble is
/// not asked twice and three times as much as one in health.
public struct RetryBudget: Sendable {
    /// What each request adds, in retries.
    public static let share = 0.2
    /// The most that is saved up: enough for one request that fails with every try, and another that fails once.
    public static let reserve = 3.0

    private var credit = Self.reserve

    public init() {}

    /// A request is about to be asked for the first time.
    public mutating func earn() { credit = min(credit + Self.share, Self.reserve) }

    /// Whether a request may be asked once more; if so, that is spent.
    public mutating func take() -> Bool {
        // Five shares are a whole, whatever binary fractions make of them.
        guard credit >= 1 - 1e-9 else { return false }
        credit -= 1
        return true
    }
}
