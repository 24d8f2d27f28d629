public import Foundation
public import FundingCore
public import PostgresDriver

/// Writes and derives `arbitrage_spreads`, the hourly history of pairs.
public struct SpreadHistoryStore: Sendable {
    /// Days that are kept.
    public static let keptDays = 60

    private let pool: PostgresPool

    /// - Parameter pool: its connections must have been prepared by `prepare` for `add`.
    public init(_ pool: PostgresPool) { self.pool = pool }

    /// To be run once on every new connection.
    public static func prepare(_ connection: PostgresConnection) async throws {
        try await connection.script(
            """
            CREATE TEMPORARY TABLE hour_rows (
                contract_a integer, contract_b integer, bucket timestamptz, open double precision,
                high double precision, low double precision, close double precision, average double precision,
                rate_a double precision, rate_b double precision, seconds double precision
            ) ON COMMIT DELETE ROWS
            """
        )
    }

    /// Makes the partitions that a stretch of time needs, and drops those that are older than is kept.
    public func maintainPartitions(from first: Date, to last: Date) async throws {
        try await pool.query("SELECT maintain_spread_partitions(\(first), \(last), \(Int32(Self.keptDays)))")
    }

    /// Adds parts of hours to what is stored of them. What was derived of an hour gives way to what was observed.
    /// - Throws: `LeadershipLost` if another scanner leads; nothing is stored then.
    public func add(_ hours: [SpreadHour], leader: ScannerLease.Token) async throws {
        guard !hours.isEmpty else { return }
        var rows = PostgresCopyRows(columns: 11, reservingRows: hours.count)
        for hour in hours {
            rows.startRow()
            rows.append(Int32(hour.a))
            rows.append(Int32(hour.b))
            rows.append(hour.bucket)
            for value in [
                hour.open, hour.high, hour.low, hour.close, hour.average, hour.rateA, hour.rateB, hour.seconds,
            ] {
                rows.append(value)
            }
        }
        try await pool.withTransaction(retries: 2) { [rows] connection in
            try await connection.proveLeadership(leader)
            try await connection.copyIn("COPY hour_rows FROM STDIN (FORMAT binary)", rows)
            try await connection.query(Self.merge)
            try await connection.query(
                """
                INSERT INTO arbitrage_hours AS h (bucket, is_observed)
                SELECT DISTINCT bucket, true FROM hour_rows WHERE seconds > 0
                ON CONFLICT (bucket) DO UPDATE SET is_observed = true WHERE NOT h.is_observed
                """)
        }
    }

    private static let merge: PostgresQuery = """
        INSERT INTO arbitrage_spreads AS s (
               contract_a, contract_b, bucket, open, high, low, close, average, rate_a, rate_b, seconds)
        SELECT contract_a, contract_b, bucket, open, high, low, close, average, rate_a, rate_b, seconds FROM hour_rows
        ON CONFLICT (contract_a, contract_b, bucket) DO UPDATE
           SET open = CASE WHEN s.seconds = 0 THEN excluded.open ELSE s.open END,
               high = CASE WHEN s.seconds = 0 THEN excluded.high ELSE greatest(s.high, excluded.high) END,
               low = CASE WHEN s.seconds = 0 THEN excluded.low ELSE least(s.low, excluded.low) END,
               close = excluded.close, rate_a = excluded.rate_a, rate_b = excluded.rate_b,
               average = (s.average * s.seconds + excluded.average * excluded.seconds) / (s.seconds + excluded.seconds),
               seconds = s.seconds + excluded.seconds
        """

    // MARK: - The past

    /// The full hours between two times that nobody observed and whose payments are other than when they were derived, in
    /// stretches of at most a UTC day.
    /// - Parameter again: the others that nobody observed as well.
    public func gaps(from first: Date, to last: Date, again: Bool = false) async throws -> [ClosedRange<Date>] {
        try await pool.query(
            """
            WITH \(Self.digests(of: first, last))
            SELECT min(d.hour) AS first, max(d.hour) AS last
              FROM digests d
              LEFT JOIN arbitrage_hours h ON h.bucket = d.hour
             WHERE h.is_observed IS NOT TRUE AND (h.payments IS DISTINCT FROM d.payments OR \(again))
             GROUP BY date_trunc('day', d.hour, 'UTC')
             ORDER BY 1
            """
        ).map { row in try row.decode("first")...row.decode("last", as: Date.self) }
    }

    /// Derives the hours of a stretch that nobody observed from settled payments, for all pairs at once: each leg's rate is
    /// a step function of its payments, read off at the ends of hours. What was derived of them before is replaced.
    ///
    /// Only pairs of one asset and kind are made whose unit prices are now within a tenth of each other, and only hours
    /// at or above the floor are kept.
    /// - Parameter hours: the beginnings of the first and the last hour.
    /// - Returns: how many rows were stored.
    @discardableResult
    public func derive(_ hours: ClosedRange<Date>, floorAPR: Double) async throws -> Int {
        try await pool.withTransaction(retries: 2) { connection in
            // A day of the whole market takes a while.
            try await connection.setStatementTimeout(.seconds(300))
            let (first, last) = (hours.lowerBound, hours.upperBound)
            // The digests first: what is stored meanwhile is found the next time.
            try await connection.query(
                """
                WITH \(Self.digests(of: first, last + 3600))
                INSERT INTO arbitrage_hours AS h (bucket, payments) SELECT hour, payments FROM digests
                ON CONFLICT (bucket) DO UPDATE SET payments = excluded.payments WHERE NOT h.is_observed
                """)
            try await connection.query(
                """
                DELETE FROM arbitrage_spreads
                 WHERE bucket BETWEEN \(first) AND \(last) AND seconds = 0
                   AND bucket NOT IN (SELECT bucket FROM arbitrage_hours WHERE is_observed)
                """)
            return try await connection.query(Self.derivation(hours, floorAPR)).affected
        }
    }

