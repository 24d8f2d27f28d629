public import Foundation
public import FundingCore
public import PostgresDriver

/// Scores what was predicted against what was settled, in `prediction_scores`.
public struct PredictionStore: Sendable {
    let pool: PostgresPool

    public init(_ pool: PostgresPool) { self.pool = pool }

    /// Only what fell due this long ago is scored, in seconds: paths of predicted rates are kept for seven days.
    public static let reach: TimeInterval = 7 * 86_400

    /// At most as many payments are looked at in one go.
    public static let batch = 20_000

    /// Looks at settled payments that lie after the last one scored of their contracts, the oldest first; each is looked at
    /// once. A payment that is stored after a later one of its contract has been scored is left out.
    ///
    /// What was predicted at a moment is the last reading in `streaming_data` up to it. That table tells only of moves, so
    /// a reading may be old and still hold; it is believed up to 25 hours, an hour more than the longest interval, if a
    /// poll of its feed within the five minutes before the moment has found nothing newer. A prediction for another
    /// interval is brought to the payment's. Continuous funding has no moment to foretell.
    ///
    /// Errors are per the payment's interval, and only those of one interval add up: with the first payment of another
    /// the sums of its contract begin anew, and of the payments of one go only those of the latest interval count.
    /// - Returns: how many payments were looked at; a whole batch if there may be more.
    /// - Throws: `LeadershipLost` if another scanner leads; nothing is stored then.
    @discardableResult
    public func score(at now: Date, as leader: ScannerLease.Token) async throws -> Int {
        try await pool.withTransaction(retries: 2) { connection in
            try await connection.proveLeadership(leader)
            // Compiling the statement takes many times longer than running it.
            try await connection.query("SET LOCAL jit = off")
            let horizons = PredictionScore.Horizon.allCases.map { Int32($0.minutes) }
            let scored = try await connection.query(Self.scoring(horizons, from: now - Self.reach, to: now))
            return try scored[0].decode("looked")
        }
    }

    /// Whether what is stored and what is to be added are of one interval.
    private static let isOneInterval: PostgresQuery = "s.funding_interval_hours = excluded.funding_interval_hours"

