import Foundation
import FundingCore
import FundingStore
import PostgresDriver

/// The statistics of all contracts of the market over 30 days, read cold and kept warm, against the plain reading of the
/// same rows by psql.
struct StatisticsBench {
    private let postgres: PostgresConfiguration
    private let url: String
    private let rounds: Int

    private static let contracts = 3474
    /// About as the exchanges pay: every fifth contract every hour, the others every four or eight.
    private static let intervals = [1, 4, 8, 8, 4]
    /// Contracts of one asset: each pairs with all others.
    private static let listings = 6
    /// A full hour, later than anything that other benches have settled.
    private static let end = 508_000
    /// Before the first contract's key.
    private static let firstKey = 2_000_000
    private static let keys = firstKey + 1...firstKey + contracts
    private static let now = Date(timeIntervalSince1970: Double(end) * 3600 + 600)

    init(_ postgres: PostgresConfiguration, url: String, rounds: Int) {
        self.postgres = postgres
        self.url = url
        self.rounds = min(rounds, 11)
    }

    func run() async throws -> [BenchRow] {
        let pool = PostgresPool(postgres, size: 2) { connection in
            try await HistoryStore.prepare(connection)
            try await StatisticsStore.prepare(connection)
        }
        let payments = try await fill(pool)
        let lease = ScannerLease(postgres, holder: "bench")
        guard let leader = try await lease.take() else { fatalError("the bench's database is in use") }
        let memoryBefore = ResidentMemory.megabytes
        var (board, cold) = try await cold(StatisticsStore(pool), payments)
        cold.figures.append(("memory_megabytes", ResidentMemory.megabytes - memoryBefore))
        let cycle = try await cycle(&board, StatisticsStore(pool), leader)
        let rows = [cold, cycle, await settlements(&board), await spreads(&board)]
        await lease.close()
        await pool.close()
        return rows
    }

    /// Reads and computes everything, as a scanner that starts.
    private func cold(_ store: StatisticsStore, _ payments: Int) async throws -> (StatisticsBoard, BenchRow) {
        let psql = try await Psql(url)
        var (whole, read, plain) = (Timings(), Timings(), Timings())
        var board = StatisticsBoard()
        let start = Self.now - SlidingStatistics.span
        for _ in 0..<rounds {
            board = StatisticsBoard()
            let told = try await whole.time {
                let windows = try await read.time { try await store.windows(after: start) }
                for (id, window) in windows { board.replace(window, of: id, at: Self.now) }
                observe(&board, round: 0)
                return board.changes(at: Self.now)
            }
            precondition(told.count == Self.contracts, "every contract must have its statistics")
            board.markTold(told)
            try await plain.time { try psql.read(StatisticsStore.windowRows(after: start)) }
        }
        psql.close()
        return (
            board,
            BenchRow(
                name: "statistics_cold",
                figures: [
                    ("contracts", Double(Self.contracts)), ("payments", Double(payments)), ("ms", whole.median),
                    ("of_which_reading_ms", read.median), ("psql_reading_ms", plain.median),
                    ("ratio_to_psql", whole.ratio(to: plain)),
                ])
        )
    }

    /// Every rate has moved: compute, and write.
    private func cycle(
        _ board: inout StatisticsBoard, _ store: StatisticsStore, _ leader: ScannerLease.Token
    ) async throws -> BenchRow {
        var (compute, write) = (Timings(), Timings())
        for round in 1...rounds {
            let changes = await compute.time {
                observe(&board, round: round)
                return board.changes(at: Self.now)
            }
            precondition(changes.count == Self.contracts, "every rate must have moved")
            let rows = changes.map { change in
                StatisticsStore.Row(
                    id: change.id, exchange: "bybit", symbol: "S\(change.id)", baseAsset: "S",
                    statistics: change.statistics)
            }
            let run = StatisticsStore.Run(computedAt: Self.now, begun: .now, contracts: rows.count)
            let event = try await write.time { try await store.write(rows, run, as: leader) }
            precondition(event?.changed.count == Self.contracts, "every row must have been written")
            board.markTold(changes)
        }
        return BenchRow(
            name: "statistics_cycle", figures: [("compute_ms", compute.median), ("write_ms", write.median)])
    }

