import Foundation
import FundingCore
import FundingStore
import PostgresDriver
import TestSupport

/// A database with a few contracts and a scanner that leads: what tests of the scanner's statistics start from.
struct StatisticsBench: Sendable {
    /// With all rights.
    let owner: PostgresPool
    /// The scanner's.
    let pool: PostgresPool
    let store: StatisticsStore
    let history: HistoryStore
    let leader: ScannerLease.Token

    /// - Parameter body: contracts have keys from 1.
    static func with(
        symbols: [String] = ["BTCUSDT", "ETHUSDT", "SOLUSDT"], _ body: (StatisticsBench) async throws -> Void
    ) async throws {
        try await HistoryBench.with(symbols: symbols) { bench in
            let lease = ScannerLease(try bench.database.configuration(as: "funding_scanner"), holder: "test")
            guard let leader = try await lease.take() else { throw TestSupportError("the lease is taken") }
            try await bench.database.withPool(
                as: "funding_scanner", onConnect: { try await StatisticsStore.prepare($0) }
            ) { pool in
                try await body(
                    StatisticsBench(
                        owner: bench.owner, pool: pool, store: StatisticsStore(pool), history: bench.store,
                        leader: leader))
            }
            await lease.close()
        }
    }

    func pay(_ points: [SettledPoint], to id: Int = 1) async throws {
        _ = try await history.write(points.map { (contractID: id, point: $0) })
    }

    static func row(_ id: Int, _ symbol: String, _ points: [SettledPoint], rate: Double = 3e-4) -> StatisticsStore.Row {
        StatisticsStore.Row(
            id: id, exchange: "bybit", symbol: symbol, baseAsset: "X",
            statistics: ContractStatistics(
                of: rate, every: .eightHours, in: SlidingStatistics(points), listedAt: nil,
                now: HistoryBench.time(720)))
    }

    @discardableResult
    func write(_ rows: [StatisticsStore.Row], at hours: Double = 720) async throws -> StatisticsEvent? {
        let run = StatisticsStore.Run(
            computedAt: HistoryBench.time(hours), begun: ContinuousClock.now, contracts: rows.count)
        return try await store.write(rows, run, as: leader)
    }
}
