import FundingCore

/// Keeps one host's manners: its budgets, and the pauses it has asked for. Every request of every feed on that host
/// passes here.
public actor HostGate {
    /// How much a request may take of a budget.
    enum Urgency: Sendable {
        /// Rates: all of it.
        case live
        /// What fills in: only the half that live requests leave.
        case background
    }

    private var common: TokenBucket
    private var own: [String: TokenBucket]
    private var pausedUntil: ContinuousClock.Instant?
    private var reason = ExchangeError.Kind.rateLimited(retryAfter: nil)
    private let clock = ContinuousClock()

    public init(_ profile: ExchangeProfile) {
        let now = clock.now
        common = profile.budget.bucket(at: now)
        own = profile.ownBudgets.mapValues { $0.bucket(at: now) }
    }

    /// Nothing passes until `duration` has gone by. A shorter pause never shortens a longer one.
    func pause(for duration: Duration, because kind: ExchangeError.Kind) {
        let until = clock.now + duration
        if let pausedUntil, pausedUntil >= until { return }
        pausedUntil = until
        reason = kind
    }

    /// Takes up a pause that the host asked for before this process lived: a restart does not lift a ban.
    /// - Parameter errorKind: the label of the error that began it.
    public func takeUp(_ remaining: Duration, errorKind: String) {
        let kinds: [ExchangeError.Kind] = [.banned(retryAfter: nil), .blocked]
        pause(for: remaining, because: kinds.first { $0.label == errorKind } ?? .rateLimited(retryAfter: nil))
    }

    /// How long the host must still be left alone, if at all.
    public var remainingPause: Duration? {
        guard let pausedUntil, pausedUntil > clock.now else { return nil }
        return pausedUntil - clock.now
    }

    /// Waits for the request's weight.
    /// - Throws: `Paused` at once if the host is paused, since a poll must not hang; `CancellationError`.
    func pass(_ request: ExchangeRequest, _ urgency: Urgency) async throws {
        while true {
            if let remainingPause { throw Paused(remaining: remainingPause, reason: reason) }
            switch take(request, urgency) {
            case .granted: return
            case .wait(let duration): try await clock.sleep(for: duration)
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

    private func take(_ request: ExchangeRequest, _ urgency: Urgency) -> TokenBucket.Decision {
        let reserve = urgency == .live ? 0 : 0.5
        guard let name = request.ownBudget, var bucket = own[name] else {
            return common.take(request.weight, leaving: common.capacity * reserve, at: clock.now)
        }
        let decision = bucket.take(request.weight, leaving: bucket.capacity * reserve, at: clock.now)
        own[name] = bucket
        return decision
    }
}