    /// Every contract is paid, and the oldest payment leaves.
    private func settlements(_ board: inout StatisticsBoard) async -> BenchRow {
        var timings = Timings()
        for round in 1...rounds {
            let time = Date(timeIntervalSince1970: Double(Self.end + round) * 3600)
            await timings.time {
                for id in Self.keys {
                    board.insert([Self.point(id, hour: Self.end + round, every: 1)], of: id, at: time)
                }
                board.markTold(board.changes(at: time))
            }
        }
        return BenchRow(name: "statistics_all_settle", figures: [("ms", timings.median)])
    }

    /// Every pair of an asset's contracts, when the hour has turned and again when only the spread has moved.
    private func spreads(_ board: inout StatisticsBoard) async -> BenchRow {
        let pairs = stride(from: Self.keys.lowerBound, through: Self.keys.upperBound, by: Self.listings).flatMap {
            first in
            let listed = (first..<first + Self.listings).clamped(to: Range(Self.keys))
            return listed.flatMap { long in listed.filter { $0 > long }.map { (long, $0) } }
        }
        func ask(_ spread: Double, at time: Date) {
            for (long, short) in pairs { _ = board.spread(long: long, short: short, spread: spread, at: time) }
        }
        var (turned, moved) = (Timings(), Timings())
        for round in 1...rounds {
            let time = Date(timeIntervalSince1970: Double(Self.end + rounds + round) * 3600)
            await turned.time { ask(Double(round), at: time) }
            await moved.time { ask(Double(-round), at: time) }
        }
        return BenchRow(
            name: "spread_statistics",
            figures: [
                ("pairs", Double(pairs.count)), ("hour_turned_ms", turned.median), ("spread_moved_ms", moved.median),
            ])
    }

    private func observe(_ board: inout StatisticsBoard, round: Int) {
        for id in Self.keys {
            let rate = Double(id % 200 - 100 + round * 13) * 1e-6
            board.observe(id, rate: rate, every: Self.interval(of: id), listedAt: nil)
        }
    }

    private func fill(_ pool: PostgresPool) async throws -> Int {
        try await pool.query(
            """
            INSERT INTO contract_metadata (
                   id, exchange, feed, symbol, base_asset, quote_asset, settle_asset, denomination, contract_type,
                   market_type, funding_interval_hours, first_seen_at, last_seen_at)
            OVERRIDING SYSTEM VALUE
            SELECT \(Self.firstKey)::integer + n, 'statistics', 'statistics', 'S' || n, 'S', 'USDT', 'USDT', 1, 'linear', 'crypto', 8, now(), now()
              FROM generate_series(1, \(Self.contracts)::integer) AS n
            """
        )
        let store = HistoryStore(pool)
        try await store.ensurePartitions(during: Self.now - SlidingStatistics.span...Self.now)
        var count = 0
        for first in stride(from: Self.keys.lowerBound, through: Self.keys.upperBound, by: 100) {
            let rows = (first..<first + 100).clamped(to: Range(Self.keys)).flatMap { id in
                let hours = Self.intervals[id % Self.intervals.count]
                return stride(from: Self.end - 720 + hours, through: Self.end, by: hours).map { hour in
                    (contractID: id, point: Self.point(id, hour: hour, every: hours))
                }
            }
            count += try await store.write(rows).inserted
        }
        try await pool.query("ANALYZE funding_rates_historical")
        return count
    }

    private static func interval(of id: Int) -> FundingInterval {
        FundingInterval(minutes: intervals[id % intervals.count] * 60) ?? .eightHours
    }

    private static func point(_ id: Int, hour: Int, every hours: Int) -> SettledPoint {
        let time = Date(timeIntervalSince1970: Double(hour) * 3600)
        return SettledPoint(
            fundingTime: time, settledAt: time,
            fundingRate: Double((hour * 7919 + id * 104_729) % 1009 - 400) * 1e-7 * Double(hours),
            interval: FundingInterval(minutes: hours * 60) ?? .eightHours)
    }
}

/// What of this process is in memory.
enum ResidentMemory {
    static var megabytes: Double {
        guard let status = FileManager.default.contents(atPath: "/proc/self/statm"),
            let pages = String(decoding: status, as: UTF8.self).split(separator: " ").dropFirst().first.flatMap({
                Double($0)
            })
        else { return .nan }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1e6
    }
}
