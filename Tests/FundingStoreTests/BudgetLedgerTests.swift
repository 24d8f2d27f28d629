import FundingCore
import FundingRuntime
import RedisDriver
import TestSupport
import Testing

@testable import FundingStore

/// Budgets that processes share: each test has a host of its own.
@Suite(.needsRedis)
struct BudgetLedgerTests {
    /// Ten within a good while.
    private func with(_ host: String, _ body: (RedisBudgetLedger, RedisBudgetLedger, SharedBudget) async throws -> Void)
        async throws
    {
        try await withRedis(host) { one, two, budget in
            try await body(RedisBudgetLedger(one), RedisBudgetLedger(two), budget)
        }
    }

    private func withRedis(
        _ host: String, _ body: (RedisConnection, RedisConnection, SharedBudget) async throws -> Void
    ) async throws {
        let one = RedisConnection(try TestRedis.configuration(), name: "one")
        let two = RedisConnection(try TestRedis.configuration(), name: "two")
        try await one.waitUntilConnected(timeout: .seconds(5))
        try await two.waitUntilConnected(timeout: .seconds(5))
        let host = "https://\(host).example.com"
        let budget = SharedBudget(host: host, name: "common", allowance: 10, window: .seconds(1000))
        _ = try await one.send(["DEL", "funding:window:\(host):common", "funding:pause:\(host)"])
        try await body(one, two, budget)
        await one.close()
        await two.close()
    }

    @Test func twoProcessesSpendOneBudget() async throws {
        try await with("shared") { one, two, budget in
            for _ in 1...5 {
                #expect(try await one.take(1, .live, of: budget) == .granted)
                #expect(try await two.take(1, .live, of: budget) == .granted)
            }
            guard case .wait(let duration) = try await two.take(1, .live, of: budget) else {
                Issue.record("the budget was spent twice")
                return
            }
            // The window and what is left of a sixtieth of it.
            #expect(duration > .seconds(950) && duration <= .seconds(1017))
        }
    }

    @Test func theBackgroundOfOneProcessLeavesWhatTheRatesOfAnotherNeed() async throws {
        try await withRedis("reserve") { one, two, budget in
            let clock = TestClock()
            let rates = RedisBudgetLedger(one, clock: { clock.microseconds })
            let history = RedisBudgetLedger(two, clock: { clock.microseconds })
            #expect(try await rates.take(6, .live, of: budget) == .granted)
            var granted = 0
            for _ in 1...408 {
                clock.advance(by: 10)
                if try await history.take(1, .background, of: budget) == .granted { granted += 1 }
                if clock.microseconds % 1_020_000_000 == 0 {
                    #expect(try await rates.take(6, .live, of: budget) == .granted)
                }
            }
            // Four a window.
            #expect((15...17).contains(granted))
        }
    }

    /// The script is the same policy in another language: the same requests at the same times get the same answers.
    @Test(arguments: [1, 2, 3, 4] as [UInt64]) func theScriptDecidesAsTheWindowDoes(seed: UInt64) async throws {
        try await withRedis("twin-\(seed)") { redis, _, budget in
            var budget = budget
            budget.window = .seconds(6)
            let clock = TestClock()
            let ledger = RedisBudgetLedger(redis, clock: { clock.microseconds })
            let start = ContinuousClock.now
            var window = RequestWindow(allowing: budget.allowance, per: budget.window, at: start)
            var random = SeededGenerator(seed: seed)
            var granted = 0
            for _ in 1...1500 {
                let instant = start + .microseconds(clock.microseconds)
                if Int.random(in: 0..<20, using: &random) == 0 {
                    let used = Double.random(in: 0...12, using: &random)
                    window.take(upTo: used, at: instant)
                    try await ledger.take(upTo: used, of: budget)
                }
                let weight = Double(Int.random(in: 1...4, using: &random))
                let urgency: RequestUrgency = Int.random(in: 0..<3, using: &random) == 0 ? .live : .background
                let expected = window.take(weight, urgency, at: instant)
                let decision = try await ledger.take(weight, urgency, of: budget)
                switch (expected, decision) {
                case (.granted, .granted): granted += 1
                case (.wait(let one), .wait(let other)):
                    #expect(abs((one - other) / .milliseconds(1)) < 2)
                default: Issue.record("\(expected) but \(decision)")
                }
                // A pause now and then, long enough for a need to be forgotten.
                let isLong = Int.random(in: 0..<400, using: &random) == 0
                clock.advance(by: isLong ? 200 : .random(in: 0...0.8, using: &random))
            }
            #expect(granted > 200)
        }
    }

    @Test func aWindowIsCountedByTheServersClock() async throws {
        try await with("server") { one, _, budget in
            var budget = budget
            budget.window = .milliseconds(500)
            #expect(try await one.take(10, .live, of: budget) == .granted)
            #expect(try await one.take(1, .live, of: budget) != .granted)
            try await eventually { try await one.take(10, .live, of: budget) == .granted }
        }
    }

    @Test func aPauseHoldsForEveryProcessAndIsNeverShortened() async throws {
        try await with("pause") { one, two, budget in
            try await one.pause(budget.host, for: .seconds(720), because: "banned")
            try await two.pause(budget.host, for: .seconds(5), because: "rate_limited")
            guard case .paused(let remaining, "banned") = try await two.take(1, .live, of: budget) else {
                Issue.record("not paused")
                return
            }
            #expect(remaining > .seconds(700) && remaining <= .seconds(720))
        }
    }

    @Test func whatTheExchangeCountsIsCountedByAll() async throws {
        try await with("stated") { one, two, budget in
            try await one.take(upTo: 8, of: budget)
            try await two.take(upTo: 2, of: budget)
            #expect(try await two.take(2, .live, of: budget) == .granted)
            #expect(try await one.take(1, .live, of: budget) != .granted)
        }
    }
}

/// A clock that a test moves.
private final class TestClock: Sendable {
    private let now = Lock(0)

    var microseconds: Int { now.withLock { $0 } }

    func advance(by seconds: Double) { now.withLock { $0 += Int((seconds * 1_000_000).rounded()) } }
}
