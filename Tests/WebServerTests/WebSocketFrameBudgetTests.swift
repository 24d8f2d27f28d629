import Testing

@testable import WebServer

/// What a client may send between its messages.
struct WebSocketFrameBudgetTests {
    private let start = ContinuousClock.now

    @Test func aBurstIsWhatMayComeInFiveSeconds() {
        var budget = WebSocketFrameBudget(perSecond: 200, at: start)
        let burst = (0..<1_001).map { _ in budget.take(at: start) }
        #expect(burst == [Bool](repeating: true, count: 1_000) + [false])
    }

    @Test func whatWasTakenComesBackWithTime() {
        var budget = WebSocketFrameBudget(perSecond: 200, at: start)
        for _ in 0..<1_000 { _ = budget.take(at: start) }
        let second = (0..<300).map { _ in budget.take(at: start + .seconds(1)) }
        #expect(second.count { $0 } == 200)
        let hour = (0..<2_000).map { _ in budget.take(at: start + .seconds(3_600)) }
        #expect(hour.count { $0 } == 1_000)
    }
}
