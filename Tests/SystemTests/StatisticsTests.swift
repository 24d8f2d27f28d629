import Foundation
import FundingCore
import PostgresDriver
import Testing

extension LoopbackTests {
    /// The scanner's statistics, against what the tables say.
    struct StatisticsTests {
        /// Rows that are not what Postgres makes of the same payments and the rate that was compared.
        private static let differing: PostgresQuery = """
            SELECT s.symbol
              FROM funding_statistics s
              CROSS JOIN LATERAL (
                   SELECT s.funding_interval_hours AS hours, s.funding_rate / s.funding_interval_hours AS rate
              ) AS now
              CROSS JOIN LATERAL (
                   SELECT count(*) AS points, avg(h.rate) * now.hours AS mean,
                          stddev_samp(h.rate) * now.hours AS deviation,
                          percentile_cont(0.5) WITHIN GROUP (ORDER BY h.rate) * now.hours AS median,
                          min(h.rate) * now.hours AS lowest, max(h.rate) * now.hours AS highest,
                          (now.rate - avg(h.rate)) / nullif(stddev_samp(h.rate), 0) AS z_score,
                          (count(*) FILTER (WHERE h.rate < now.rate) + count(*) FILTER (WHERE h.rate <= now.rate)
                           + (count(*) FILTER (WHERE h.rate = now.rate) > 0)::integer) * 50.0 / count(*) AS percentile
                     FROM (SELECT funding_rate / funding_interval_hours AS rate FROM funding_rates_historical
                            WHERE contract_id = s.contract_id
                              AND funding_time > s.computed_at - interval '30 days') AS h
                   HAVING count(*) >= 10
              ) AS r
             WHERE s.data_points <> r.points
                OR abs(s.mean_30d - r.mean) > 1e-9 * greatest(abs(r.lowest), abs(r.highest))
                OR abs(s.std_dev_30d - r.deviation) > 1e-9 * r.deviation
                OR abs(s.median_30d - r.median) > 1e-15 OR abs(s.min_30d - r.lowest) > 1e-15
                OR abs(s.max_30d - r.highest) > 1e-15
                OR abs(s.z_score - r.z_score) > 1e-9 * greatest(abs(r.z_score), 1)
                OR abs(s.percentile - r.percentile) > 0.0501
                OR (s.z_score IS NULL) <> (r.z_score IS NULL) OR s.mean_30d IS NULL
            """

        /// Pairs whose spread does not stand where Postgres puts it by the same payments, at the last full hour or, if the
        /// pair has not moved since it turned, at the one before.
        private static let differingPairs: PostgresQuery = """
            WITH hours AS (
                SELECT generate_series(now - interval '720 hours', now, interval '1 hour') AS hour
                  FROM date_trunc('hour', now(), 'UTC') AS now
            ), legs AS (
                SELECT c.id, h.hour, p.funding_rate / p.funding_interval_hours AS rate
                  FROM (SELECT long_contract_id AS id FROM arbitrage_opportunities WHERE spread_mean IS NOT NULL
                         UNION SELECT short_contract_id FROM arbitrage_opportunities WHERE spread_mean IS NOT NULL) AS c
                  CROSS JOIN hours h
                  CROSS JOIN LATERAL (
                       SELECT * FROM funding_rates_historical
                        WHERE contract_id = c.id AND funding_time >= h.hour ORDER BY funding_time LIMIT 1) AS p
                 WHERE h.hour > p.funding_time - make_interval(secs => 3600 * p.funding_interval_hours)
            ), expected AS (
                SELECT o.long_contract_id, o.short_contract_id, count(*) AS points, avg(s.spread) AS mean,
                       stddev_samp(s.spread) AS deviation
                  FROM arbitrage_opportunities o
                  CROSS JOIN (VALUES (0), (1)) AS turned (hours)
                  CROSS JOIN LATERAL (
                       SELECT (short.rate - long.rate) * 876000 AS spread
                         FROM legs long JOIN legs short USING (hour)
                        WHERE long.id = o.long_contract_id AND short.id = o.short_contract_id
                          AND hour > date_trunc('hour', now(), 'UTC') - make_interval(hours => 720 + turned.hours)
                          AND hour <= date_trunc('hour', now(), 'UTC') - make_interval(hours => turned.hours)) AS s
                 WHERE o.spread_mean IS NOT NULL
                 GROUP BY o.long_contract_id, o.short_contract_id, turned.hours
            )
            SELECT o.long_contract, o.short_contract FROM arbitrage_opportunities o
             WHERE o.spread_mean IS NOT NULL
               AND NOT EXISTS (
                   SELECT FROM expected e
                    WHERE e.long_contract_id = o.long_contract_id AND e.short_contract_id = o.short_contract_id
                      AND o.spread_data_points = e.points
                      AND abs(o.spread_mean - e.mean) < 1e-9 * greatest(abs(e.mean), 1)
                      AND abs(o.spread_std_dev - e.deviation) < 1e-9 * e.deviation
                      AND abs(o.spread_zscore - (o.apr_spread - e.mean) / e.deviation) < 1e-6)
            """

