import Foundation
import FundingCore
import FundingStore
import PostgresDriver

/// Settled history that was not known before, against psql copying the same rows into a table like the suite's.
struct HistoryBench {
    private let postgres: PostgresConfiguration
    private let url: String
    private let rounds: Int

    private static let contracts = 100
    /// A month of hourly payments.
    private static let payments = 720

    init(_ postgres: PostgresConfiguration, url: String, rounds: Int) {
        self.postgres = postgres
        self.url = url
        self.rounds = min(rounds, 11)
    }

    /// 72,000 rows of a hundred contracts in one write.
    func ingest() async throws -> [BenchRow] {
        let pool = PostgresPool(postgres, size: 2) { try await HistoryStore.prepare($0) }
        let store = HistoryStore(pool)
        let start = Date(timeIntervalSince1970: 1_790_812_800)
        let window = start...start.addingTimeInterval(3600 * Double(Self.payments))
        try await store.ensurePartitions(during: window)
        try await pool.query(
            """
            CREATE TABLE bench_history (LIKE funding_rates_historical INCLUDING ALL) PARTITION BY RANGE (funding_time)
            """
        )
        try await pool.query(
            "CREATE TABLE bench_history_all PARTITION OF bench_history FOR VALUES FROM ('2026-01-01Z') TO ('2027-01-01Z')"
        )
        let psql = try await Psql(url)
        var ours = Timings()
        var plain = Timings()
        for round in 0..<rounds {
            let rows = Self.rows(round, from: start)
            let written = try await ours.time { try await store.write(rows) }
            precondition(written.inserted == rows.count, "the bench's database must be its own")
            let bytes = Data(Self.encoded(rows).fileBytes)
            try await plain.time { try psql.copy(bytes, into: "bench_history") }
        }
        psql.close()
        await pool.close()
        let count = Double(Self.contracts * Self.payments)
        return [
            BenchRow(
                name: "history_72000_rows",
                figures: [
                    ("rows_per_second", count / ours.median * 1000),
                    ("psql_rows_per_second", count / plain.median * 1000), ("ratio_to_psql", plain.ratio(to: ours)),
                ]
            )
        ]
    }

    /// Contracts of their own for each round.
    private static func rows(_ round: Int, from start: Date) -> [(contractID: Int, point: SettledPoint)] {
        (0..<contracts).flatMap { contract in
            (0..<payments).map { payment in
                let slot = start.addingTimeInterval(3600 * Double(payment))
                return (
                    contractID: 1_000_000 + round * contracts + contract,
                    point: SettledPoint(
                        fundingTime: slot, settledAt: slot.addingTimeInterval(0.003),
                        fundingRate: Double(payment - 300) * 1e-6, interval: .hourly, markPrice: 100 + Double(contract))
                )
            }
        }
    }

    /// In the order of the table's columns.
    private static func encoded(_ rows: [(contractID: Int, point: SettledPoint)]) -> PostgresCopyRows {
        var copy = PostgresCopyRows(columns: 6, reservingRows: rows.count)
        for (contractID, point) in rows {
            copy.startRow()
            copy.append(Int32(contractID))
            copy.append(point.fundingTime)
            copy.append(point.fundingRate)
            copy.append(point.interval.hours)
            copy.append(point.markPrice)
            copy.append(point.settledAt)
        }
        return copy
    }
}
