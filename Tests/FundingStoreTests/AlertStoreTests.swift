import Foundation
import FundingCore
import FundingStore
import PostgresDriver
import TestSupport
import Testing

@Suite(.needsPostgres)
struct AlertStoreTests {
    private static let start = Date(timeIntervalSince1970: 1_790_000_000)
    private static let contract = AlertContract(exchange: "bybit", symbol: "BTC/USDT", baseAsset: "BTC")

    private static let settings: AlertSettings = {
        var rule = AlertRule()
        rule.kind = .apr
        rule.threshold = 50
        rule.coolDown = 0
        rule.channels = ["ops", "log"]
        var terms = AlertRule()
        terms.kind = .termsChange
        terms.channels = ["ops"]
        var settings = AlertSettings()
        settings.rules = ["r": rule, "terms": terms]
        return settings
    }()

    private static func reading(_ apr: Double, of contract: AlertContract = contract) -> AlertInput {
        var values = AlertValues()
        values.apr = apr
        values.zScore = 2.5
        return .reading(.contract(contract), values)
    }

    private static let change: AlertInput = {
        let terms = { (interval: FundingInterval) in
            ContractTerms(interval: interval, rateCap: 0.01, rateFloor: nil, denomination: 1, status: .active)
        }
        return .change(
            .change(contract, at: start),
            TermsChange(symbol: "BTC/USDT", baseAsset: "BTC", before: terms(.eightHours), after: terms(.hourly)))
    }()

    @Test func whatWasDecidedIsStoredWithItsNumbersAndIsToBeDelivered() async throws {
        try await withStore { store, token, _ in
            var engine = AlertEngine(Self.settings, at: Self.start)
            let outcome = engine.evaluate([Self.reading(60), Self.change], at: Self.start)
            try await store.record(outcome, token, at: Self.start)
            let log = try await store.log(limit: 10)
            #expect(Set(log) == Set(outcome.decisions) && log.count == 2)
            let due = try await store.due(at: Self.start, notTo: [], limit: 10)
            #expect(due.map(\.channel) == ["log", "ops"] && due.allSatisfy { $0.attempts == 0 })
            #expect(due[0].message.decisions == outcome.messages[0].decisions)
            #expect(try await store.due(at: Self.start, notTo: ["ops"], limit: 10).map(\.channel) == ["log"])
            #expect(try await store.due(at: Self.start.addingTimeInterval(-1), notTo: [], limit: 10).isEmpty)
            #expect(try await store.deliveries(limit: 10).count == 3)
            #expect(try await store.open().map(\.subject) == [.contract(Self.contract)])
        }
    }

    /// As after a commit whose answer was lost.
    @Test func committingTheSameAgainChangesNothing() async throws {
        try await withStore { store, token, pool in
            var engine = AlertEngine(Self.settings, at: Self.start)
            let outcome = engine.evaluate([Self.reading(60), Self.change], at: Self.start)
            for _ in 1...3 { try await store.record(outcome, token, at: Self.start) }
            #expect(try await store.log(limit: 10).count == 2)
            #expect(try await store.deliveries(limit: 10).count == 3)
            #expect(try await count("alert_states", pool) == 2)
            // Two that decided the same differently grouped: what is told already is not told again.
            let lone = AlertMessage([outcome.messages[0].decisions[0]], to: ["new-channel"])
            var other = AlertOutcome()
            other.decisions = lone.decisions
            other.messages = [lone]
            try await store.record(other, token, at: Self.start)
            #expect(try await store.log(limit: 10).count == 2)
        }
    }

    @Test func anotherEngineGoesOnWhereTheFirstStopped() async throws {
        try await withStore { store, token, _ in
            var engine = AlertEngine(Self.settings, at: Self.start)
            try await store.record(
                engine.evaluate([Self.reading(60), Self.change], at: Self.start), token, at: Self.start)
            let later = Self.start.addingTimeInterval(60)
            let stored = try await store.load(rules: ["r", "terms"], at: later)
            #expect(stored.sent == ["r": [Self.start], "terms": [Self.start]])
            var heir = AlertEngine(Self.settings, states: stored.states, sent: stored.sent, at: later)
            #expect(heir.evaluate([Self.reading(60), Self.change], at: later).isEmpty)
            let end = heir.evaluate([Self.reading(10)], at: later.addingTimeInterval(1))
            try await store.record(end, token, at: later)
            let again = heir.evaluate([Self.reading(70)], at: later.addingTimeInterval(2))
            try await store.record(again, token, at: later)
            let log = try await store.log(rule: "r", limit: 10)
            #expect(log.map(\.episode) == [2, 1, 1] && log.map(\.kind) == [.fired, .ended, .fired])
            let old = try await store.load(rules: ["r"], at: Self.start.addingTimeInterval(4000))
            #expect(old.sent.isEmpty && old.states.count == 1)
        }
    }