    /// Defines `digests`: each full hour between two times that payments reach into, with a digest of the hour's payments
    /// and those of the 25 hours after it; none lies further from the hour that it pays for.
    private static func digests(of first: Date, _ last: Date) -> PostgresQuery {
        """
        paid AS (
            SELECT date_trunc('hour', funding_time - interval '1 microsecond', 'UTC') AS hour,
                   sum(hashfloat8(funding_rate)::bigint) AS digest
              FROM funding_rates_historical
             WHERE funding_time > date_trunc('hour', \(first)::timestamptz, 'UTC')
               AND funding_time <= date_trunc('hour', \(last)::timestamptz, 'UTC') + interval '25 hours'
             GROUP BY 1
        ), digests AS (
            SELECT hour, payments
              FROM (
                   SELECT hour,
                          sum(digest) OVER (ORDER BY hour ROWS BETWEEN CURRENT ROW AND 25 FOLLOWING)::bigint AS payments
                     FROM generate_series(
                          date_trunc('hour', \(first)::timestamptz, 'UTC'),
                          date_trunc('hour', \(last)::timestamptz, 'UTC') + interval '24 hours',
                          interval '1 hour') AS hour
                     LEFT JOIN paid USING (hour)
                   ) AS reaching
             WHERE payments IS NOT NULL AND hour < date_trunc('hour', \(last)::timestamptz, 'UTC')
        )
        """
    }

    /// Payments of up to a day reach into the stretch from beyond its end.
    private static func derivation(_ hours: ClosedRange<Date>, _ floorAPR: Double) -> PostgresQuery {
        """
        WITH steps AS MATERIALIZED (
            SELECT DISTINCT ON (h.contract_id, ending) h.contract_id, m.exchange, m.base_asset, m.market_type,
                   CASE WHEN m.quote_asset IN ('USD', 'USDT', 'USDC', 'USDE', 'USDH', 'USDT0', 'USD1', 'FDUSD')
                        THEN d.mark_price / m.denomination END AS unit_price,
                   ending, h.funding_rate / h.funding_interval_hours AS rate
              FROM funding_rates_historical h
              JOIN contract_metadata m ON m.id = h.contract_id AND m.market_type <> 'unknown'
              JOIN exchange_data d ON d.contract_id = h.contract_id
             CROSS JOIN LATERAL generate_series(
                   date_trunc('hour', greatest(
                       h.funding_time - make_interval(secs => h.funding_interval_hours * 3600),
                       \(hours.lowerBound)::timestamptz), 'UTC') + interval '1 hour',
                   least(h.funding_time, \(hours.upperBound)::timestamptz + interval '1 hour'),
                   interval '1 hour') AS ending
             WHERE h.funding_time > \(hours.lowerBound)::timestamptz
               AND h.funding_time <= \(hours.upperBound)::timestamptz + interval '25 hours'
             ORDER BY h.contract_id, ending, h.funding_time
        )
        INSERT INTO arbitrage_spreads (
               contract_a, contract_b, bucket, open, high, low, close, average, rate_a, rate_b, seconds)
        SELECT a.contract_id, b.contract_id, a.ending - interval '1 hour', spread, spread, spread, spread, spread,
               a.rate, b.rate, 0
          FROM steps a
          JOIN steps b
            ON b.base_asset = a.base_asset AND b.market_type = a.market_type AND b.ending = a.ending
           AND b.contract_id > a.contract_id AND b.exchange <> a.exchange
           AND b.unit_price BETWEEN a.unit_price / 1.1 AND a.unit_price * 1.1
         CROSS JOIN LATERAL (SELECT (b.rate - a.rate) * 876000 AS spread) s
         WHERE abs(spread) >= \(floorAPR)
           AND a.ending - interval '1 hour' NOT IN (SELECT bucket FROM arbitrage_hours WHERE is_observed)
        ON CONFLICT (contract_a, contract_b, bucket) DO NOTHING
        """
    }

    // MARK: - Views

    /// Brings `mv_arbitrage_spread_stats` up to date. Readers go on meanwhile.
    public func refreshStatistics() async throws { try await refresh("SELECT refresh_spread_stats()") }

    /// Brings the views of live rates up to date. Readers go on meanwhile.
    public func refreshRateViews() async throws { try await refresh("SELECT refresh_rate_views()") }

    private func refresh(_ query: PostgresQuery) async throws {
        try await pool.withConnection { connection in
            try await connection.setStatementTimeout(.seconds(300))
            try await connection.query(query)
        }
    }
}
