import CurlDriver
import Foundation
import FundingCore
import FundingExchanges
import FundingStore
import PostgresDriver

/// Bytes of an exchange to committed rows, and the write alone against psql doing the same statements.
struct StoreBench {
    private let postgres: PostgresConfiguration
    private let url: String
    private let rounds: Int

    init(_ postgres: PostgresConfiguration, url: String, rounds: Int) {
        self.postgres = postgres
        self.url = url
        self.rounds = rounds
    }

    /// 600 Binance contracts from the bytes of three answers to committed rows, against psql committing the same rows.
    func polls() async throws -> [BenchRow] {
        let bodies = BinanceBodies(contracts: 600)
        let feed = try await Feed(postgres, Exchanges.feeds(named: "binance-usdm")[0].profile)
        let psql = try await Psql(url)
        let clock = MovingClock()
        let poller = ExchangePoller(Exchanges.feeds(named: "binance-usdm")[0], now: clock.now) {
            (request: HTTPRequest) async throws(HTTPFetchError) -> HTTPResponse in
            bodies.answer(to: request, clock.round)
        }
        var whole = Timings()
        var parse = Timings()
        var plain = Timings()
        for _ in 0..<rounds {
            clock.advance()
            var batch: SnapshotBatch?
            try await whole.time {
                let poll = try await parse.time { try await poller.poll() }
                precondition(poll.snapshots.count == 600 && poll.rejects.isEmpty, "the bench's own bodies must parse")
                let read = feed.batch(poll.snapshots)
                try await feed.write(read)
                batch = read
            }
            if let batch { try await feed.repeatByPsql(batch, psql, &plain) }
        }
        await feed.close()
        psql.close()
        return [
            BenchRow(
                name: "poll_600_contracts",
                figures: [
                    ("bytes_to_committed_ms", whole.median), ("of_which_parse_ms", parse.median),
                    ("psql_same_rows_ms", plain.median), ("ratio_to_psql", whole.ratio(to: plain)),
                ]
            )
        ]
    }

    /// 3,474 rows, all of them changed, in one write.
    func upserts() async throws -> [BenchRow] {
        let profile = Exchanges.feeds(named: "bybit")[0].profile
        let feed = try await Feed(postgres, profile)
        let psql = try await Psql(url)
        let clock = MovingClock()
        var ours = Timings()
        var plain = Timings()
        for _ in 0..<rounds {
            clock.advance()
            let batch = feed.batch(Universe.snapshots(3474, profile, round: clock.round, at: clock.now()))
            _ = try await ours.time { try await feed.write(batch) }
            try await feed.repeatByPsql(batch, psql, &plain)
        }
        await feed.close()
        psql.close()
        return [
            BenchRow(
                name: "upsert_3474_rows",
                figures: [
                    ("ours_ms", ours.median), ("psql_ms", plain.median), ("ratio_to_psql", ours.ratio(to: plain)),
                ]
            )
        ]
    }
}

/// One feed with its lease, ready to be written to.
final class Feed {
    private let profile: ExchangeProfile
    private let pool: PostgresPool
    private let store: SnapshotStore
    private let leases: FeedLeases
    private let lease: FeedLeases.Lease
    private var sequence = 0

    init(_ postgres: PostgresConfiguration, _ profile: ExchangeProfile) async throws {
        self.profile = profile
        pool = PostgresPool(postgres, size: 2) { try await SnapshotStore.prepare($0) }
        store = SnapshotStore(pool)
        try await StreamStore(pool).maintainPaths(at: Date(), keptDays: 7)
        leases = FeedLeases(postgres, holder: "bench")
        try await FeedHealthStore(pool).register(
            profile.feed, exchange: profile.exchange, name: profile.name, kind: profile.kind.rawValue,
            rateKind: profile.rateKind, pollPeriod: 30
        )
        guard let lease = try await leases.take(profile.feed) else { fatalError("the bench's database is in use") }
        self.lease = lease
    }

    func batch(_ snapshots: [FundingSnapshot]) -> SnapshotBatch {
        SnapshotBatch(
            feed: profile.feed, exchange: profile.exchange, exchangeName: profile.name, batchID: "bench",
            snapshots: snapshots, rejects: [], excluded: 0, isComplete: true, partError: nil, startedAt: Date(),
            duration: 0, observedAt: snapshots[0].observedAt
        )
    }

    @discardableResult
    func write(_ batch: SnapshotBatch) async throws -> RatesEvent {
        let event = try await store.write(batch, lease: lease, published: sequence).rates
        sequence = event.sequence
        return event
    }

    /// psql does the same statements with the same values, each value changed back and forth so that every row differs.
    func repeatByPsql(_ batch: SnapshotBatch, _ psql: Psql, _ timings: inout Timings) async throws {
        let script = PsqlScript(batch, sequence: sequence)
        try await timings.time { try psql.run(script) }
    }

    func close() async {
        await leases.close()
        await pool.close()
    }
}

/// A wall clock that moves one poll a round.
private final class MovingClock: @unchecked Sendable {
    // Invariant: advanced between rounds only, while nothing else runs.
    private(set) var round = 0
    private let start = Date()

    func advance() { round += 1 }

    var now: @Sendable () -> Date { { [self] in start.addingTimeInterval(Double(round) * 30) } }
}
