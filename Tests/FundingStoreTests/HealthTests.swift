import Foundation
import FundingCore
import FundingStore
import PostgresDriver
import TestSupport
import Testing

@Suite(.needsPostgres)
struct HealthTests {
    @Test func aHeartbeatIsOneRowAProcess() async throws {
        try await TemporaryDatabase.with { database in
            try await database.withPool(as: "funding_collector") { pool in
                let store = HeartbeatStore(pool)
                let start = Date(timeIntervalSince1970: 1_790_000_000)
                func beat(_ instance: String, startedAt: Date = start) async throws {
                    try await store.beat(service: "collector", instance: instance, version: "1", startedAt: startedAt)
                }
                let none = try await store.lastBeat(of: "collector")
                #expect(none == nil)
                try await beat("a:1")
                try await beat("b:1")
                try await pool.query(
                    "UPDATE service_heartbeats SET beat_at = now() - interval '2 days' WHERE instance = 'b:1'")
                // In a container, a restarted process has its predecessor's name.
                try await beat("a:1", startedAt: start.addingTimeInterval(60))
                let rows = try await pool.query("SELECT started_at FROM service_heartbeats WHERE service = 'collector'")
                #expect(try rows.map { try $0.decode(0, as: Date.self) } == [start.addingTimeInterval(60)])
                let lastBeat = try #require(try await store.lastBeat(of: "collector"))
                #expect(lastBeat.timeIntervalSinceNow > -60)
                try await store.remove(service: "collector", instance: "a:1")
                let after = try await store.lastBeat(of: "collector")
                #expect(after == nil)
            }
        }
    }

    @Test func aFailureIsTheFeedsStateAndACycleAndLeavesTheRatesAlone() async throws {
        try await Bench.with { bench in
            try await bench.write(bench.sample.poll([bench.sample.snapshot()]))
            let before = try await LiveRateStore(bench.pool).load()
            let store = FeedHealthStore(bench.pool)
            for _ in 1...2 { try await store.record(failure(of: bench), lease: bench.lease) }
            let after = try await LiveRateStore(bench.pool).load()
            #expect(after.rates == before.rates)
            #expect(after.feeds[0].status == .rateLimited && after.feeds[0].consecutiveFailures == 2)
            #expect(after.feeds[0].errorKind == "rate_limited" && after.feeds[0].sequence == 1)
            #expect(after.feeds[0].observedAt == before.feeds[0].observedAt)
            #expect(try await bench.count("SELECT FROM collection_cycles WHERE outcome = 'error'") == 2)
            let event = try await bench.write(bench.sample.poll([bench.sample.snapshot(at: 60)], at: 60))
            #expect(event.sequence == 2)
            let healed = try await LiveRateStore(bench.pool).feeds()[0]
            #expect(healed.status == .ok && healed.consecutiveFailures == 0 && healed.errorKind == nil)
        }
    }

    @Test func aFailureOfAFormerHolderIsRefused() async throws {
        try await Bench.with { bench in
            var old = bench.lease
            old.token -= 1
            await #expect(throws: LeaseLost.self) {
                try await FeedHealthStore(bench.pool).record(failure(of: bench), lease: old)
            }
            let cycles = try await bench.count("SELECT FROM collection_cycles")
            #expect(cycles == 0)
        }
    }

    @Test func registeringAgainKeepsTheFeedsHistory() async throws {
        try await Bench.with { bench in
            try await bench.write(bench.sample.poll([bench.sample.snapshot()]))
            try await FeedHealthStore(bench.pool).register(
                bench.sample.feed, exchange: "bybit", name: "Bybit", kind: "cex", rateKind: .fixed, pollPeriod: 15)
            let feed = try await LiveRateStore(bench.pool).feeds()[0]
            #expect(feed.exchangeName == "Bybit" && feed.pollPeriod == 15 && feed.sequence == 1)
            #expect(feed.rateKind == .fixed)
        }
    }

    @Test func pruningForgetsWhatIsOld() async throws {
        try await Bench.with { bench in
            let reject = SnapshotBatch.Reject(symbol: "X", reason: "r")
            let old = SampleFeed(start: Date.now.addingTimeInterval(-8 * 86_400))
            let new = SampleFeed(start: Date.now.addingTimeInterval(-6 * 86_400))
            try await bench.write(old.poll([old.snapshot()], rejects: [reject]))
            try await bench.write(new.poll([new.snapshot()], rejects: [.init(symbol: "Y", reason: "r")]))
            try await FeedHealthStore(bench.pool).prune(olderThan: 7)
            #expect(try await bench.count("SELECT FROM collection_cycles") == 1)
            #expect(try await bench.value("SELECT symbol FROM collection_rejects", as: String.self) == "Y")
        }
    }

    private func failure(of bench: Bench) -> FeedHealthStore.Failure {
        FeedHealthStore.Failure(
            feed: bench.sample.feed, batchID: "b", status: .rateLimited, outcome: "error", errorKind: "rate_limited",
            detail: "429", retryAt: bench.sample.start, startedAt: bench.sample.start, duration: 0.1)
    }
}
