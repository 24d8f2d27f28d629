import Foundation
import FundingCore
import PostgresDriver
import TestSupport
import Testing

@testable import FundingStore

/// What a stream says, stored beside what polls have stored.
@Suite(.needsPostgres)
struct StreamWriteTests {
    /// Nothing else tells readers that the age of a row begins anew, and each row has its own.
    @Test func aStreamsEventNamesConfirmedRowsWithTheirTimes() async throws {
        try await Bench.with { bench in
            try await bench.write(bench.sample.poll([bench.sample.snapshot(), bench.sample.snapshot("ETHUSDT")]))
            let confirmed = bench.sample.snapshot(at: 3)
            let moved = bench.sample.snapshot("ETHUSDT", rate: 0.0005, at: 7)
            let event = try await bench.write(bench.sample.stream([confirmed, moved], at: 7))
            #expect(event.changed.map(\.symbol) == ["BTCUSDT", "ETHUSDT"])
            #expect(event.changed.map(\.observedAt) == [confirmed.observedAt, moved.observedAt])
            #expect(try RatesEvent(wire: event.encoded()) == event)
        }
    }

    @Test func aStreamMovesItsOwnRowsAndNoOther() async throws {
        try await Bench.with { bench in
            let still = bench.sample.snapshot("ETHUSDT")
            try await bench.write(bench.sample.poll([bench.sample.snapshot(), still]))
            let moved = bench.sample.snapshot(rate: 0.0005, at: 7)
            let event = try await bench.write(bench.sample.stream([moved], at: 7))
            #expect(event.sequence == 2 && event.isPartial)
            var change = RateChange(of: moved)
            change.observedAt = moved.observedAt
            #expect(event.changed == [change])
            #expect(event.absent.isEmpty && event.removed.isEmpty)
            let rates = try await LiveRateStore(bench.pool).load().rates
            let times = Dictionary(uniqueKeysWithValues: rates.map { ($0.contract.symbol, $0.observedAt) })
            #expect(times == ["BTCUSDT": moved.observedAt, "ETHUSDT": still.observedAt])
        }
    }

    @Test func howAFeedFaresIsToldByItsPollsAlone() async throws {
        try await Bench.with { bench in
            try await bench.write(bench.sample.poll([bench.sample.snapshot(), bench.sample.snapshot("ETHUSDT")]))
            for second in 1...5 {
                let snapshot = bench.sample.snapshot(rate: Double(second) / 1e4, at: Double(second))
                try await bench.write(bench.sample.stream([snapshot], at: Double(second)))
            }
            let feed = try #require(try await LiveRateStore(bench.pool).load().feeds.first)
            #expect(feed.sequence == 6)
            #expect(feed.contracts == 2)
            #expect(feed.observedAt == bench.sample.start)
            #expect(try await bench.count("SELECT FROM collection_cycles") == 1)
            #expect(try await bench.count("SELECT FROM contract_metadata WHERE missed_polls > 0") == 0)
        }
    }

