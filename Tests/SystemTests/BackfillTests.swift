import Foundation
import FundingCore
import PostgresDriver
import Testing

extension LoopbackTests {
    /// Settled history on the simulated exchanges.
    struct BackfillTests {
        @Test func thirtyDaysAreWholeAndAreWhatTheExchangesSay() async throws {
            try await Suite.run { suite in
                try await suite.listContracts()
                var symbols = try await suite.symbols(4)
                // Its budget lets a page through every three seconds.
                symbols["hyperliquid"]?.removeLast(3)
                // A contract that paid every eight hours, then every four, then every hour.
                let changed = try await suite.changeIntervalsOfAContract()
                symbols["bybit", default: []].append(changed)
                let window = HistoryWindow(days: 30)
                let all = symbols.values.flatMap { $0 }.sorted()
                let arguments = window.arguments(all)
                #expect(try await suite.backfill("first", arguments) == .status(0))
                #expect(try await suite.latestJob().status == "done")

                for (feed, symbols) in symbols {
                    let told = try await suite.paymentsAsTold(of: feed, symbols, from: window.from, to: window.to)
                    // Other feeds' contracts may have the same symbols.
                    let kept = try await suite.payments(of: feed).filter { symbols.contains($0.symbol) }
                    #expect(Set(kept) == Set(told), "\(feed)")
                    #expect(kept.count == told.count, "\(feed)")
                    for (symbol, payments) in Dictionary(grouping: kept, by: \.symbol) {
                        let report = HistoryReport(
                            points: try payments.map {
                                ($0.time, try FundingInterval(hours: $0.hours).required("hours"))
                            },
                            during: window.from...window.to, listedAt: nil, ledger: IntervalLedger([]), now: Date(),
                            publicationDelay: 60
                        )
                        #expect(
                            report.status == .complete && report.completeness == 100, "\(feed) \(symbol): \(report)")
                    }
                    #expect(Set(kept.map(\.symbol)) == Set(symbols), "\(feed)")
                }
                let hours = try await suite.payments(of: "bybit").filter { $0.symbol == changed }.map(\.hours)
                #expect(Set(hours) == [8, 4, 1])
                // Ever shorter, and never back.
                #expect(hours == hours.sorted(by: >))

                // What is there is not asked for again, and what nobody knows is said.
                let before = try await suite.historyHash()
                try await suite.simulator.reset()
                #expect(try await suite.backfill("second", arguments) == .status(0))
                #expect(try await suite.historyHash() == before)
                for feed in Suite.historyFeeds { #expect(try await suite.simulator.requests(of: feed).isEmpty) }
                #expect(try await suite.backfill("stranger", window.arguments(["NOPE"])) == .status(1))
                let job = try await suite.latestJob()
                #expect(job.status == "partial")
                #expect(job.account.contains("NOPE: no such contract is known"))
            }
        }

        /// No Redis, Postgres restarted while rows are written, and an exchange that answers 429 again and again.
        @Test func outagesAndRefusalsCostOnlyTime() async throws {
            try await Suite.run { suite in
                let feeds = ["bybit", "kucoin"]
                try await suite.listContracts(feeds: feeds)
                let all = try await suite.symbols(12, of: feeds).values.flatMap { $0 }.sorted()
                let arguments = HistoryWindow(days: 30).arguments(all)
                try await suite.redis.stop()
                try await suite.simulator.spoil("bybit", "status", status: 429, retryAfter: 1, count: 6)
                let run = try await suite.startBackfiller("harried", ["--once"] + arguments, feeds: feeds)
                try await eventually("rows are written", within: .seconds(30), every: .milliseconds(20)) {
                    try await suite.historyCount() > 0
                }
                try await suite.postgres.stopImmediately()
                try await suite.postgres.start()
                #expect(try await run.ending(within: .seconds(90)) == .status(0))
                #expect(try await suite.latestJob().status == "done")
                let harried = try await suite.historyHash()

                try await suite.redis.start()
                try await suite.forgetHistory()
                #expect(try await suite.backfill("calm", arguments, feeds: feeds) == .status(0))
                #expect(try await suite.historyHash() == harried)
            }
        }

