import CurlDriver
import Foundation
import FundingCore

/// Brings one request to its answer: waits for the host's gate, fetches, asks again where that can help.
struct ExchangeClient: Sendable {
    private enum Limit {
        static let attempts = 3
        /// For a request with all its attempts, from the first one's start: who hangs is not waited for three times.
        static let requestTimeout = Duration.seconds(10)
        /// What a late attempt gets at the least.
        static let shortestTimeout = Duration.seconds(1)
        static let bodyBytes = 32 << 20
    }

    let adapter: any ExchangeAdapter
    let gate: HostGate
    /// Scheme and host.
    let base: String
    let fetch: ExchangePoller.Fetch
    let now: @Sendable () -> Date
    private let clock = ContinuousClock()
    private let backoff = Backoff(base: .milliseconds(300), cap: .seconds(3))

    init(
        _ adapter: any ExchangeAdapter, base: String, gate: HostGate, now: @escaping @Sendable () -> Date,
        fetch: @escaping ExchangePoller.Fetch
    ) {
        self.adapter = adapter
        self.gate = gate
        self.base = base
        self.fetch = fetch
        self.now = now
    }

    /// Asks once, and again after a pause where that can help. What a poll can do without is asked only once, and of what
    /// fails no more than a share is asked again: see `RetryBudget`.
    func answer(to request: ExchangeRequest, _ urgency: RequestUrgency) async -> Result<Answer, ExchangeError> {
        let attempts = request.need == .optional || urgency == .background ? 1 : Limit.attempts
        if attempts > 1 { await gate.earnRetries() }
        var attempt = 0
        var deadline: ContinuousClock.Instant?
        while true {
            do {
                try await pass(request, urgency)
                let end = deadline ?? clock.now + Limit.requestTimeout
                deadline = end
                return .success(try await askOnce(request, within: max(end - clock.now, Limit.shortestTimeout)))
            } catch let error as ExchangeError {
                attempt += 1
                let delay = backoff.delay(afterAttempt: attempt - 1, draw: .random(in: 0...1))
                guard error.isTransient, attempt < attempts, !Task.isCancelled,
                    clock.now + delay < deadline ?? clock.now, await gate.takeRetry()
                else { return .failure(error) }
                do { try await clock.sleep(for: delay) } catch { return .failure(cancelled(request)) }
            } catch {
                return .failure(cancelled(request))
            }
        }
    }

    private func pass(_ request: ExchangeRequest, _ urgency: RequestUrgency) async throws {
        do {
            try await gate.pass(request, urgency)
        } catch let paused as HostGate.Paused {
            throw adapter.failure(request.label, paused.kind, "the host is left alone for \(paused.seconds) s more")
        }
    }

    private func askOnce(_ request: ExchangeRequest, within timeout: Duration) async throws -> Answer {
        let response: HTTPResponse
        do {
            response = try await fetch(wireRequest(request, within: timeout))
        } catch {
            throw ExchangeError(feed: adapter.profile.feed, request: request.label, fetch: error)
        }
        if let used = adapter.usedBudget(in: response.headers) { await gate.take(upTo: used) }
        do {
            return try adapter.answer(to: request, response, at: now())
        } catch {
            if let pause = error.kind.pause { await gate.pause(for: pause, because: error.kind) }
            throw error
        }
    }

    private func wireRequest(_ request: ExchangeRequest, within timeout: Duration) -> HTTPRequest {
        HTTPRequest(
            method: request.method == .get ? .get : .post, url: base + request.target,
            headers: request.body == nil
                ? [("Accept", "application/json")]
                : [("Accept", "application/json"), ("Content-Type", "application/json")],
            body: request.body.map { Array($0.utf8) }, totalTimeout: timeout,
            maximumBodyBytes: Limit.bodyBytes
        )
    }

    private func cancelled(_ request: ExchangeRequest) -> ExchangeError {
        adapter.failure(request.label, .timedOut, "the poll was cancelled")
    }
}
