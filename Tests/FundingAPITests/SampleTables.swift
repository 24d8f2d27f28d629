import Foundation
import Logging
import PostgresDriver
import TestSupport

/// Tables with a few exchanges, their contracts and what these paid; times are relative to now.
enum SampleTables {
    /// The latest full eight hours of UTC.
    static let lastSlot = Date(timeIntervalSince1970: (Date().timeIntervalSince1970 / 28_800).rounded(.down) * 28_800)

    static func slot(_ hours: Double) -> Date { lastSlot.addingTimeInterval(hours * 3600) }

    /// How far the statistics are. Redis is shared by all tests: no other's event may be the next one here.
    private static let statisticsSequence = Int.random(in: 1_000_000...1_000_000_000) * 1000

    static func fill(_ database: TemporaryDatabase) async throws {
        try await database.withPool { pool in
            for statement in statements {
                do { try await pool.query(statement) } catch { throw TestSupportError("\(error): \(statement.sql)") }
            }
        }
    }

    /// `(id, feed, exchange, symbol, base asset, hours)`: a symbol on two exchanges, one with a slash, one with a comma.
    private static let contracts: PostgresQuery = """
        (VALUES (1, 'binance-usdm', 'binance', 'BTCUSDT', 'BTC', 8), (2, 'bybit', 'bybit', 'BTCUSDT', 'BTC', 8),
                (3, 'bybit', 'bybit', 'ETHUSDT', 'ETH', 1), (4, 'hibachi', 'hibachi', 'BTC/USDT-P', 'BTC', 8),
                (5, 'dydx', 'dydx', 'WIF,RAYDIUM-USD', 'WIF', 1), (6, 'bybit', 'bybit', 'GONEUSDT', 'GONE', 8))
        AS c (id, feed, exchange, symbol, base, hours)
        """

    private static var statements: [PostgresQuery] {
        [
            """
            INSERT INTO exchange_health (
                   feed, exchange, exchange_name, kind, rates_sequence, status, last_success_at, observed_at)
            VALUES ('binance-usdm', 'binance', 'Binance', 'cex', 1, 'ok', now(), now()),
                   ('bybit', 'bybit', 'ByBit', 'cex', 1, 'ok', now(), now()),
                   ('hibachi', 'hibachi', 'Hibachi', 'dex', 1, 'ok', now(), now()),
                   ('dydx', 'dydx', 'dYdX', 'dex', 1, 'failing', now(), now())
            """,
            """
            INSERT INTO contract_metadata (
                   id, exchange, feed, symbol, base_asset, quote_asset, settle_asset, denomination, contract_type,
                   market_type, funding_interval_hours, status, first_seen_at, last_seen_at)
            OVERRIDING SYSTEM VALUE
            SELECT id, exchange, feed, symbol, base, 'USDT', 'USDT', 1, 'linear', 'crypto', hours,
                   CASE WHEN id = 6 THEN 'inactive' ELSE 'active' END, now() - interval '90 days', now()
              FROM \(contracts)
            """,
            """
            INSERT INTO exchange_data (
                   contract_id, exchange, symbol, feed, base_asset, quote_asset, funding_rate, funding_interval_hours,
                   apr, mark_price, open_interest_usd, observed_at, sequence)
            SELECT id, exchange, symbol, feed, base, 'USDT', CASE WHEN id = 3 THEN 0 ELSE 0.0001 * id END, hours,
                   CASE WHEN id = 3 THEN 0 ELSE 87.6 * id / hours END, 100.5, 1000000.0 * id, now(), 1
              FROM \(contracts)
            """,
            """
            INSERT INTO contract_terms (contract_id, valid_from, funding_interval_hours, denomination, status)
            SELECT id, now() - interval '90 days', 8, 1, 'active' FROM \(contracts)
            UNION ALL
            SELECT id, now() - interval '2 days', hours, 1, 'active' FROM \(contracts) WHERE hours <> 8
            """,
            "SELECT ensure_history_partition(\(lastSlot) - months * interval '1 month') FROM generate_series(0, 2) AS months",
            // All have paid up to now. Contract 1 paid nothing, which is not the same as not having paid; contract 2 lacks a payment.
            """
            INSERT INTO funding_rates_historical (
                   contract_id, funding_time, funding_rate, funding_interval_hours, mark_price)
            SELECT id, CASE hours WHEN 1 THEN date_trunc('hour', now()) ELSE \(lastSlot) END - n * hours * interval '1 hour',
                   CASE WHEN id = 1 THEN 0 ELSE 0.0001 * id END, hours,
                   CASE WHEN n % 2 = 0 THEN 100 + n END
              FROM \(contracts), generate_series(0, 200) AS n
             WHERE n * hours <= 72 AND NOT (id = 2 AND n = 3)
            """,
            """
            INSERT INTO collection_cycles (
                   batch_id, feed, started_at, duration_ms, outcome, contracts, changed, rejects, excluded)
            VALUES ('b1', 'bybit', now() - interval '40 seconds', 900, 'success', 3, 3, 0, 0),
                   ('b2', 'bybit', now() - interval '10 seconds', 500, 'success', 3, 3, 0, 0),
                   ('b2', 'binance-usdm', now() - interval '10 seconds', 8000, 'success', 1, 1, 0, 0),
                   ('b2', 'dydx', now() - interval '10 seconds', 1, 'error', 0, 0, 0, 0)
            """,
            """
            INSERT INTO completeness_certificates (contract_id, day, expected, present, hash, certified_at)
            SELECT id, (\(lastSlot) AT TIME ZONE 'UTC')::date - 1, 3, CASE WHEN id = 2 THEN 2 ELSE 3 END, sha256('x'), now()
              FROM \(contracts)
            """,
        ] + spreads + statistics
    }

