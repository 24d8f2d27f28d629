/// Where processes that ask the same host keep its budgets together, so that two of them do not spend it twice.
public protocol BudgetLedger: Sendable {
    /// Takes weight from a budget if it is there, as `RequestWindow` does; nothing is taken otherwise.
    /// - Throws: if the ledger cannot be reached; the caller then has to do without it.
    func take(_ weight: Double, _ urgency: RequestUrgency, of budget: SharedBudget) async throws -> LedgerDecision

    /// Takes in what the exchange says has been used of a budget.
    func take(upTo used: Double, of budget: SharedBudget) async throws

    /// Nobody asks the host until `duration` has gone by. A shorter pause never shortens a longer one.
    /// - Parameter reason: the label of the error that began it.
    func pause(_ host: String, for duration: Duration, because reason: String) async throws
}

/// One budget of one host, as all processes know it.
public struct SharedBudget: Hashable, Sendable {
    public var host: String
    public var name: String
    /// What all processes together may send within any `window`, in weight.
    public var allowance: Double
    public var window: Duration

    public init(host: String, name: String, allowance: Double, window: Duration) {
        self.host = host
        self.name = name
        self.allowance = allowance
        self.window = window
    }
}

public enum LedgerDecision: Hashable, Sendable {
    case granted
    case wait(Duration)
    /// The host has asked to be left alone.
    case paused(Duration, reason: String)
}
