import CurlDriver
import Foundation
import FundingCore
import FundingExchanges
import Testing

/// What is asked again, what is not, and what each failure is called.
@Suite struct RetryTests {
    private static let label = "funding-rates"

    private func lighter(_ answer: @escaping @Sendable (Int) throws(HTTPFetchError) -> HTTPResponse?) throws
        -> ScriptedExchange
    {
        try ScriptedExchange("lighter") { label, nth throws(HTTPFetchError) in
            label == Self.label ? try answer(nth) : nil
        }
    }

    @Test(arguments: [500, 502, 503, 504, 599])
    func aServerErrorIsAskedAgain(status: Int) async throws {
        let exchange = try lighter { nth in nth < 3 ? HTTPResponse(status) : nil }
        #expect(try await exchange.poller.poll().snapshots.count == 11)
        #expect(exchange.count(of: Self.label) == 3)
    }

    @Test func aServerThatStaysAwayIsUnavailable() async throws {
        let exchange = try lighter { _ in HTTPResponse(503) }
        let error = try await exchange.failure()
        #expect(error.kind == .unavailable(status: 503))
        #expect(error.request == Self.label)
        #expect(exchange.count(of: Self.label) == 3)
        #expect(exchange.count(of: "order-book-details") == 1)
    }

    @Test(arguments: [
        (HTTPFetchError.Kind.timedOut, ExchangeError.Kind.timedOut), (.unreachable, .unreachable),
        (.unresolved, .unreachable),
    ])
    func aNetworkThatMayRecoverIsTriedThreeTimes(kind: HTTPFetchError.Kind, expected: ExchangeError.Kind) async throws {
        let exchange = try lighter { _ throws(HTTPFetchError) in throw HTTPFetchError(kind: kind, message: "no") }
        #expect(try await exchange.failure().kind == expected)
        #expect(exchange.count(of: Self.label) == 3)
    }

    @Test func aHostWithoutAValidCertificateIsUntrustedAndNotAskedAgain() async throws {
        let exchange = try lighter { _ throws(HTTPFetchError) in
            throw HTTPFetchError(kind: .tls, message: "certificate has expired")
        }
        let error = try await exchange.failure()
        #expect(error.kind == .untrusted)
        #expect(error.kind.label == "untrusted")
        #expect(!error.isTransient)
        #expect(error.detail.contains("certificate has expired"))
        #expect(exchange.count(of: Self.label) == 1)
        #expect(await exchange.poller.gate.remainingPause == nil)
    }

    @Test(arguments: [
        HTTPFetchError.Kind.bodyTooLarge(limit: 1), .truncated, .badEncoding,
    ])
    func aBodyThatDoesNotArriveWholeIsUnreadable(kind: HTTPFetchError.Kind) async throws {
        let exchange = try lighter { _ throws(HTTPFetchError) in throw HTTPFetchError(kind: kind, message: "no") }
        #expect(try await exchange.failure().kind == .unreadable)
        #expect(exchange.count(of: Self.label) == 1)
    }

    @Test(arguments: [
        (200, ExchangeError.Kind.unreadable), (400, .refused(code: 400)), (404, .refused(code: 404)),
        (301, .refused(code: 301)), (403, .blocked), (451, .blocked), (418, .banned(retryAfter: nil)),
        (429, .rateLimited(retryAfter: nil)),
        // Lighter's other word for too many requests.
        (405, .rateLimited(retryAfter: nil)),
    ])
    func askingAgainWouldNotHelp(status: Int, expected: ExchangeError.Kind) async throws {
        let exchange = try lighter { _ in HTTPResponse(status) }
        let error = try await exchange.failure()
        #expect(error.kind == expected)
        #expect(!error.isTransient)
        #expect(exchange.count(of: Self.label) == 1)
    }

    @Test func aMessageHoldsNoWholeBody() async throws {
        let exchange = try lighter { _ in HTTPResponse(200, String(repeating: "x", count: 100_000)) }
        #expect(try await exchange.failure().description.utf8.count < 400)
    }

    @Test(.timeLimit(.minutes(1))) func aCancelledPollEndsAtOnce() async throws {
        let exchange = try ScriptedExchange("lighter") { _, _ throws(HTTPFetchError) in
            do {
                try await Task.sleep(for: .seconds(600))
            } catch {
                throw HTTPFetchError(kind: .cancelled, message: "cancelled")
            }
            return nil
        }
        let task = Task { try await exchange.poller.poll() }
        while exchange.requests.count < 2 { await Task.yield() }
        let started = ContinuousClock.now
        task.cancel()
        await #expect(throws: ExchangeError.self) { try await task.value }
        #expect(ContinuousClock.now - started < .seconds(5))
        #expect(exchange.requests.count == 2)
    }

    @Test(.timeLimit(.minutes(1))) func cancellationDoesNotWaitForTheBudget() async throws {
        let exchange = try ScriptedExchange("lighter") {
            // One request an hour.
            $0.budget = RequestBudget(1, per: .seconds(3600))
        } _: { _, _ in
            nil
        }
        let task = Task { try await exchange.poller.poll() }
        while exchange.requests.isEmpty { await Task.yield() }
        task.cancel()
        await #expect(throws: ExchangeError.self) { try await task.value }
        #expect(exchange.requests.count == 1)
    }
}
