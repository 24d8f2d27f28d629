import FundingCore
import Testing

@Suite struct CircuitBreakerTests {
    private let start = ContinuousClock().now

    private func opened() -> CircuitBreaker {
        var breaker = CircuitBreaker()
        for _ in 0..<5 { breaker.recordFailure(at: start) }
        return breaker
    }

    @Test func fourFailuresInARowAreForgiven() {
        var breaker = CircuitBreaker()
        for _ in 0..<4 { breaker.recordFailure(at: start) }
        #expect(breaker.permission(at: start) == .allowed)
        breaker.recordSuccess()
        for _ in 0..<4 { breaker.recordFailure(at: start) }
        #expect(breaker.permission(at: start) == .allowed)
        #expect(breaker.state == .closed)
    }

    @Test func theFifthFailureOpensItForFiveMinutes() {
        var breaker = opened()
        #expect(breaker.state == .open)
        #expect(breaker.permission(at: start + .seconds(299)) == .refused(until: start + .seconds(300)))
        #expect(breaker.permission(at: start + .seconds(300)) == .probe)
        #expect(breaker.state == .halfOpen)
    }

    @Test func aFailedProbeOpensItAgainAtOnce() {
        var breaker = opened()
        #expect(breaker.permission(at: start + .seconds(300)) == .probe)
        breaker.recordFailure(at: start + .seconds(301))
        #expect(breaker.permission(at: start + .seconds(302)) == .refused(until: start + .seconds(601)))
    }

    @Test func aSuccessfulProbeClosesIt() {
        var breaker = opened()
        #expect(breaker.permission(at: start + .seconds(300)) == .probe)
        breaker.recordSuccess()
        #expect(breaker.permission(at: start + .seconds(301)) == .allowed)
        #expect(breaker.consecutiveFailures == 0)
        breaker.recordFailure(at: start + .seconds(302))
        #expect(breaker.permission(at: start + .seconds(302)) == .allowed)
    }
}
