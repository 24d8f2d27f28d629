import Foundation
import FundingCore
import FundingExchanges
import FundingRuntime
import FundingStore
import Testing

@testable import FundingBackfiller

/// What a backfill tells of itself.
@Suite struct ProgressTests {
    private let profile: ExchangeProfile

    init() throws { profile = try #require(Exchanges.feeds(named: "bybit").first).profile }

    private func contract(_ symbol: String) -> HistoryContract {
        HistoryContract(
            id: 1,
            contract: Contract(
                exchange: profile.exchange, feed: profile.feed, symbol: symbol, baseAsset: symbol, quoteAsset: "USDT",
                settleAsset: "USDT"),
            interval: .hourly, ledger: IntervalLedger([]), isActive: true, covered: []
        )
    }

    private var failure: ExchangeError {
        ExchangeError(feed: profile.feed, request: "history", kind: .refused(code: 404), detail: "no such symbol")
    }

    /// Of ten settlements that fell due.
    private func report(missing: Int) -> HistoryReport {
        let gaps = missing == 0 ? [] : [HistoryReport.Gap(from: .distantPast, to: .distantPast, missing: missing)]
        return HistoryReport(during: nil, present: 10 - missing, gaps: gaps)
    }

    @Test func itIsWholeOnlyIfEveryContractWasReadToItsEnd() {
        let whole = RunProgress([profile])
        whole.begin(profile.feed, contracts: 1)
        #expect(!whole.isWhole)
        whole.finish(contract("BTC"), of: profile.feed, report(missing: 3), nil)
        whole.end(profile.feed)
        // The exchange has no more than it gave: what is missing then is not this run's fault.
        #expect(whole.isWhole)

        let failed = RunProgress([profile])
        failed.begin(profile.feed, contracts: 1)
        failed.finish(contract("BTC"), of: profile.feed, report(missing: 0), failure)
        failed.end(profile.feed)
        #expect(!failed.isWhole)
        #expect(failed.account.contains("BTC: history: refused: no such symbol"))

        let stopped = RunProgress([profile])
        stopped.begin(profile.feed, contracts: 9)
        stopped.end(profile.feed, because: FeedStopped(cause: failure))
        #expect(!stopped.isWhole)
        #expect(stopped.account.contains("0/9 contracts"))
        #expect(stopped.account.contains("stopped: the exchange is out of reach"))
    }

    @Test func whatWasAskedForAndIsNotReadIsNoSuccess() {
        let done = JobRunner.Ending(status: .done, account: "")
        let nothing = done.leaving(["kraken"])
        #expect(nothing.status == .partial && nothing.account.hasPrefix("kraken: not read by this backfiller"))
        let part = JobRunner.Ending(status: .cancelled, account: "bybit: 1/1").leaving(["kraken", "edgex"])
        #expect(part.status == .cancelled && part.account.split(separator: "\n").count == 3)
        #expect(done.leaving([]).status == .done)
    }

    @Test func anAccountNamesAFewFailuresAndCountsTheRest() throws {
        let progress = RunProgress([profile])
        progress.begin(profile.feed, contracts: 8)
        for number in 1...8 { progress.finish(contract("C\(number)"), of: profile.feed, report(missing: 0), failure) }
        let feed = try #require(progress.feeds.first)
        #expect(feed.failed == 8)
        #expect(feed.failures.count == 5)
        #expect(feed.account.hasSuffix("and 3 more"))
        #expect(feed.percent == 100)
        #expect(feed.counts.eta != nil)
    }

    @Test func aPipeGetsALineEveryTenSecondsAndATerminalBarsThatReplaceEachOther() {
        let progress = RunProgress([profile])
        progress.begin(profile.feed, contracts: 2)
        progress.finish(contract("BTC"), of: profile.feed, report(missing: 0), nil)
        let now = Date()
        let written = Lock("")
        let pipe = ProgressScreen(isTerminal: false) { text in written.withLock { $0 += text } }
        for second in 0...21 { pipe.show(progress.feeds, at: now.addingTimeInterval(Double(second))) }
        #expect(written.withLock { $0 }.split(separator: "\n").count == 3)
        #expect(written.withLock { $0 }.hasPrefix("bybit: 1/2 contracts, 0 rows"))

        written.withLock { $0 = "" }
        let terminal = ProgressScreen(isTerminal: true) { text in written.withLock { $0 += text } }
        terminal.show(progress.feeds, at: now)
        #expect(written.withLock { $0 }.contains("███████████████···············"))
        #expect(!written.withLock { $0 }.contains("\u{1B}[1A"))
        terminal.show(progress.feeds, at: now)
        #expect(written.withLock { $0 }.contains("\u{1B}[1A"))
    }
}

/// What the command line may say.
@Suite struct BackfillerSettingsTests {
    @Test func daysReachBackToMidnight() {
        var environment = Environment([:], file: nil)
        let now = Date(timeIntervalSince1970: 1_789_300_000)
        let window = BackfillWindow(days: 30, from: nil, to: nil, &environment).range(at: now)
        #expect(window.upperBound == now)
        #expect(window.lowerBound == Date(timeIntervalSince1970: 1_789_257_600 - 30 * 86_400))
    }

    @Test func everyFaultOfAWindowIsNamed() {
        for (days, from, to) in [
            (0, nil, nil), (30, "yesterday", nil), (30, nil, "2026-09-01T00:00:00Z"),
            (30, "2026-09-02T00:00:00Z", "2026-09-01T00:00:00Z"),
        ] as [(Int, String?, String?)] {
            var environment = Environment([:], file: nil)
            _ = BackfillWindow(days: days, from: from, to: to, &environment)
            #expect(throws: ConfigurationError.self) { try environment.finish() }
        }
    }

    @Test func aContractCanBeDescribed() throws {
        let profile = try #require(Exchanges.feeds(named: "edgex").first).profile
        let described = try #require(NamedContract("BTCUSDC=BTC@30000001/4"))
        #expect(described.interval == FundingInterval(hours: 4))
        let contract = try #require(described.contract(of: profile))
        #expect(contract.symbol == "BTCUSDC")
        #expect(contract.baseAsset == "BTC")
        #expect(contract.nativeID == "30000001")
        #expect(NamedContract("BTC/USDT-P=BTC")?.symbol == "BTC/USDT-P")
        #expect(NamedContract("xyz:NVDA")?.contract(of: profile) == nil)
        #expect(NamedContract("BTCUSDC=BTC/eight") == nil)
    }
}