    /// Every pair that pays, as a scanner that is alive has written it; its beat lies ahead, so that no test has to hurry.
    /// Pair 1 and 2 has a history of 48 hours in which it paid from 1 to 48 percent a year.
    private static var spreads: [PostgresQuery] {
        [
            """
            INSERT INTO arbitrage_opportunities (
                   long_contract_id, short_contract_id, asset, market_type, long_exchange, long_contract, short_exchange,
                   short_contract, arbitrage_type, long_rate, short_rate, long_interval_hours, short_interval_hours,
                   long_apr, short_apr, long_open_interest, short_open_interest, combined_open_interest, rate_spread,
                   effective_hourly_spread, daily_spread, apr_spread, sync_period_hours, identity, mark_price_gap_pct,
                   is_ranked, risk_flags, round_trip_fee, holding_hours, spread_zscore, spread_mean, spread_std_dev,
                   spread_percentile, spread_data_points, significance_score, since, generation)
            SELECT l.contract_id, s.contract_id, l.base_asset, 'crypto', l.exchange, l.symbol, s.exchange, s.symbol,
                   'same_sign', l.funding_rate, s.funding_rate, l.funding_interval_hours, s.funding_interval_hours, l.apr,
                   s.apr, l.open_interest_usd, s.open_interest_usd, l.open_interest_usd + s.open_interest_usd,
                   s.funding_rate - l.funding_rate, n, n * 24, n * 876000, 8, 'proven', 0, true, '{low_oi}',
                   CASE WHEN s.contract_id <> 4 THEN 0.0021 END, 168, 2.5, 4, 1.5, 97.5, 700, 5.5, now(), 1000
              FROM exchange_data l
              JOIN exchange_data s ON s.base_asset = l.base_asset AND s.exchange <> l.exchange
             CROSS JOIN LATERAL (
                   SELECT s.funding_rate / s.funding_interval_hours - l.funding_rate / l.funding_interval_hours AS n) pays
             WHERE n > 0
            """,
            """
            UPDATE arbitrage_state
               SET generation = 1000, computed_at = now(), contracts = 5, pairs = 3, ranked = 3, max_apr_spread = 32.85,
                   significant = 3
            """,
            """
            INSERT INTO service_heartbeats (service, instance, version, started_at, beat_at)
            VALUES ('scanner', 'test', '1', now(), now() + interval '1 hour')
            """,
            "SELECT maintain_spread_partitions(now() - interval '30 days', now() + interval '1 day', 60)",
            """
            INSERT INTO arbitrage_spreads (
                   contract_a, contract_b, bucket, open, high, low, close, average, rate_a, rate_b, seconds)
            SELECT 1, 2, date_trunc('hour', now()) - n * interval '1 hour', n, n + 0.5, n - 0.5, n, n, 0.00001, 0.00002,
                   CASE WHEN n > 24 THEN 0 ELSE 3600 END
              FROM generate_series(1, 48) AS n
            """,
            "SELECT refresh_spread_stats()",
        ]
    }

