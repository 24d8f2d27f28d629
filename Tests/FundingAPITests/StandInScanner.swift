import Foundation
import FundingCore
import PostgresDriver
import TestSupport

/// What a scanner does with the statistics, one write at a time.
struct StandInScanner: Sendable {
    let database: TemporaryDatabase
    let exchange: ExchangeID

    /// Redis is shared by all tests: no other's event may be the next one here.
    init(_ database: TemporaryDatabase, exchange: ExchangeID) async throws {
        self.database = database
        self.exchange = exchange
        let sequence = Int.random(in: 1_000_000...1_000_000_000) * 1000
        try await database.withPool { pool in
            _ = try await pool.query("UPDATE statistics_state SET sequence = \(sequence), last_run_at = now()")
        }
    }

    /// Stores z-scores by symbol and returns their event, unpublished.
    func write(_ scores: [String: Double]) async throws -> StatisticsEvent {
        var sequence = 0
        try await database.withPool { pool in
            sequence = try await pool.withTransaction { connection in
                let sequence: Int = try await connection.query(
                    "UPDATE statistics_state SET sequence = sequence + 1, last_run_at = now() RETURNING sequence"
                )[0].decode("sequence")
                try await connection.query(
                    """
                    INSERT INTO funding_statistics (
                           contract_id, exchange, symbol, base_asset, funding_rate, funding_interval_hours, data_points,
                           expected_points, confidence, zone, z_score, computed_at, sequence)
                    SELECT m.id, m.exchange, m.symbol, m.base_asset, 0.0001, 8, 40, 90, 'medium', 'stable', s.score,
                           now(), \(sequence)
                      FROM unnest(\(scores.map(\.key)), \(scores.map(\.value))) AS s (symbol, score)
                      JOIN contract_metadata m ON m.symbol = s.symbol AND m.exchange = \(exchange.rawValue)
                    ON CONFLICT (contract_id) DO UPDATE
                       SET z_score = excluded.z_score, sequence = excluded.sequence
                    """)
                return sequence
            }
        }
        return StatisticsEvent(
            sequence: sequence, computedAt: Date(),
            changed: scores.map { symbol, score in
                StatisticsEvent.Changed(
                    exchange: exchange, symbol: symbol, baseAsset: symbol.replacing("USDT", with: ""),
                    statistics: ContractStatistics(
                        fundingRate: 0.0001, interval: .eightHours, dataPoints: 40, expectedPoints: 90, zScore: score))
            })
    }
}