    @Test func anAttemptIsWrittenDownAndAFinalOneEndsTheDelivery() async throws {
        try await withStore { store, token, _ in
            var engine = AlertEngine(Self.settings, at: Self.start)
            try await store.record(engine.evaluate([Self.reading(60)], at: Self.start), token, at: Self.start)
            let due = try await store.due(at: Self.start, notTo: [], limit: 10)
            let (log, ops) = (due[0], due[1])
            let next = Self.start.addingTimeInterval(30)
            try await store.record(
                .retry(at: next), on: .answered(status: 503, retryAfter: nil), of: ops, token, at: Self.start)
            try await store.record(
                .failed, on: .unsendable("FUNDING_ALERT_X is not set"), of: log, token, at: Self.start)
            #expect(try await store.due(at: Self.start, notTo: [], limit: 10).isEmpty)
            let again = try await store.due(at: next, notTo: [], limit: 10)
            #expect(again.map(\.channel) == ["ops"] && again[0].attempts == 1)
            try await store.record(
                .delivered, on: .answered(status: 200, retryAfter: nil), of: again[0], token, at: next)
            let entries = try await store.deliveries(limit: 10).sorted { $0.channel < $1.channel }
            #expect(entries.map(\.status) == ["failed", "delivered"])
            #expect(entries.map(\.error) == ["FUNDING_ALERT_X is not set", nil])
            #expect(entries.map(\.responseCode) == [nil, 200] && entries.map(\.attempts) == [1, 2])
            // A late answer of a leader that was thought dead moves nothing.
            try await store.record(.failed, on: .unanswered("late"), of: again[0], token, at: next)
            #expect(try await store.deliveries(limit: 10).contains { $0.status == "delivered" })
        }
    }

    @Test func whoeverDoesNotLeadWritesNothing() async throws {
        try await withStore { store, token, pool in
            let stale = ScannerLease.Token(number: token.number - 1)
            var engine = AlertEngine(Self.settings, at: Self.start)
            let outcome = engine.evaluate([Self.reading(60)], at: Self.start)
            await #expect(throws: LeadershipLost.self) { try await store.record(outcome, stale, at: Self.start) }
            #expect(try await count("alert_events", pool) == 0)
            try await store.record(outcome, token, at: Self.start)
            let due = try await store.due(at: Self.start, notTo: [], limit: 10)
            await #expect(throws: LeadershipLost.self) {
                try await store.record(
                    .delivered, on: .answered(status: 200, retryAfter: nil), of: due[0], stale, at: Self.start)
            }
            await #expect(throws: LeadershipLost.self) { try await store.prune(before: Self.start, stale) }
        }
    }

    @Test func whatIsOldAndOverIsForgottenButNoEpisodeCountsAnew() async throws {
        try await withStore { store, token, pool in
            var engine = AlertEngine(Self.settings, at: Self.start)
            let other = AlertContract(exchange: "kraken", symbol: "X", baseAsset: "X")
            let inputs = [Self.reading(60), Self.reading(60, of: other)]
            try await store.record(engine.evaluate(inputs, at: Self.start), token, at: Self.start)
            try await store.record(engine.evaluate([Self.reading(10)], at: Self.start + 10), token, at: Self.start + 10)
            try await store.prune(before: Self.start + 5, token)
            #expect(try await count("alert_events", pool) == 3, "their message is not delivered yet")
            for delivery in try await store.due(at: Self.start, notTo: [], limit: 10) {
                try await store.record(.failed, on: .unanswered("x"), of: delivery, token, at: Self.start)
            }
            #expect(try await !store.prune(before: Self.start + 5, token, most: 1), "there may be more")
            #expect(try await count("alert_events", pool) == 2)
            #expect(try await store.prune(before: Self.start + 5, token))
            #expect(try await count("alert_events", pool) == 1, "the end is younger")
            #expect(try await count("alert_states", pool) == 2)
            try await store.prune(before: Self.start + 20, token)
            #expect(try await count("alert_events", pool) == 0)
            #expect(try await count("alert_deliveries", pool) == 0)
            #expect(try await store.open().map(\.subject) == [.contract(other)], "what still holds is kept")
        }
    }

    private func count(_ table: String, _ pool: PostgresPool) async throws -> Int {
        try await pool.query("SELECT count(*) AS count FROM \(identifier: table)")[0].decode("count")
    }

    private func withStore(
        _ body: (AlertStore, ScannerLease.Token, PostgresPool) async throws -> Void
    ) async throws {
        try await TemporaryDatabase.with { database in
            try await database.withPool(as: "funding_scanner") { pool in
                let lease = ScannerLease(try database.configuration(as: "funding_scanner"), holder: "test")
                let token = try #require(try await lease.take())
                do {
                    try await body(AlertStore(pool), token, pool)
                } catch {
                    await lease.close()
                    throw error
                }
                await lease.close()
            }
        }
    }
}