    /// Where rates stand among their last 30 days, as far as that is known, and how well they were foretold.
    private static var statistics: [PostgresQuery] {
        [
            // Contract 4 has been paid too seldom for statistics, and of contract 5 nothing is known.
            """
            INSERT INTO funding_statistics (
                   contract_id, exchange, symbol, base_asset, funding_rate, funding_interval_hours, data_points,
                   expected_points, confidence, zone, mean_30d, std_dev_30d, median_30d, min_30d, max_30d,
                   median_deviation_30d, z_score, robust_z_score, percentile, computed_at, sequence)
            SELECT c.id, exchange, symbol, base, CASE WHEN c.id = 3 THEN 0 ELSE 0.0001 * c.id END, hours, points, expected,
                   confidence, zone, mean, deviation, mean, 0, 0.001, deviation, score, score, percentile, now(),
                   \(statisticsSequence)
              FROM \(contracts)
              JOIN (VALUES (1, 90, 90, 'high', 'stable', 0.0002, 0.0002, -0.5, 30.5),
                           (2, 45, 90, 'medium', 'active', 0, 0.00008, 2.5, 100),
                           (3, 180, 180, 'very_high', 'stable', 0, 0.0001, 0, 0),
                           (4, 5, 90, 'none', 'stable', NULL, NULL, NULL, NULL))
                AS s (id, points, expected, confidence, zone, mean, deviation, score, percentile) ON s.id = c.id
            """,
            // Contract 3 was foretold exactly; contract 2 was looked at and there was nothing to read.
            """
            INSERT INTO prediction_scores (
                   contract_id, horizon_minutes, funding_interval_hours, predictions, error_sum, absolute_error_sum,
                   sign_flips, scored_from, scored_to)
            VALUES (1, 60, 8, 10, -0.001, 0.002, 1, now() - interval '3 days', now()),
                   (1, 5, 8, 10, 0.0001, 0.0004, 0, now() - interval '3 days', now()),
                   (2, 60, 8, 0, 0, 0, 0, now() - interval '1 day', now()),
                   (3, 60, 1, 4, 0, 0, 0, now() - interval '1 day', now()),
                   (6, 60, 8, 5, 0.1, 0.1, 5, now() - interval '9 days', now() - interval '8 days')
            """,
            """
            UPDATE statistics_state
               SET sequence = \(statisticsSequence), last_run_at = now(), duration_ms = 12.5, contracts = 5, changed = 4
            """,
        ]
    }
}

extension RunningAPI {
    /// Runs the API on the sample tables.
    static func withSampleTables(
        redis: String? = nil, limits: [String: String] = [:], logger: Logger = Self.silence,
        _ body: (RunningAPI, TemporaryDatabase) async throws -> Void
    ) async throws {
        try await TemporaryDatabase.with { database in
            try await SampleTables.fill(database)
            try await with(database, redis: redis, limits: limits, logger: logger) { api in
                try await eventually { try await api.get("/ready").status == 200 }
                try await body(api, database)
            }
        }
    }
}
