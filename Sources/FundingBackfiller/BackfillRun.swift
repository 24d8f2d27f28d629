import Foundation
import FundingCore
import FundingExchanges
import FundingStore
import Logging

/// One filling of a window: all exchanges at once or one after the other, each under its lock, its feeds side by side.
struct BackfillRun: Sendable {
    private enum Rhythm {
        /// How often a lock that somebody else holds is tried.
        static let lock = Duration.seconds(1)
    }

    let fetchers: [HistoryFetcher]
    let stores: BackfillStores
    /// All contracts that are listed if nil.
    let symbols: [String]?
    let window: ClosedRange<Date>
    let scope: BackfillScope
    let isParallel: Bool
    let progress: RunProgress
    let logger: Logger

    /// - Throws: `CancellationError`; every other end is in `progress`.
    func run() async throws {
        let byExchange = Dictionary(grouping: fetchers, by: \.adapter.profile.exchange)
            .sorted { $0.key.rawValue < $1.key.rawValue }
        try await countContracts()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (exchange, fetchers) in byExchange {
                if !isParallel { try await group.waitForAll() }
                group.addTask { try await fill(exchange, fetchers) }
            }
            try await group.waitForAll()
        }
        if let symbols { try await reportUnknown(symbols) }
    }

    /// Whoever looks must see how much there is to do, and not only at the exchanges whose turn has come.
    private func countContracts() async throws {
        let contracts = try await contracts(of: fetchers.map(\.adapter.profile.feed))
        for (feed, contracts) in Dictionary(grouping: contracts, by: \.contract.feed) {
            progress.expect(feed, contracts: contracts.count)
        }
    }

    /// What is not listed any more is asked for only by name: many exchanges know nothing of it.
    private func contracts(of feeds: [FeedID]) async throws -> [HistoryContract] {
        try await stores.patiently(logger) { try await $0.history.contracts(feeds: feeds, symbols: symbols) }
            .filter { $0.isActive || symbols != nil }
    }

    private func fill(_ exchange: ExchangeID, _ fetchers: [HistoryFetcher]) async throws {
        try await take(exchange)
        let result: Result<Void, any Error>
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for fetcher in fetchers { group.addTask { try await fill(fetcher) } }
                try await group.waitForAll()
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        // A lock that was lost with its session needs no giving back.
        do { try await stores.locks.giveBack(exchange) } catch {
            logger.debug("lock not given back", metadata: ["exchange": "\(exchange)", "error": "\(error)"])
        }
        try result.get()
    }

    /// Waits until no other backfill is at the exchange.
    private func take(_ exchange: ExchangeID) async throws {
        var said = false
        while try await !stores.patiently(logger, { try await $0.locks.take(exchange) }) {
            if !said { logger.notice("another backfill is at this exchange", metadata: ["exchange": "\(exchange)"]) }
            said = true
            try await ContinuousClock().sleep(for: Rhythm.lock)
        }
    }

    private func fill(_ fetcher: HistoryFetcher) async throws {
        let feed = fetcher.adapter.profile.feed
        do {
            let contracts = try await contracts(of: [feed])
            progress.begin(feed, contracts: contracts.count)
            try await FeedBackfill(fetcher: fetcher, stores: stores, progress: progress, logger: logger)
                .fill(contracts, during: window, scope: scope, isWholeFeed: symbols == nil)
            try await stores.patiently(logger) {
                _ = try await $0.history.certifyUncertified(contracts, during: window)
            }
            progress.end(feed)
            report(feed)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            try Task.checkCancellation()
            progress.end(feed, because: error)
            logger.error("feed not filled", metadata: ["feed": "\(feed)", "error": "\(error)"])
        }
    }

    /// How much was asked and stored, how long it took, and how long the exchange's limits make it take.
    private func report(_ feed: FeedID) {
        guard let state = progress.feeds.first(where: { $0.counts.feed == feed }), let begin = state.counts.startedAt,
            let end = state.counts.finishedAt
        else { return }
        logger.info(
            "feed filled",
            metadata: [
                "feed": "\(feed)", "contracts": "\(state.counts.symbolsDone)", "requests": "\(state.counts.requests)",
                "rows": "\(state.counts.rowsInserted)", "missing": "\(state.counts.missing)",
                "seconds": "\(Self.tenths(end.timeIntervalSince(begin)))",
                "least_seconds": "\(Self.tenths(state.leastTime / .seconds(1)))",
            ]
        )
    }

    private static func tenths(_ seconds: Double) -> Double { (seconds * 10).rounded() / 10 }

    private func reportUnknown(_ symbols: [String]) async throws {
        let feeds = fetchers.map(\.adapter.profile.feed)
        let found = Set(try await contracts(of: feeds).map(\.contract.symbol))
        guard let feed = feeds.first else { return }
        for symbol in symbols where !found.contains(symbol) {
            progress.fail(feed, "\(symbol): no such contract is known")
            logger.error("no such contract is known", metadata: ["symbol": "\(symbol)"])
        }
    }
}
