import Foundation
import FundingCore
import FundingStore
import Logging

/// Holds the statistics of all contracts and pairs in memory, as a leader and as a standby alike: follows the current
/// rates and the settled payments, and answers what a rate or a spread is worth among its last 30 days.
actor StatisticsKeeper: MarketConsumer {
    private enum Limit {
        /// Contracts whose new payments are read at once.
        static let hinted = 400
        /// Contracts whose whole windows are read anew at each look: with a look every 15 seconds all 3,500 have had their
        /// turn within nine minutes.
        static let slice = 100
        /// How far back a look searches for payments that no event told of; what is older is found by its slice.
        static let reach: TimeInterval = 2 * 86_400
    }

    /// A pair and its current spread: APR of the short leg less APR of the long leg.
    struct Pair: Hashable, Sendable {
        var long: Int
        var short: Int
        var spread: Double
    }

    private let store: StatisticsStore
    private let history: HistoryStore
    private let logger: Logger
    private var board = StatisticsBoard()
    private var contracts: [Int: Contract] = [:]
    private(set) var isLoaded = false
    private var isLoading = false
    /// Payments that events told of and that have not been read yet.
    private var hints: [Int: ClosedRange<Date>] = [:]
    /// Payments have been taken in since somebody last asked.
    private var hasSettled = true
    /// Where the next slice begins among the contracts' sorted keys.
    private var sliceStart = 0

    init(_ store: StatisticsStore, _ history: HistoryStore, _ logger: Logger) {
        self.store = store
        self.history = history
        self.logger = logger
    }

    // MARK: - Following

    func follow(_ update: MarketUpdate, in market: MarketState, at now: Date) async {
        switch update {
        case .began:
            for rate in market.allRates where rate.isActive { observe(rate) }
            // Whoever is told after this one finds the statistics there. If Postgres does not answer, they come later.
            do { try await load(at: now) } catch {
                logger.warning("statistics not loaded", metadata: ["error": "\(error)"])
            }
        case .rates(let change):
            for moved in change.changed {
                if let rate = market.rates[change.feed]?[moved.symbol] { observe(rate) }
            }
            for symbol in change.removed {
                if let id = market.rates[change.feed]?[symbol]?.id { board.retire(id) }
            }
        case .settlements(let event):
            for written in event.written {
                guard let id = market.rates[event.feed]?[written.symbol]?.id else { continue }
                hint(id, min(written.from, written.to)...max(written.from, written.to))
            }
        case .feeds, .terms, .beat: break
        }
    }

    private func observe(_ rate: LiveRate) {
        contracts[rate.id] = rate.contract
        board.observe(
            rate.id, rate: rate.fundingRate, every: rate.interval, listedAt: rate.contract.listedAt)
    }

    private func hint(_ id: Int, _ window: ClosedRange<Date>) {
        guard let known = hints[id] else {
            hints[id] = window
            return
        }
        hints[id] = min(known.lowerBound, window.lowerBound)...max(known.upperBound, window.upperBound)
    }

    // MARK: - Reading history

    /// Reads every contract's window, unless that has been done or somebody is about it.
    func load(at now: Date) async throws {
        guard !isLoaded, !isLoading else { return }
        isLoading = true
        defer { isLoading = false }
        let begun = ContinuousClock.now
        let windows = try await store.windows(after: now - SlidingStatistics.span)
        let payments = windows.values.reduce(0) { $0 + $1.count }
        for (id, window) in windows { board.replace(window, of: id, at: now) }
        isLoaded = true
        logger.info(
            "statistics loaded",
            metadata: [
                "contracts": "\(windows.count)", "payments": "\(payments)",
                "ms": "\(Int((ContinuousClock.now - begun) / .milliseconds(1)))",
            ]
        )
    }

    /// Reads the payments that events told of.
    func readHinted(at now: Date) async throws {
        let some = Dictionary(uniqueKeysWithValues: hints.prefix(Limit.hinted).map { ($0.key, $0.value) })
        guard !some.isEmpty else { return }
        for id in some.keys { hints[id] = nil }
        do {
            let points = try await history.points(of: some)
            for (id, points) in points { board.insert(points, of: id, at: now) }
            hasSettled = true
        } catch {
            for (id, window) in some { hint(id, window) }
            throw error
        }
    }

    /// Finds what no event told of: payments that came since, and, a slice of the contracts at a time, whatever else is
    /// other in the table than here.
    func look(at now: Date) async throws {
        for (id, last) in try await store.lastFundingTimes(after: now - Limit.reach) {
            let known = board.lastFundingTime(of: id) ?? .distantPast
            if known < last { hint(id, max(known, now - SlidingStatistics.span)...last) }
        }
        let ids = contracts.keys.sorted()
        if sliceStart >= ids.count { sliceStart = 0 }
        let slice = Array(ids.dropFirst(sliceStart).prefix(Limit.slice))
        for (id, window) in try await store.windows(of: slice, after: now - SlidingStatistics.span)
        where board.replace(window, of: id, at: now) { hasSettled = true }
        sliceStart += slice.count
    }

    /// Whether payments have come since this was last asked.
    func takeHasSettled() -> Bool {
        defer { hasSettled = false }
        return hasSettled
    }

    /// What was asked about could not be dealt with: it is to be asked again.
    func noteSettled() { hasSettled = true }

    // MARK: - Answering

    /// Where the contracts' current rates stand; a contract without a current rate has no entry.
    func statistics(of ids: some Sequence<Int> & Sendable, at now: Date) -> [Int: ContractStatistics] {
        var found: [Int: ContractStatistics] = [:]
        for id in ids { found[id] = board.statistics(of: id, at: now) }
        return found
    }

    /// Where the pairs' spreads stand, in the order of the pairs.
    func statistics(of pairs: [Pair], at now: Date) -> [SpreadStatistics] {
        pairs.map { board.spread(long: $0.long, short: $0.short, spread: $0.spread, at: now) }
    }

    // MARK: - Telling

    /// The contracts with a current rate.
    var count: Int { board.count }

    /// The rows that should be written. They go on being returned until `markTold`. Nothing before the windows are loaded.
    func changes(at now: Date) -> [StatisticsStore.Row] {
        guard isLoaded else { return [] }
        return board.changes(at: now).compactMap { change in
            guard let contract = contracts[change.id] else { return nil }
            return StatisticsStore.Row(
                id: change.id, exchange: contract.exchange, symbol: contract.symbol, baseAsset: contract.baseAsset,
                statistics: change.statistics)
        }
    }

    /// The rows have been written.
    func markTold(_ rows: [StatisticsStore.Row]) {
        board.markTold(rows.map { StatisticsBoard.Change(id: $0.id, statistics: $0.statistics) })
    }

    /// Another scanner may have written meanwhile.
    func forgetTold() { board.forgetTold() }
}