    private static func scoring(_ horizons: [Int32], from start: Date, to now: Date) -> PostgresQuery {
        """
        WITH reached AS (
            SELECT contract_id, max(scored_to) AS scored_to FROM prediction_scores GROUP BY contract_id
        ), due AS (
            -- Along the keys, contract by contract: mostly none has anything new.
            SELECT m.id AS contract_id, m.feed, h.funding_time, h.funding_rate, h.funding_interval_hours
              FROM contract_metadata m
              LEFT JOIN reached r ON r.contract_id = m.id
              CROSS JOIN LATERAL (
                   SELECT * FROM funding_rates_historical
                    WHERE contract_id = m.id AND funding_time > greatest(r.scored_to, \(start)) AND funding_time > \(start)
                      AND funding_time <= \(now)
                    ORDER BY funding_time LIMIT \(batch)
              ) AS h
             WHERE NOT m.is_continuous
             ORDER BY h.funding_time LIMIT \(batch)
        ), judged AS (
            SELECT *, funding_interval_hours = first_value(funding_interval_hours)
                      OVER (PARTITION BY contract_id ORDER BY funding_time DESC) AS is_of_latest_interval
              FROM due
        ), ended AS (
            -- What is paid so often now is foretold no more so long before.
            DELETE FROM prediction_scores s
             USING (SELECT DISTINCT contract_id, funding_interval_hours FROM judged WHERE is_of_latest_interval) AS j
             WHERE s.contract_id = j.contract_id AND s.horizon_minutes >= j.funding_interval_hours * 60
        ), moments AS (
            SELECT j.*, horizon, j.funding_time - make_interval(mins => horizon) AS moment
              FROM judged j CROSS JOIN unnest(\(horizons)) AS horizon
             -- Before the payment before it fell due, that one was foretold.
             WHERE j.is_of_latest_interval AND horizon < j.funding_interval_hours * 60
        ), watched AS (
            SELECT feed, moment
              FROM (SELECT DISTINCT feed, moment FROM moments) AS asked
             WHERE EXISTS (
                   SELECT FROM collection_cycles c
                    WHERE c.feed = asked.feed AND c.started_at BETWEEN asked.moment - interval '5 minutes' AND asked.moment
                      AND c.outcome IN ('success', 'partial'))
        ), readings AS (
            SELECT m.contract_id, m.horizon, m.funding_time, m.funding_interval_hours, m.funding_rate AS settled,
                   p.funding_rate * (m.funding_interval_hours / p.funding_interval_hours) AS predicted
              FROM moments m
              LEFT JOIN watched w ON w.feed = m.feed AND w.moment = m.moment
              LEFT JOIN LATERAL (
                   SELECT s.funding_rate, s.funding_interval_hours FROM streaming_data s
                    WHERE w.feed IS NOT NULL AND s.contract_id = m.contract_id
                      AND s.minute BETWEEN m.moment - interval '25 hours' AND m.moment AND s.observed_at <= m.moment
                    ORDER BY s.minute DESC LIMIT 1
              ) AS p ON true
        ), scored AS (
            INSERT INTO prediction_scores AS s (
                   contract_id, horizon_minutes, funding_interval_hours, predictions, error_sum, absolute_error_sum,
                   sign_flips, scored_from, scored_to)
            SELECT contract_id, horizon, min(funding_interval_hours), count(predicted),
                   coalesce(sum(predicted - settled), 0), coalesce(sum(abs(predicted - settled)), 0),
                   count(*) FILTER (WHERE predicted * settled < 0), min(funding_time), max(funding_time)
              FROM readings
             GROUP BY contract_id, horizon
            ON CONFLICT (contract_id, horizon_minutes) DO UPDATE
               SET funding_interval_hours = excluded.funding_interval_hours,
                   predictions = excluded.predictions + CASE WHEN \(Self.isOneInterval) THEN s.predictions ELSE 0 END,
                   error_sum = excluded.error_sum + CASE WHEN \(Self.isOneInterval) THEN s.error_sum ELSE 0 END,
                   absolute_error_sum = excluded.absolute_error_sum
                                        + CASE WHEN \(Self.isOneInterval) THEN s.absolute_error_sum ELSE 0 END,
                   sign_flips = excluded.sign_flips + CASE WHEN \(Self.isOneInterval) THEN s.sign_flips ELSE 0 END,
                   scored_from = CASE WHEN \(Self.isOneInterval) THEN s.scored_from ELSE excluded.scored_from END,
                   scored_to = excluded.scored_to
        )
        SELECT count(*) AS looked FROM due
        """
    }

    /// The scores of some contracts, by horizon. A contract without any has no entry.
    public func scores(of ids: [Int]) async throws -> [Int: [PredictionScore.Horizon: PredictionScore]] {
        let rows = try await pool.query(
            """
            SELECT contract_id, horizon_minutes, funding_interval_hours, predictions, error_sum, absolute_error_sum,
                   sign_flips
              FROM prediction_scores WHERE contract_id = ANY (\(ids.map { Int32($0) }))
            """
        )
        var scores: [Int: [PredictionScore.Horizon: PredictionScore]] = [:]
        for row in rows {
            guard let horizon = PredictionScore.Horizon(rawValue: try row.decode("horizon_minutes")) else { continue }
            scores[try row.decode("contract_id"), default: [:]][horizon] = try PredictionScore(row: row)
        }
        return scores
    }
}

extension PredictionScore {
    /// - Parameter row: of `prediction_scores`.
    init(row: PostgresRow) throws {
        let hours: Double = try row.decode("funding_interval_hours")
        guard let interval = FundingInterval(hours: hours) else {
            throw StoreError("prediction_scores holds an interval of \(hours) h")
        }
        self.init(
            every: interval, count: try row.decode("predictions"), errorSum: try row.decode("error_sum"),
            absoluteErrorSum: try row.decode("absolute_error_sum"), signFlips: try row.decode("sign_flips"))
    }
}