    @Test func aStreamWithALostLeaseStoresNothing() async throws {
        try await Bench.with { bench in
            try await bench.write(bench.sample.poll([bench.sample.snapshot()]))
            try await bench.pool.query("UPDATE exchange_health SET lease_token = lease_token + 1")
            await #expect(throws: LeaseLost.self) {
                try await bench.write(bench.sample.stream([bench.sample.snapshot(rate: 0.09)], at: 1))
            }
            #expect(try await bench.value("SELECT funding_rate FROM exchange_data", as: Double.self) == 0.0001)
        }
    }

    // MARK: - Paths

    @Test func aPathHasAtMostOnePointAMinute() async throws {
        try await Bench.with { bench in
            for second in [0.0, 20, 61, 119, 121] {
                var batch = bench.sample.stream([bench.sample.snapshot(rate: second / 1e6, at: second)], at: second)
                if second == 0 { batch.source = .poll }
                batch.path = ["BTCUSDT"]
                try await bench.write(batch)
            }
            let rows = try await bench.pool.query("SELECT funding_rate FROM streaming_data ORDER BY minute")
            // The sample starts 20 s into a minute, so that 0 and 20 share one, and so do 119 and 121.
            let rates: [Double] = try rows.map { try $0.decode("funding_rate") }
            #expect(rates == [0, 61 / 1e6, 119 / 1e6])
        }
    }

    @Test func onlyWhatIsNamedGoesOnThePath() async throws {
        try await Bench.with { bench in
            var batch = bench.sample.poll([bench.sample.snapshot(), bench.sample.snapshot("ETHUSDT")])
            batch.path = ["ETHUSDT"]
            try await bench.write(batch)
            let symbols = try await bench.pool.query(
                "SELECT m.symbol FROM streaming_data s JOIN contract_metadata m ON m.id = s.contract_id"
            )
            #expect(try symbols.map { try $0.decode("symbol") as String } == ["ETHUSDT"])
        }
    }

    @Test func oldPathsAreDroppedAndTomorrowIsThere() async throws {
        try await Bench.with { bench in
            let store = StreamStore(bench.pool)
            let day: TimeInterval = 86_400
            for age in 0...9 {
                try await store.maintainPaths(at: bench.sample.start.addingTimeInterval(Double(age) * day), keptDays: 7)
            }
            let tables = try await bench.pool.query(
                """
                SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                 WHERE i.inhparent = 'streaming_data'::regclass ORDER BY 1
                """
            )
            // The ninth day and the one after it, and seven before that one.
            #expect(tables.count == 8)
        }
    }

    // MARK: - Terms

    @Test func aChangeOfIntervalIsToldWithWhatItWas() async throws {
        try await Bench.with { bench in
            let first = try await bench.outcome(of: bench.sample.poll([bench.sample.snapshot(rateCap: 0.02)]))
            #expect(first.contracts?.changes.map(\.kinds) == [[.listed]])
            let same = try await bench.outcome(of: bench.sample.poll([bench.sample.snapshot(at: 30)], at: 30))
            #expect(same.contracts == nil, "a limit that is not told is no change")
            let hourly = bench.sample.snapshot(every: .hourly, rateCap: 0.02, at: 31)
            let changed = try await bench.outcome(of: bench.sample.stream([hourly], at: 31))
            let change = try #require(changed.contracts?.changes.first)
            #expect(change.kinds == [.interval])
            #expect(change.before?.interval == .eightHours && change.after.interval == .hourly)
            #expect(change.after.rateCap == 0.02)
            #expect(changed.contracts?.validFrom == hourly.observedAt)
            #expect(try await bench.count("SELECT FROM contract_terms") == 2)
        }
    }

    @Test func aDelistingAndAReturnAreTold() async throws {
        try await Bench.with { bench in
            let other = bench.sample.snapshot("ETHUSDT")
            try await bench.write(bench.sample.poll([bench.sample.snapshot(), other]))
            var retired: ContractsEvent?
            for minute in 1...12 {
                let outcome = try await bench.outcome(of: bench.sample.poll([other], at: Double(minute) * 60))
                retired = retired ?? outcome.contracts
            }
            #expect(retired?.changes.map(\.kinds) == [[.delisted]])
            #expect(retired?.changes.map(\.symbol) == ["BTCUSDT"])
            let back = try await bench.outcome(
                of: bench.sample.poll([bench.sample.snapshot(at: 900), other], at: 900)
            )
            #expect(back.contracts?.changes.map(\.kinds) == [[.relisted]])
        }
    }

    @Test func anEventOfTermsSurvivesTheWire() async throws {
        try await Bench.with { bench in
            let event = try #require(
                try await bench.outcome(of: bench.sample.poll([bench.sample.snapshot(rateCap: 0.02)])).contracts
            )
            #expect(try ContractsEvent(wire: event.encoded()) == event)
        }
    }

    // MARK: - Connections

    @Test func connectionsAreShownAndForgotten() async throws {
        try await Bench.with { bench in
            let store = StreamStore(bench.pool)
            func record(_ keys: [String]) async throws {
                try await store.record(
                    keys.map { Self.connection($0, at: bench.sample.start) }, of: bench.sample.feed,
                    exchange: bench.sample.exchange, instance: "here:1", clockSkew: 0.25, lease: bench.lease
                )
            }
            try await record(["linear.1", "linear.2"])
            try await record(["linear.2", "inverse"])
            let rows = try await bench.pool.query("SELECT connection FROM websocket_connections ORDER BY 1")
            #expect(try rows.map { try $0.decode("connection") as String } == ["inverse", "linear.2"])
            try await store.forget(bench.sample.feed, instance: "elsewhere:2")
            #expect(try await bench.count("SELECT FROM websocket_connections") == 2)
            try await store.forget(bench.sample.feed, instance: "here:1")
            #expect(try await bench.count("SELECT FROM websocket_connections") == 0)
        }
    }

    @Test func aSilentCollectorIsNotBelievedThatItsConnectionsAreOpen() async throws {
        try await Bench.with { bench in
            let store = StreamStore(bench.pool)
            var closed = Self.connection("closed", at: bench.sample.start)
            closed.isOpen = false
            let recent = Self.connection("open", at: bench.sample.start, data: Date())
            try await store.record(
                [closed, recent], of: bench.sample.feed, exchange: bench.sample.exchange, instance: "here:1",
                clockSkew: -0.25, lease: bench.lease
            )
            let told = try #require(try await store.summaries().first)
            #expect(told.exchange == bench.sample.exchange && told.open == 1 && told.total == 2)
            #expect(told.clockSkew == -0.25)
            #expect(try #require(told.dataAge) < 5)
            try await bench.pool.query(
                """
                UPDATE websocket_connections
                   SET updated_at = now() - interval '1 minute', last_data_at = now() - interval '1 minute'
                """)
            let silent = try await store.summaries()
            #expect(silent.map(\.open) == [0] && silent.map(\.total) == [2])
            #expect(try #require(silent.first?.dataAge) >= 60)
        }
    }

    private static func connection(_ key: String, at time: Date, data: Date? = nil) -> StreamStore.Connection {
        StreamStore.Connection(
            key: key, isOpen: true, contracts: 3, openedAt: time, openings: 1, lastMessageAt: time, lastDataAt: data,
            messages: 10, updates: 20, bytes: 3000, unreadable: 0, refusals: 0, lastEndKind: nil, lastEnd: nil,
            lastEndAt: nil, reopensAt: nil
        )
    }
}

extension SampleFeed {
    /// What a stream said until `seconds` after the start.
    fileprivate func stream(_ snapshots: [FundingSnapshot], at seconds: TimeInterval) -> SnapshotBatch {
        var batch = poll(snapshots, isComplete: false, at: seconds)
        batch.source = .stream
        return batch
    }
}
