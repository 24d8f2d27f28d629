import Foundation
import FundingCore
import FundingStore
import PostgresDriver
import TestSupport
import Testing

@Suite(.needsPostgres)
struct BackfillJobTests {
    @Test func aJobIsTakenUpByOneOfTwoWorkers() async throws {
        try await withWorkers { jobs, first, second, bench in
            #expect(try await jobs.claim(worker: "a", locks: first) == nil)
            let id = try await request(bench, "'someone', 30, '{bybit}', '{BTCUSDT}', true")
            async let one = jobs.claim(worker: "a", locks: first)
            async let other = jobs.claim(worker: "b", locks: second)
            let claimed = [try await one, try await other].compactMap { $0 }
            #expect(claimed.count == 1)
            let job = try #require(claimed.first)
            #expect(job.id == id && job.attempt == 1)
            #expect(
                job.request
                    == BackfillRequest(
                        requestedBy: "someone", days: 30, exchanges: ["bybit"], symbols: ["BTCUSDT"], gapsOnly: true))
            for locks in [first, second] { #expect(try await jobs.claim(worker: "c", locks: locks) == nil) }
            #expect(try await status(of: id, bench) == "running")
        }
    }

    @Test func jobsAreTakenUpInTheOrderTheyWereAskedFor() async throws {
        try await withWorkers { jobs, first, second, bench in
            let ids = [
                try await request(bench, "'x', 1"),
                try await request(bench, "'x', 2, NULL, NULL, false, '2026-10-01Z', '2026-10-02Z'"),
            ]
            let older = try #require(try await jobs.claim(worker: "a", locks: first))
            let newer = try #require(try await jobs.claim(worker: "b", locks: second))
            #expect([older.id, newer.id] == ids)
            #expect(newer.request.window?.upperBound == Date(timeIntervalSince1970: 1_790_899_200))
            try await jobs.finish(older, .partial, account: "3 missing: kraken does not answer", locks: first)
            #expect(try await status(of: older.id, bench) == "partial")
            #expect(try await jobs.claim(worker: "a", locks: first) == nil)
        }
    }

    /// The hourly sweep must not drop what somebody asked for.
    @Test func theOldestDayAskedForIsKnownForAsLongAsItsJob() async throws {
        try await withWorkers { jobs, first, _, bench in
            #expect(try await jobs.oldestAsked(openFor: 30) == nil)
            _ = try await jobs.begin(
                BackfillRequest(requestedBy: BackfillDesk.sweeper, days: 60), worker: "a", locks: first)
            #expect(try await jobs.oldestAsked(openFor: 30) == nil)
            let asked = Date()
            let long = try await request(bench, "'x', 90")
            let oldest = try #require(try await jobs.oldestAsked(openFor: 30))
            #expect(abs(oldest.timeIntervalSince(asked) + 90 * 86_400) < 60)
            _ = try await request(bench, "'x', 2, NULL, NULL, false, '2026-03-01Z', '2026-03-02Z'")
            #expect(try await jobs.oldestAsked(openFor: 30) == Timestamp.parse("2026-03-01T00:00:00Z"))
            try await bench.owner.query(
                "UPDATE backfill_jobs SET status = 'done', finished_at = now() - interval '31 days' WHERE id <> \(long)"
            )
            try await jobs.prune(olderThan: 30)
            // Days are counted back from when they were asked for.
            try await bench.owner.query("UPDATE backfill_jobs SET requested_at = requested_at - interval '20 days'")
            #expect(try await jobs.oldestAsked(openFor: 30) == oldest.addingTimeInterval(-20 * 86_400))
            // A job that nobody works on holds nothing for ever.
            #expect(try await jobs.oldestAsked(openFor: 10) == nil)
        }
    }

    @Test func theJobOfADeadWorkerIsTakenUpAgain() async throws {
        try await withWorkers { jobs, first, second, bench in
            let id = try await request(bench, "'x', 1")
            let lost = try #require(try await jobs.claim(worker: "a", locks: first))
            await first.close()
            try await eventually { try await jobs.claim(worker: "b", locks: second) != nil }
            // The dead one was only slow: it ends nothing that is not its own any more.
            try await jobs.finish(lost, .done, account: "", locks: first)
            #expect(try await status(of: id, bench) == "running")
            let row = try await bench.owner.query("SELECT worker, attempts FROM backfill_jobs")[0]
            #expect(try row.decode("worker") == "b")
            #expect(try row.decode("attempts") == 2)
        }
    }

    @Test func aJobIsCancelledWhetherItWaitsRunsOrWasLeft() async throws {
        try await withWorkers { jobs, first, second, bench in
            let waiting = try await request(bench, "'x', 1")
            #expect(try await cancel(waiting, bench) == "cancelled")
            #expect(try await jobs.claim(worker: "a", locks: first) == nil)

            let running = try await request(bench, "'x', 1")
            let job = try #require(try await jobs.claim(worker: "a", locks: first))
            #expect(try await !jobs.isCancelled(job))
            #expect(try await cancel(running, bench) == "running")
            #expect(try await jobs.isCancelled(job))
            try await jobs.finish(job, .cancelled, account: "half done", locks: first)
            #expect(try await cancel(running, bench) == "cancelled")

            let left = try await request(bench, "'x', 1")
            _ = try #require(try await jobs.claim(worker: "a", locks: first))
            #expect(try await cancel(left, bench) == "running")
            await first.close()
            try await eventually {
                let claimed = try await jobs.claim(worker: "b", locks: second)
                #expect(claimed == nil)
                return try await status(of: left, bench) == "cancelled"
            }
            #expect(try await cancel(999, bench) == nil)
        }
    }

