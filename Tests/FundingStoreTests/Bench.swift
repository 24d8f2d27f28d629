import FundingCore
import FundingStore
import PostgresDriver
import TestSupport

/// A database with one registered feed whose lease is held: what most tests of the store start from.
struct Bench: Sendable {
    let database: TemporaryDatabase
    let pool: PostgresPool
    let store: SnapshotStore
    let sample: SampleFeed
    let lease: FeedLeases.Lease

    static func with(_ sample: SampleFeed = SampleFeed(), _ body: (Bench) async throws -> Void) async throws {
        try await TemporaryDatabase.with { database in
            try await database.withPool(
                as: "funding_collector", onConnect: { try await SnapshotStore.prepare($0) }
            ) { pool in
                try await StreamStore(pool).maintainPaths(at: sample.start, keptDays: 7)
                let leases = FeedLeases(try database.configuration(as: "funding_collector"), holder: "test")
                let lease = try await leases.register(sample, pool)
                let bench = Bench(
                    database: database, pool: pool, store: SnapshotStore(pool), sample: sample, lease: lease)
                do {
                    try await body(bench)
                } catch {
                    await leases.close()
                    throw error
                }
                await leases.close()
            }
        }
    }

    @discardableResult
    func write(_ batch: SnapshotBatch, published: Int = 0) async throws -> RatesEvent {
        try await outcome(of: batch, published: published).rates
    }

    /// The same with the event of changed terms.
    func outcome(of batch: SnapshotBatch, published: Int = 0) async throws -> SnapshotStore.Outcome {
        try await store.write(batch, lease: lease, published: published)
    }

    /// The first value of the first row.
    func value<T: PostgresDecodable>(_ query: PostgresQuery, as type: T.Type = T.self) async throws -> T {
        try await pool.query(query)[0].decode(0)
    }

    func count(_ query: PostgresQuery) async throws -> Int { try await pool.query(query).count }
}

extension FeedLeases {
    /// Makes the feed's row and takes its lease.
    func register(_ sample: SampleFeed, _ pool: PostgresPool) async throws -> Lease {
        try await FeedHealthStore(pool).register(
            sample.feed, exchange: sample.exchange, name: sample.exchangeName, kind: "cex", pollPeriod: 30
        )
        guard let lease = try await take(sample.feed) else {
            throw TestSupportError("the lease on \(sample.feed) is taken")
        }
        return lease
    }
}