        @Test func theyAreWhatTheTablesSay() async throws {
            try await Suite.run { suite in
                let feeds = ["bybit", "lighter"]
                try await suite.listContracts(feeds: feeds)
                let symbols = try await suite.symbolsOfCommonAssets(12, of: feeds)
                #expect(symbols.count == 24)
                let (early, late) = (Array(symbols.prefix(12)), Array(symbols.dropFirst(12)))
                // Half of the history is there when the scanner starts, the other half it hears of.
                func fill(_ name: String, _ symbols: [String]) async throws {
                    let ending = try await suite.backfill(
                        name, ["--symbols", symbols.joined(separator: ",")], feeds: feeds)
                    #expect(ending == .status(0))
                }
                try await fill("early", early)
                // Of all pairs, however little they pay at the hour of the test.
                try await suite.database.query(
                    #"SELECT save_settings('{"scanner": {"carry_floor_apr": 0}}', NULL, 'test', 'test')"#)
                let scanner = try await suite.startScanner("scanner")
                // As often as Lighter's budget allows without a break.
                let collector = try await suite.startCollector(every: 4, feeds: feeds)
                try await eventually("the first half is told", within: .seconds(30)) {
                    try await suite.contractsWithStatistics() >= early.count
                }
                try await fill("late", late)
                let filled = try await suite.contractsWithHistory()
                #expect(filled >= symbols.count)
                try await eventually("the second half is told", within: .seconds(30)) {
                    try await suite.contractsWithStatistics() == filled
                }
                try await Self.agree(suite, Self.differing)

                // Whatever is lost with the process is computed again, of pairs too.
                #expect(try await scanner.end(SIGKILL) == .signal(SIGKILL))
                try await suite.database.query("UPDATE statistics_state SET last_run_at = NULL")
                let heir = try await suite.startScanner("heir")
                try await eventually("the heir has run", within: .seconds(30)) {
                    try await suite.database.query(
                        "SELECT FROM statistics_state WHERE last_run_at IS NOT NULL AND contracts > 0"
                    ).count == 1
                }
                try await eventually("pairs stand somewhere", within: .seconds(30)) {
                    try await suite.database.query(
                        "SELECT FROM arbitrage_opportunities WHERE spread_zscore IS NOT NULL"
                    ).count >= 3
                }
                try await Self.agree(suite, Self.differing)
                try await Self.agree(suite, Self.differingPairs)

                // The rates that were compared are the current ones, once they stand still.
                #expect(try await collector.end(SIGTERM) == .status(0))
                try await eventually("the last rates are compared", within: .seconds(20)) {
                    try await suite.database.query(
                        """
                        SELECT FROM funding_statistics s JOIN exchange_data d USING (contract_id)
                         WHERE s.z_score IS NOT NULL
                           AND abs(d.funding_rate / d.funding_interval_hours
                                   - s.funding_rate / s.funding_interval_hours)
                               >= 0.0011 * s.std_dev_30d / s.funding_interval_hours
                        """
                    ).isEmpty
                }
                try await Self.agree(suite, Self.differing)
                let state = try await suite.database.query(
                    """
                    SELECT sequence, (SELECT max(sequence) FROM funding_statistics) AS latest,
                           duration_ms, last_run_at > now() - interval '30 seconds' AS is_recent
                      FROM statistics_state
                    """
                )[0]
                #expect(try state.decode("sequence", as: Int.self) == state.decode("latest"))
                #expect(try state.decode("duration_ms", as: Double.self) > 0)
                #expect(try state.decode("is_recent"))
                #expect(try await heir.end(SIGTERM) == .status(0))
            }
        }

        /// The collector's polls and readings are made eleven minutes old, and what they foretold is settled now.
        @Test func whatWasPredictedIsScoredOnceItIsSettled() async throws {
            try await Suite.run { suite in
                let feeds = ["bybit"]
                let collector = try await suite.startCollector(feeds: feeds)
                try await suite.wait(forPolls: 3, of: feeds)
                #expect(try await collector.end(SIGTERM) == .status(0))
                try await suite.database.query(
                    """
                    SELECT maintain_streaming_partitions(now() - interval '11 minutes', 7),
                           ensure_history_partition(now())
                    """)
                for statement: PostgresQuery in [
                    """
                    UPDATE streaming_data SET minute = minute - interval '11 minutes',
                                              observed_at = observed_at - interval '11 minutes'
                    """,
                    // Each minute was watched since.
                    """
                    INSERT INTO collection_cycles (batch_id, feed, started_at, duration_ms, outcome, contracts, changed,
                                                   rejects, excluded)
                    SELECT 'm' || minute, 'bybit', now() - make_interval(mins => minute), 1, 'success', 1, 0, 0, 0
                      FROM generate_series(1, 11) minute
                    """,
                    // Each pays the negative of half of what was foretold.
                    """
                    INSERT INTO funding_rates_historical (contract_id, funding_time, funding_rate, funding_interval_hours)
                    SELECT DISTINCT ON (contract_id) contract_id, now(), funding_rate / -2, funding_interval_hours
                      FROM streaming_data ORDER BY contract_id, minute DESC
                    """,
                ] { try await suite.database.query(statement) }
                let contracts: Int = try await suite.database.query(
                    "SELECT count(*) AS count FROM funding_rates_historical WHERE funding_rate <> 0")[0].decode("count")
                #expect(contracts > 100)
                let scanner = try await suite.startScanner("scanner")
                try await eventually("the predictions are scored", within: .seconds(60)) {
                    try await suite.database.query("SELECT FROM prediction_scores LIMIT 1").count == 1
                }
                // Nothing was foretold an hour before, nor a quarter of one.
                let rows = try await suite.database.query(
                    """
                    SELECT p.horizon_minutes, sum(p.predictions)::bigint AS predictions,
                           sum(p.sign_flips)::bigint AS flips,
                           count(*) FILTER (WHERE p.predictions > 0
                                              AND abs(p.mean_error + h.funding_rate * 3) > 1e-12) AS wrong
                      FROM prediction_scores p JOIN funding_rates_historical h USING (contract_id)
                     WHERE h.funding_rate <> 0
                     GROUP BY 1 ORDER BY 1
                    """)
                #expect(try rows.map { try $0.decode("horizon_minutes", as: Int.self) } == [1, 5, 15, 60])
                #expect(
                    try rows.map { try $0.decode("predictions", as: Int.self) } == [contracts, contracts, 0, 0])
                #expect(try rows.map { try $0.decode("flips", as: Int.self) } == [contracts, contracts, 0, 0])
                #expect(try rows.allSatisfy { try $0.decode("wrong", as: Int.self) == 0 })
                #expect(try await scanner.end(SIGTERM) == .status(0))
            }
        }

        /// Payments are written page by page, and told of a moment later: waits until no row differs.
        private static func agree(_ suite: Suite, _ differing: PostgresQuery) async throws {
            var found: [String] = []
            do {
                try await eventually("the statistics are those of the tables", within: .seconds(30)) {
                    found = try await suite.database.query(differing).map { try $0.decode(0) }
                    return found.isEmpty
                }
            } catch { throw Failure("\(error): \(found.prefix(5))") }
        }
    }
}

extension Suite {
    fileprivate func contractsWithStatistics() async throws -> Int {
        try await database.query(
            "SELECT count(*) AS count FROM funding_statistics WHERE data_points >= 10 AND mean_30d IS NOT NULL"
        )[0].decode("count")
    }

    fileprivate func contractsWithHistory() async throws -> Int {
        try await database.query(
            """
            SELECT count(*) AS count
              FROM (SELECT contract_id FROM funding_rates_historical GROUP BY contract_id HAVING count(*) >= 10) AS c
            """
        )[0].decode("count")
    }
}
