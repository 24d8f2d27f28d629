import Foundation
import FundingCore
import FundingStore
import PostgresDriver
import TestSupport
import Testing

@testable import FundingControl

/// What `fundingctl status` finds wrong, and how it says so.
struct SuiteFactsTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)

    private static func heartbeat(_ service: String, ago: TimeInterval = 1) -> HeartbeatStore.Heartbeat {
        HeartbeatStore.Heartbeat(
            service: service, instance: "host:1", version: "1", startedAt: now.addingTimeInterval(-11_520),
            beatAt: now.addingTimeInterval(-ago))
    }

    private static func feed(
        _ feed: FeedID, status: FeedState.Status = .ok, ago: TimeInterval? = 12, failures: Int = 0, error: String? = nil
    ) -> FeedState {
        FeedState(
            feed: feed, exchange: ExchangeID(rawValue: feed.rawValue), exchangeName: feed.rawValue, kind: "cex",
            sequence: 1, pollPeriod: 30, status: status, lastSuccessAt: ago.map { now.addingTimeInterval(-$0) },
            observedAt: nil, consecutiveFailures: failures, errorKind: error, contracts: 20, rejects: 0, duration: 1)
    }

    private static func facts(_ change: (inout SuiteFacts) -> Void = { _ in }) -> SuiteFacts {
        var facts = SuiteFacts(
            now: now, heartbeats: SuiteFacts.services.map { heartbeat($0) }, feeds: [feed("bybit"), feed("deribit")],
            switches: FeedSwitches(),
            streams: [.init(exchange: "bybit", total: 4, open: 3, dataAge: 1, clockSkew: nil)],
            backfill: .init(
                id: 7, requestedBy: BackfillDesk.sweeper, status: .done, startedAt: now,
                finishedAt: now.addingTimeInterval(-300), isCancelling: false, account: nil, parts: []),
            pairs: ArbitrageProgress(
                generation: 1, computedAt: now.addingTimeInterval(-2),
                summary: ArbitrageSummary(
                    contracts: 40, pairs: 9, ranked: 8, maximumAPRSpread: 1, significant: 0)))
        change(&facts)
        return facts
    }

    @Test func nothingIsWrongWhereAllRuns() {
        #expect(Self.facts().troubles == [])
        let lines = Self.facts().table.split(separator: "\n").map(String.init)
        #expect(lines.contains("  collector   host:1  1  up 3 h 12 min  alive"))
        #expect(lines.contains("  bybit    ok      20         0        12 s ago  3 of 4"))
        #expect(lines.contains("  deribit  ok      20         0        12 s ago  none"))
        #expect(lines.contains("  9 pairs, 8 ranked, written 2 s ago"))
        #expect(!lines.contains("wrong"))
    }

    /// What goes wrong, and what is said of it.
    struct Mishap: Sendable, CustomTestStringConvertible {
        var trouble: String
        var happen: @Sendable (inout SuiteFacts) -> Void

        var testDescription: String { trouble }

        init(_ trouble: String, happen: @escaping @Sendable (inout SuiteFacts) -> Void) {
            self.trouble = trouble
            self.happen = happen
        }
    }

    @Test(arguments: [
        Mishap("no scanner is alive; the last was heard 4 min ago") {
            $0.heartbeats[2].beatAt = now.addingTimeInterval(-240)
        },
        Mishap("no collector is alive; none ever was") { $0.heartbeats.removeFirst() },
        Mishap("bybit is stale, failing (timeout): last good poll 100 s ago, 8 failures in a row") {
            $0.feeds[0] = feed("bybit", status: .failing, ago: 100, failures: 8, error: "timeout")
        },
        Mishap("bybit is degraded: last good poll 12 s ago") { $0.feeds[0] = feed("bybit", status: .degraded) },
        Mishap("deribit has never been polled") { $0.feeds[1] = feed("deribit", status: .waiting, ago: nil) },
        Mishap("bybit has none of its 4 streams open; it is polled meanwhile") { $0.streams[0].open = 0 },
        Mishap("history has never been filled") { $0.backfill = nil },
        Mishap("the last backfill is partial: bybit: 3 contracts") {
            $0.backfill?.status = .partial
            $0.backfill?.account = "bybit: 3 contracts"
        },
        Mishap("pairs were last written 5 min ago") { $0.pairs.computedAt = now.addingTimeInterval(-301) },
        Mishap("pairs have never been written") { $0.pairs.computedAt = nil },
    ])
    func eachTroubleIsTold(mishap: Mishap) {
        let facts = Self.facts(mishap.happen)
        #expect(facts.troubles == [mishap.trouble])
        #expect(facts.table.hasSuffix("wrong\n  \(mishap.trouble)"))
    }

    @Test func oneOfTwoScannersIsEnough() {
        let facts = Self.facts { $0.heartbeats.append(Self.heartbeat("scanner", ago: 500)) }
        #expect(facts.troubles == [])
        #expect(facts.table.contains("silent for 8 min"))
    }

    @Test(arguments: ["bybit", "deribit"])
    func whatIsSwitchedOffIsNobodysTrouble(feed: String) {
        let facts = Self.facts {
            $0.feeds = [Self.feed("bybit", ago: 99_999), Self.feed("deribit", ago: 99_999)]
            $0.streams[0].open = 0
            $0.switches = Self.off("bybit", "deribit")
        }
        #expect(facts.troubles == [])
        #expect(!facts.table.contains(feed))
    }

    @Test func whatIsPolledThoughItIsSwitchedOffIsLookedAfter() {
        let facts = Self.facts {
            $0.feeds[0] = Self.feed("bybit", status: .degraded)
            $0.switches = Self.off("bybit")
        }
        #expect(facts.troubles == ["bybit is degraded: last good poll 12 s ago"])
    }

    private static func off(_ names: String...) -> FeedSwitches {
        var settings = ExchangeSettings()
        for name in names { settings.enabled[name] = false }
        return FeedSwitches(settings)
    }

    @Test(arguments: [
        (0.0, "0 s"), (-3, "0 s"), (119.9, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h 0 min"),
        (172_799, "47 h 59 min"), (172_800, "2 d 0 h"), (190_000, "2 d 4 h"),
    ])
    func agesAreSaidAsPeopleSayThem(seconds: Double, text: String) {
        #expect(AgeText.text(seconds) == text)
    }
}