        @Test func exchangesAreAskedOneAfterTheOtherIfTheJobSaysSo() async throws {
            try await Suite.run { suite in
                let feeds = ["deribit", "kucoin", "lighter"]
                try await suite.listContracts(feeds: feeds)
                let symbols = try await suite.symbols(2, of: feeds).values.flatMap { $0 }
                let service = try await suite.startBackfiller(
                    "service", ["--days", "1", "--symbols", symbols[0]], feeds: feeds)
                let job: Int = try await suite.database.query(
                    "SELECT request_backfill('test', 5, NULL, \(symbols), parallel => false) AS job"
                )[0].decode("job")
                try await eventually("the job is through", within: .seconds(60)) {
                    try await suite.database.query("SELECT FROM backfill_jobs WHERE id = \(job) AND status = 'done'")
                        .count == 1
                }
                let parts = try await suite.database.query(
                    "SELECT feed, started_at, finished_at FROM backfill_progress WHERE job_id = \(job) ORDER BY started_at"
                ).map { row in
                    (
                        feed: try row.decode("feed", as: String.self),
                        begin: try row.decode("started_at", as: Date.self),
                        end: try row.decode("finished_at", as: Date.self)
                    )
                }
                #expect(parts.map(\.feed) == feeds)
                #expect(zip(parts, parts.dropFirst()).allSatisfy { $0.end <= $1.begin })
                #expect(try await service.end(SIGTERM) == .status(0))
            }
        }

        @Test func serviceSweepsAtItsStartAndObeysCancelsAndSignals() async throws {
            try await Suite.run { suite in
                let feeds = ["deribit"]
                try await suite.listContracts(feeds: feeds)
                let service = try await suite.startBackfiller("service", ["--days", "2"], feeds: feeds)
                try await eventually("the first sweep is through", within: .seconds(60)) {
                    try await suite.database.query(
                        "SELECT FROM backfill_jobs WHERE requested_by = 'hourly' AND status = 'done'"
                    ).count == 1
                }
                let known = try await suite.database.query(
                    """
                    SELECT count(*) AS contracts, count(*) FILTER (WHERE h.contract_id IS NULL) AS empty
                      FROM contract_metadata m
                      LEFT JOIN (SELECT DISTINCT contract_id FROM funding_rates_historical) h ON h.contract_id = m.id
                     WHERE m.feed = ANY (\(feeds)) AND m.status = 'active'
                    """
                )[0]
                #expect(try known.decode("contracts") == 20)
                #expect(try known.decode("empty") == 0)
                try await eventually("it lives") {
                    try await suite.database.query("SELECT FROM service_heartbeats WHERE service = 'backfiller'").count
                        == 1
                }

                // A job that would hang for long, and somebody who does not want it any more.
                try await suite.simulator.spoil("deribit", "hang")
                let job: Int = try await suite.database.query(
                    "SELECT request_backfill('test', 20, ARRAY['deribit']) AS job"
                )[0].decode("job")
                func status() async throws -> String {
                    try await suite.database.query("SELECT status FROM backfill_jobs WHERE id = \(job)")[0].decode(0)
                }
                try await eventually("the job runs") { try await status() == "running" }
                try await suite.database.query("SELECT cancel_backfill(\(job)::integer, 'test')")
                try await eventually("the job is cancelled", within: .seconds(5)) { try await status() == "cancelled" }

                // One more, which the service is told to end in the midst of: it is left to the next.
                let left: Int = try await suite.database.query(
                    "SELECT request_backfill('test', 20, ARRAY['deribit']) AS job"
                )[0].decode("job")
                try await eventually("the next job runs") {
                    try await suite.database.query(
                        "SELECT FROM backfill_jobs WHERE id = \(left) AND status = 'running'"
                    ).count == 1
                }
                #expect(try await service.end(SIGTERM) == .status(0))
                let after = try await suite.database.query("SELECT status FROM backfill_jobs WHERE id = \(left)")[0]
                #expect(try after.decode("status") == "queued")
            }
        }
    }
}
