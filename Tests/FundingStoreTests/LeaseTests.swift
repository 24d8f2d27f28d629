import FundingCore
import FundingStore
import PostgresDriver
import TestSupport
import Testing

@Suite(.needsPostgres)
struct LeaseTests {
    @Test func ofTwoHoldersOneGetsTheFeed() async throws {
        try await withHolders { first, second, _ in
            let winner = try await first.take("bybit")
            let loser = try await second.take("bybit")
            #expect(winner != nil && loser == nil)
            #expect(await second.leases.isEmpty)
        }
    }

    @Test func aFeedThatIsGivenBackIsFreeAtOnceAndTheTokenGrows() async throws {
        try await withHolders { first, second, _ in
            let old = try #require(try await first.take("bybit"))
            try await first.giveBack("bybit")
            let new = try #require(try await second.take("bybit"))
            #expect(new.token > old.token)
            #expect(try await first.take("bybit") == nil)
        }
    }

    @Test func takingWhatOneHoldsChangesNothing() async throws {
        try await withHolders { first, second, _ in
            let lease = try await first.take("bybit")
            #expect(try await first.take("bybit") == lease)
            try await first.giveBack("bybit")
            #expect(try await second.take("bybit") != nil)
        }
    }

    @Test func theEndOfASessionFreesItsFeeds() async throws {
        try await withHolders { first, second, pool in
            let old = try #require(try await first.take("bybit"))
            try await pool.query(
                """
                SELECT pg_terminate_backend(pid) FROM pg_locks
                 WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                """
            )
            try await eventually { try await second.take("bybit") != nil }
            let new = try #require(await second.leases["bybit"])
            #expect(new.token > old.token)
            await #expect(throws: PostgresError.self) { _ = try await first.confirm() }
            #expect(await first.leases.isEmpty)
            #expect(try await first.take("bybit") == nil)
        }
    }

    @Test func aCollectorCountsFromItsFirstWordToItsEnd() async throws {
        try await withHolders { first, second, _ in
            #expect(try await first.confirm() == 1)
            #expect(try await second.confirm() == 2)
            #expect(try await first.confirm() == 2)
            await second.close()
            try await eventually { try await first.confirm() == 1 }
        }
    }

    @Test func leasesTakenAtTheSameTimeAreAllKept() async throws {
        try await withHolders { first, _, pool in
            let feeds = (0..<8).map { FeedID(rawValue: "feed-\($0)") }
            for feed in feeds {
                try await FeedHealthStore(pool).register(feed, exchange: "x", name: "X", kind: "cex", pollPeriod: 30)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for feed in feeds { group.addTask { _ = try await first.take(feed) } }
                try await group.waitForAll()
            }
            #expect(await Set(first.leases.keys) == Set(feeds))
            let locks = try await pool.query(
                """
                SELECT FROM pg_locks
                 WHERE locktype = 'advisory' AND mode = 'ExclusiveLock'
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                """
            )
            #expect(locks.count == feeds.count)
        }
    }

    @Test func aFeedWithoutARowIsAnErrorAndStaysFree() async throws {
        try await withHolders { first, second, pool in
            await expectFailure("unknown") { _ = try await first.take("unknown") }
            try await FeedHealthStore(pool).register("unknown", exchange: "x", name: "X", kind: "cex", pollPeriod: 30)
            try await eventually { try await second.take("unknown") != nil }
        }
    }

    private func withHolders(_ body: (FeedLeases, FeedLeases, PostgresPool) async throws -> Void) async throws {
        try await TemporaryDatabase.with { database in
            try await database.withPool { pool in
                try await FeedHealthStore(pool).register(
                    "bybit", exchange: "bybit", name: "ByBit", kind: "cex", pollPeriod: 30)
                let configuration = try database.configuration(as: "funding_collector")
                let first = FeedLeases(configuration, holder: "first")
                let second = FeedLeases(configuration, holder: "second")
                try await body(first, second, pool)
                await first.close()
                await second.close()
            }
        }
    }
}