/// `fundingctl status` against a real database.
@Suite(.enabled(if: TemporaryDatabase.isAvailable, "FUNDING_TEST_DATABASE_URL is not set"))
struct StatusTests {
    @Test func anEmptyDatabaseIsTroubleAndALivingSuiteIsNone() async throws {
        try await TemporaryDatabase.with { database in
            // As the operator's role, which reads everything that it tells of.
            let environment = ["DATABASE_URL": database.url(as: "funding_admin")]
            let tool = try CommandLineTool("fundingctl")
            let empty = try await tool.run(["status"], environment: environment)
            #expect(empty.status == 1)
            #expect(empty.output.contains("no collector is alive; none ever was"))
            #expect(empty.errors.contains("5 things are wrong"))

            try await database.withPool { pool in
                for service in ["collector", "backfiller", "scanner"] {
                    try await HeartbeatStore(pool).beat(
                        service: service, instance: "here:1", version: "1", startedAt: Date())
                }
                try await FeedHealthStore(pool).register(
                    "bybit", exchange: "bybit", name: "ByBit", kind: "cex", pollPeriod: 30)
                try await pool.query("UPDATE exchange_health SET status = 'ok', last_success_at = now()")
                try await pool.query("UPDATE arbitrage_state SET computed_at = now()")
                try await pool.query(
                    """
                    INSERT INTO backfill_jobs (requested_by, days, gaps_only, status, finished_at)
                    VALUES ('hourly', 30, false, 'done', now())
                    """)
            }
            let living = try await tool.run(["status", "--json"], environment: environment)
            #expect(living.status == 0 && living.errors.isEmpty)
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(living.output.utf8)) as? [String: Any])
            #expect(object["troubles"] as? [String] == [])
            #expect((object["services"] as? [[String: Any]])?.count == 3)
            #expect((object["feeds"] as? [[String: Any]])?.first?["feed"] as? String == "bybit")
            #expect((object["backfill"] as? [String: Any])?["status"] as? String == "done")
        }
    }
}
