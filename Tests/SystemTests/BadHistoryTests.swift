import CurlDriver
import Foundation
import FundingJSON
import PostgresDriver
import Testing

extension LoopbackTests {
    /// Histories as exchanges should not tell them, and a full disk.
    struct BadHistoryTests {
        private static let path = "/v5/market/funding/history"
        private static let feeds = ["bybit"]

        private static func hourlySymbol(_ suite: Suite) async throws -> String {
            try await suite.database.query(
                """
                SELECT symbol FROM contract_metadata
                 WHERE feed = 'bybit' AND funding_interval_hours = 1 AND contract_type = 'linear'
                   AND listed_at < now() - interval '60 d'
                 ORDER BY symbol COLLATE "C" LIMIT 1
                """
            )[0].decode("symbol")
        }

        /// Each of its pages is the newest one, for ever.
        @Test func aPageThatComesAgainAndAgainIsNoLoopAndIsTold() async throws {
            try await Suite.run { suite in
                try await suite.listContracts(feeds: Self.feeds)
                let symbol = try await Self.hourlySymbol(suite)
                let window = HistoryWindow(days: 30)
                let end = Int(window.to.timeIntervalSince1970 * 1000) + 1
                let target = "\(Self.path)?category=linear&symbol=\(symbol)&endTime=\(end)&limit=200"
                let page = String(decoding: try await suite.simulator.answer(of: "bybit", target).body, as: UTF8.self)
                try await suite.simulator.spoil("bybit", "status", path: Self.path, status: 200, body: page)
                #expect(
                    try await suite.backfill("circling", window.arguments([symbol]), feeds: Self.feeds) == .status(1))
                let job = try await suite.latestJob()
                #expect(job.status == "partial")
                #expect(job.account.contains("\(symbol): history"))
                #expect(job.account.contains("the page only repeats earlier ones"))
                // What the one page held is kept.
                #expect(try await suite.historyCount() == 200)
                #expect(try await suite.simulator.requests(of: "bybit").count { $0.path.hasPrefix(Self.path) } < 10)

                try await suite.simulator.reset()
                #expect(try await suite.backfill("cured", window.arguments([symbol]), feeds: Self.feeds) == .status(0))
                #expect(try await suite.historyCount() == 721)
            }
        }

        /// The third page comes out empty, as the last one would.
        @Test func anEmptyPageInTheMiddleLosesNothing() async throws {
            try await Suite.run { suite in
                try await suite.listContracts(feeds: Self.feeds)
                let symbol = try await Self.hourlySymbol(suite)
                let arguments = HistoryWindow(days: 30).arguments([symbol])
                let run = try await suite.startBackfiller(
                    "calm", ["--once"] + arguments, feeds: Self.feeds, ["FUNDING_FAILPOINT": "after_page:kill:2"])
                #expect(try await run.ending(within: .seconds(60)) == .signal(SIGKILL))
                let none = #"{"retCode":0,"retMsg":"OK","result":{"category":"linear","list":[]}}"#
                try await suite.simulator.spoil("bybit", "status", path: Self.path, status: 200, body: none, count: 1)
                #expect(try await suite.backfill("again", arguments, feeds: Self.feeds) == .status(0))
                #expect(try await suite.historyCount() == 721)
                #expect(try await suite.latestJob().account.contains("0 missing"))
            }
        }

        /// Binance tells all its contracts together: one answer without any must not end them all.
        @Test func anEmptyPageOfAllContractsLosesNothing() async throws {
            try await Suite.run { suite in
                let feeds = ["binance-usdm"]
                try await suite.listContracts(feeds: feeds)
                let arguments = Array(HistoryWindow(days: 0.5).arguments([]).prefix(4))
                let speed = ["FUNDING_BUDGET_SPEED": "1000"]
                #expect(try await suite.backfill("calm", arguments, feeds: feeds, speed) == .status(0))
                let calm = try await suite.historyHash()
                try await suite.forgetHistory()
                try await suite.simulator.spoil(
                    "binance-usdm", "status", path: "/fapi/v1/fundingRate", status: 200, body: "[]", count: 1)
                #expect(try await suite.backfill("empty", arguments, feeds: feeds, speed) == .status(0))
                #expect(try await suite.historyHash() == calm)
            }
        }

