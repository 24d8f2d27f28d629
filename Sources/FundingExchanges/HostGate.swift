public import FundingCore

/// Keeps one host's manners: its budgets, and the pauses it has asked for. Every request of every feed on that host
/// passes here.
public actor HostGate {
    /// One budget: our own window, and its name where all processes keep theirs together.
    private struct Budget {
        var window: RequestWindow
        let shared: SharedBudget

        init(
            _ budget: RequestBudget, _ name: String, of host: String, _ use: BudgetUse, at now: ContinuousClock.Instant
        ) {
            window = budget.requestWindow(use, at: now)
            shared = budget.shared(name, of: host, use)
        }
    }

    private let host: String
    private let ledger: (any BudgetLedger)?
    private var common: Budget
    private var own: [String: Budget]
    private var retries = RetryBudget()
    private var pausedUntil: ContinuousClock.Instant?
    private var reason = ExchangeError.Kind.rateLimited(retryAfter: nil)
    private let clock = ContinuousClock()

    /// - Parameters:
    ///   - base: scheme and host that replace the profile's.
    ///   - use: how much of the documented budgets may be used.
    ///   - ledger: where other processes that ask the same host keep its budgets too.
    public init(
        _ profile: ExchangeProfile, base: String? = nil, use: BudgetUse = BudgetUse(),
        ledger: (any BudgetLedger)? = nil
    ) {
        let now = clock.now
        let host = base ?? profile.host
        self.host = host
        self.ledger = ledger
        common = Budget(profile.budget, "common", of: host, use, at: now)
        own = Dictionary(
            uniqueKeysWithValues: profile.ownBudgets.map { name, budget in
                (name, Budget(budget, name, of: host, use, at: now))
            }
        )
    }

    /// Nothing passes until `duration` has gone by, in any process. A shorter pause never shortens a longer one.
    func pause(for duration: Duration, because kind: ExchangeError.Kind) async {
        hold(for: duration, because: kind)
        guard let ledger else { return }
        // Out of reach: the others will be told by the exchange itself.
        do { try await ledger.pause(host, for: duration, because: kind.label) } catch { return }
    }

    private func hold(for duration: Duration, because kind: ExchangeError.Kind) {
        let until = clock.now + duration
        if let pausedUntil, pausedUntil >= until { return }
        pausedUntil = until
        reason = kind
    }

    /// The exchange says what has been used of a budget, by whomever.
    func take(upTo stated: UsedBudget) async {
        let name = stated.ownBudget
        guard var budget = name == nil ? common : own[name ?? ""] else { return }
        budget.window.take(upTo: stated.weight, at: clock.now)
        if let name { own[name] = budget } else { common = budget }
        guard let ledger else { return }
        // Out of reach: our own window has it.
        do { try await ledger.take(upTo: stated.weight, of: budget.shared) } catch { return }
    }

    /// Takes up a pause that the host asked for before this process lived: a restart does not lift a ban.
    /// - Parameter errorKind: the label of the error that began it.
    public func takeUp(_ remaining: Duration, errorKind: String) {
        hold(for: remaining, because: Self.kind(labelled: errorKind))
    }

    private static func kind(labelled label: String) -> ExchangeError.Kind {
        let kinds: [ExchangeError.Kind] = [.banned(retryAfter: nil), .blocked]
        return kinds.first { $0.label == label } ?? .rateLimited(retryAfter: nil)
    }

    /// How long the host must still be left alone, if at all.
    public var remainingPause: Duration? {
        guard let pausedUntil, pausedUntil > clock.now else { return nil }
        return pausedUntil - clock.now
    }

    /// Why the host must still be left alone, with the time that is left of it; nil if it need not.
    public var standingPause: ExchangeError.Kind? {
        remainingPause.map { Paused(remaining: $0, reason: reason).kind }
    }

    /// A request that may be asked again is about to be asked for the first time.
    func earnRetries() { retries.earn() }

    /// Whether a failed request may be asked once more.
    func takeRetry() -> Bool { retries.take() }

    /// Waits for the request's weight.
    /// - Throws: `Paused` at once if the host is paused, since a poll must not hang; `CancellationError`.
    func pass(_ request: ExchangeRequest, _ urgency: RequestUrgency) async throws {
        while true {
            if let remainingPause { throw Paused(remaining: remainingPause, reason: reason) }
            switch take(request, urgency) {
            case .granted:
                try await passLedger(request, urgency)
                if let remainingPause { throw Paused(remaining: remainingPause, reason: reason) }
                return
            case .wait(let duration): try await clock.sleep(for: duration)
            }
        }
    }

    /// Waits until the weight is there for all processes together. While the ledger is out of reach a request counts
    /// twice: another process may be spending as much.
    private func passLedger(_ request: ExchangeRequest, _ urgency: RequestUrgency) async throws {
        guard let ledger else { return }
        let budget = budget(of: request).shared
        while true {
            let decision: LedgerDecision
            do {
                decision = try await ledger.take(request.weight, urgency, of: budget)
            } catch {
                try Task.checkCancellation()
                while case .wait(let duration) = take(request, urgency) { try await clock.sleep(for: duration) }
                return
            }
            switch decision {
            case .granted: return
            case .wait(let duration): try await clock.sleep(for: duration)
            case .paused(let remaining, let label):
                takeUp(remaining, errorKind: label)
                return
            }
        }
    }

    struct Paused: Error {
        var remaining: Duration
        var reason: ExchangeError.Kind

        /// What stopped the host's requests, with the time that is left of it.
        var kind: ExchangeError.Kind {
            switch reason {
            case .rateLimited: .rateLimited(retryAfter: remaining)
            case .banned: .banned(retryAfter: remaining)
            default: reason
            }
        }

        var seconds: Int { Int((remaining / .seconds(1)).rounded(.up)) }
    }

    private func budget(of request: ExchangeRequest) -> Budget {
        request.ownBudget.flatMap { own[$0] } ?? common
    }

    private func take(_ request: ExchangeRequest, _ urgency: RequestUrgency) -> RequestWindow.Decision {
        var budget = budget(of: request)
        let decision = budget.window.take(request.weight, urgency, at: clock.now)
        if let name = request.ownBudget, own[name] != nil { own[name] = budget } else { common = budget }
        return decision
    }
}