    @Test func aJobThatIsReleasedWaitsForTheNext() async throws {
        try await withWorkers { jobs, first, second, bench in
            let own = try await jobs.begin(
                BackfillRequest(requestedBy: "command line", days: 365, exchanges: ["bybit"]), worker: "a", locks: first
            )
            #expect(own.request.days == 365 && own.request.symbols == nil)
            #expect(try await jobs.claim(worker: "b", locks: second) == nil)
            try await jobs.release(own, locks: first)
            #expect(try await status(of: own.id, bench) == "queued")
            #expect(try await jobs.claim(worker: "b", locks: second)?.attempt == 2)
        }
    }

    @Test func progressIsToldAFeed() async throws {
        try await withWorkers { jobs, first, _, _ in
            let job = try await jobs.begin(BackfillRequest(requestedBy: "x", days: 1), worker: "a", locks: first)
            var bybit = BackfillProgress(feed: "bybit", symbolsTotal: 600)
            let kraken = BackfillProgress(
                feed: "kraken", symbolsTotal: 9, symbolsDone: 2, requests: 3, rowsInserted: 4, rowsUpdated: 5,
                missing: 6, error: "no answer", eta: HistoryBench.start)
            try await jobs.record([kraken, bybit], of: job)
            bybit.symbolsDone = 10
            try await jobs.record([bybit], of: job)
            #expect(try await jobs.progress(of: job.id) == [bybit, kraken])
        }
    }

    @Test(arguments: [
        ("'x', 0", "1 to 90 days"), ("'x', 91", "1 to 90 days"), ("'x', NULL", "1 to 90 days"),
        ("'', 5", "who asks"), ("'x', 5, '{nowhere}'", "the exchange nowhere has no contracts"),
        ("'x', 5, NULL, NULL, true, '2026-10-02Z', '2026-10-01Z'", "expected a window"),
        ("'x', 5, NULL, NULL, true, '2026-10-02Z'", "expected a window"),
    ])
    func nonsenseIsNotQueued(arguments: String, fault: String) async throws {
        try await withWorkers { _, _, _, bench in
            await expectFailure(fault) { _ = try await request(bench, arguments) }
        }
    }

    @Test func anExchangeIsFilledByOneProcess() async throws {
        try await withWorkers { _, first, second, bench in
            #expect(try await first.take("bybit"))
            #expect(try await !first.take("bybit"))
            #expect(try await !second.take("bybit"))
            #expect(try await second.take("kraken"))
            try await first.giveBack("bybit")
            #expect(try await second.take("bybit"))
            #expect(await second.exchanges == ["bybit", "kraken"])
            try await second.confirm()
            try await bench.owner.query(
                """
                SELECT pg_terminate_backend(pid) FROM pg_locks
                 WHERE locktype = 'advisory' AND objsubid = 2
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                """
            )
            try await eventually { try await first.take("bybit") }
            await #expect(throws: PostgresError.self) { try await second.confirm() }
            #expect(await second.exchanges.isEmpty)
            #expect(try await second.take("kraken"))
        }
    }

    // MARK: - As the API

    private func request(_ bench: HistoryBench, _ arguments: String) async throws -> Int {
        try await asAPI(bench, "SELECT request_backfill(\(arguments)) AS result")[0].decode("result")
    }

    private func cancel(_ id: Int, _ bench: HistoryBench) async throws -> String? {
        try await asAPI(bench, "SELECT cancel_backfill(\(id), 'someone') AS result")[0].decode("result")
    }

    private func asAPI(_ bench: HistoryBench, _ sql: String) async throws -> PostgresRows {
        let connection = try await PostgresConnection.connect(bench.database.configuration(as: "funding_api"))
        do {
            let rows = try await connection.query(PostgresQuery(trusted: sql))
            await connection.close()
            return rows
        } catch {
            await connection.close()
            throw error
        }
    }

    private func status(of id: Int, _ bench: HistoryBench) async throws -> String {
        try await bench.owner.query("SELECT status FROM backfill_jobs WHERE id = \(id)")[0].decode("status")
    }

    private func withWorkers(
        _ body: (BackfillJobStore, BackfillLocks, BackfillLocks, HistoryBench) async throws -> Void
    ) async throws {
        try await HistoryBench.with { bench in
            let configuration = try bench.database.configuration(as: "funding_backfiller")
            let (first, second) = (BackfillLocks(configuration), BackfillLocks(configuration))
            do {
                try await body(BackfillJobStore(bench.pool), first, second, bench)
            } catch {
                await first.close()
                await second.close()
                throw error
            }
            await first.close()
            await second.close()
        }
    }
}
