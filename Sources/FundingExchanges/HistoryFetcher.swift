public import Foundation
public import FundingCore

/// Asks one exchange for settled history, with the manners of its host and what live requests leave of its budgets.
public struct HistoryFetcher: Sendable {
    /// How long one request is tried for. Nobody waits for history, so that it can be longer than a poll's.
    public struct Patience: Sendable {
        /// After errors that may pass.
        public var attempts: Int
        public var backoff: Backoff
        /// In pauses that the host has asked for, all together; a longer ban fails the request.
        public var pauses: Duration

        public init(
            attempts: Int = 5, backoff: Backoff = Backoff(base: .milliseconds(500), cap: .seconds(20)),
            pauses: Duration = .seconds(900)
        ) {
            self.attempts = attempts
            self.backoff = backoff
            self.pauses = pauses
        }
    }

    public let adapter: any ExchangeAdapter
    private let client: ExchangeClient
    private let patience: Patience
    private let clock = ContinuousClock()

    /// - Parameters:
    ///   - base: scheme and host that replace the profile's.
    ///   - gate: the host's, shared with whatever else asks it in this process.
    public init(
        _ adapter: any ExchangeAdapter, base: String? = nil, gate: HostGate, patience: Patience = Patience(),
        now: @escaping @Sendable () -> Date = { Date() }, fetch: @escaping ExchangePoller.Fetch
    ) {
        self.adapter = adapter
        self.patience = patience
        client = ExchangeClient(adapter, base: base ?? adapter.profile.host, gate: gate, now: now, fetch: fetch)
    }

    /// A contract's history within a window, to be taken page by page.
    /// - Parameter interval: the shortest that the contract is known to have had within the window.
    public func pages(of contract: Contract, every interval: FundingInterval, during window: ClosedRange<Date>)
        -> HistoryPages
    {
        HistoryPages(self, of: contract, every: interval, during: window, now: client.now())
    }

    /// The settlements of all contracts within a window, to be taken page by page; nil if the exchange does not tell them
    /// together.
    public func bulkPages(during window: ClosedRange<Date>) -> BulkHistoryPages? {
        BulkHistoryPages(self, during: window)
    }

    /// Asks until there is an answer, or an error that stays.
    func answer(to request: ExchangeRequest) async throws -> Answer {
        var attempts = 0
        var paused = Duration.zero
        while true {
            try Task.checkCancellation()
            let error: ExchangeError
            switch await client.answer(to: request, .background) {
            case .success(let answer): return answer
            case .failure(let failure): error = failure
            }
            try Task.checkCancellation()
            let delay: Duration
            switch error.kind {
            case .rateLimited, .banned:
                // Whoever was paused by another's answer is told what is left of that pause.
                delay = error.kind.pause ?? .seconds(60)
                paused += delay
                guard paused <= patience.pauses else { throw error }
            case .unreachable, .timedOut, .unavailable, .unreadable:
                attempts += 1
                guard attempts < patience.attempts else { throw error }
                delay = patience.backoff.delay(afterAttempt: attempts - 1, draw: .random(in: 0...1))
            case .untrusted, .blocked, .refused: throw error
            }
            try await clock.sleep(for: delay)
        }
    }

    func leastTime(of request: ExchangeRequest) -> Duration {
        let profile = adapter.profile
        let budget = request.ownBudget.flatMap { profile.ownBudgets[$0] } ?? profile.budget
        return budget.window * (request.weight / budget.weight)
    }

    func unreadable(_ request: ExchangeRequest, _ error: any Error) -> ExchangeError {
        adapter.failure(request.label, .unreadable, (error as? Rejection)?.reason ?? "\(error)")
    }
}
