import Foundation
public import FundingCore
import PostgresDriver

/// The other side: what the scanner has written, for those who show it.
extension StatisticsStore {
    /// How far the statistics have come: a cheap look at whether anything was missed.
    public func state() async throws -> StatisticsState {
        try await pool.withConnection { try await Self.state($0) }
    }

    /// All contracts' statistics as of one moment.
    public func load() async throws -> (state: StatisticsState, rows: [StatisticsEvent.Changed]) {
        try await changes(after: -1)
    }

    /// The rows that writes after `sequence` changed, and how far the statistics had come at that moment.
    public func changes(
        after sequence: Int
    ) async throws -> (state: StatisticsState, rows: [StatisticsEvent.Changed]) {
        try await pool.withTransaction(isolation: .repeatableRead) { connection in
            let state = try await Self.state(connection)
            let rows = try await connection.query(
                """
                SELECT exchange, symbol, base_asset, funding_rate, funding_interval_hours, data_points, expected_points,
                       mean_30d, std_dev_30d, median_30d, min_30d, max_30d, median_deviation_30d, z_score,
                       robust_z_score, percentile
                  FROM funding_statistics
                 WHERE sequence > \(sequence)
                """
            ).map(StatisticsEvent.Changed.init(row:))
            return (state, rows)
        }
    }

    private static func state(_ connection: PostgresConnection) async throws -> StatisticsState {
        let rows = try await connection.query(
            "SELECT sequence, last_run_at, duration_ms, contracts, changed FROM statistics_state")
        guard let row = rows.first else { return StatisticsState() }
        let milliseconds: Double? = try row.decode("duration_ms")
        return StatisticsState(
            sequence: try row.decode("sequence"), lastRunAt: try row.decode("last_run_at"),
            duration: milliseconds.map { $0 / 1000 }, contracts: try row.decode("contracts"),
            changed: try row.decode("changed"))
    }
}

extension StatisticsEvent.Changed {
    fileprivate init(row: PostgresRow) throws {
        let hours: Double = try row.decode("funding_interval_hours")
        guard let interval = FundingInterval(hours: hours) else {
            throw StoreError("funding_statistics holds an interval of \(hours) h")
        }
        let dataPoints: Int = try row.decode("data_points")
        self.init(
            exchange: ExchangeID(rawValue: try row.decode("exchange")), symbol: try row.decode("symbol"),
            baseAsset: try row.decode("base_asset"),
            statistics: ContractStatistics(
                fundingRate: try row.decode("funding_rate"), interval: interval, dataPoints: dataPoints,
                expectedPoints: try row.decode("expected_points"),
                rates: try SampleSummary(row: row, count: dataPoints), zScore: try row.decode("z_score"),
                robustZScore: try row.decode("robust_z_score"), percentile: try row.decode("percentile")))
    }
}

extension SampleSummary {
    /// Nil without a mean: there are no statistics then.
    fileprivate init?(row: PostgresRow, count: Int) throws {
        guard let mean: Double = try row.decode("mean_30d") else { return nil }
        self.init(
            count: count, mean: mean, standardDeviation: try row.decode("std_dev_30d"),
            median: try row.decode("median_30d"), lowest: try row.decode("min_30d"),
            highest: try row.decode("max_30d"), medianDeviation: try row.decode("median_deviation_30d"))
    }
}