        /// An exchange corrects what it paid; nobody would notice without asking again.
        @Test func aRevisionReplacesWhatIsStoredAndTheOldIsKept() async throws {
            try await Suite.run { suite in
                try await suite.listContracts(feeds: Self.feeds)
                let arguments = HistoryWindow(days: 2).arguments([try await Self.hourlySymbol(suite)])
                #expect(try await suite.backfill("first", arguments, feeds: Self.feeds) == .status(0))
                let before = try await suite.payments(of: "bybit")
                let moment = Date()
                try await suite.simulator.spoil("bybit", "scale", path: Self.path, factor: 2)
                #expect(try await suite.backfill("same", arguments, feeds: Self.feeds) == .status(0))
                #expect(try await suite.payments(of: "bybit") == before)
                #expect(try await suite.backfill("again", ["--again"] + arguments, feeds: Self.feeds) == .status(0))
                let after = try await suite.payments(of: "bybit")
                #expect(after.map(\.time) == before.map(\.time))
                #expect(after.map(\.rate) != before.map(\.rate))
                let old = try await suite.database.query(
                    "SELECT funding_rate FROM funding_history_as_of(\(moment)) ORDER BY funding_time"
                ).map { try $0.decode(0, as: Double.self) }
                #expect(old == before.map(\.rate))
            }
        }

        @Test func rowsOutOfOrderAndTwiceAreTheSameRows() async throws {
            try await Suite.run { suite in
                let feeds = ["bybit", "hyperliquid", "kucoin", "lighter"]
                try await suite.listContracts(feeds: feeds)
                let symbols = try await suite.symbols(2, of: feeds).values.flatMap { $0 }.sorted()
                let arguments = HistoryWindow(days: 30).arguments(symbols)
                #expect(try await suite.backfill("calm", arguments, feeds: feeds) == .status(0))
                let calm = try await suite.historyHash()
                try await suite.forgetHistory()
                for feed in feeds { try await suite.simulator.spoil(feed, "shuffle") }
                #expect(try await suite.backfill("shuffled", arguments, feeds: feeds) == .status(0))
                #expect(try await suite.historyHash() == calm)
            }
        }

        /// The tables of history lie on a disk of their own, which is full.
        @Test(.enabled(if: SmallDisk.isPossible, "only root can have a small disk"))
        func aFullDiskIsWaitedForAndLosesNothing() async throws {
            try await Suite.run { suite in
                try await suite.listContracts(feeds: Self.feeds)
                let symbols = try await suite.symbols(12, of: Self.feeds).values.flatMap { $0 }.sorted()
                let arguments = HistoryWindow(days: 30).arguments(symbols)
                #expect(try await suite.backfill("calm", arguments, feeds: Self.feeds) == .status(0))
                let calm = try await suite.historyHash()
                try await suite.forgetHistory()

                let disk = try await SmallDisk(in: suite.folder, megabytes: 4, logs: suite.logs)
                try await suite.moveHistory(to: disk.folder)
                try disk.fill(leaving: 48 << 10)
                let run = try await suite.startBackfiller("cramped", ["--once"] + arguments, feeds: Self.feeds)
                try await eventually("the full disk is named", within: .seconds(60)) {
                    try run.log.contains("No space left on device")
                }
                #expect(await run.isRunning)
                try disk.empty()
                #expect(try await run.ending(within: .seconds(60)) == .status(0))
                #expect(try await suite.latestJob().status == "done")
                #expect(try await suite.historyHash() == calm)
                try await suite.postgres.stopFast()
                try await disk.unmount()
            }
        }
    }
}
