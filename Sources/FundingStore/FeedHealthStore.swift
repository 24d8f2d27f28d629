public import Foundation
public import FundingCore
public import PostgresDriver

/// Tells the world how each feed fares: its health row, and a cycle row for every poll that failed.
public struct FeedHealthStore: Sendable {
    /// A poll that brought nothing.
    public struct Failure: Sendable {
        public var feed: FeedID
        public var batchID: String
        public var status: FeedState.Status
        /// `error`, `timeout` or `circuit_open`.
        public var outcome: String
        public var errorKind: String
        public var detail: String
        /// When the feed will be asked again, if that is later than its next tick.
        public var retryAt: Date?
        public var startedAt: Date
        public var duration: TimeInterval

        public init(
            feed: FeedID, batchID: String, status: FeedState.Status, outcome: String, errorKind: String, detail: String,
            retryAt: Date?, startedAt: Date, duration: TimeInterval
        ) {
            self.feed = feed
            self.batchID = batchID
            self.status = status
            self.outcome = outcome
            self.errorKind = errorKind
            self.detail = detail
            self.retryAt = retryAt
            self.startedAt = startedAt
            self.duration = duration
        }
    }

    private let pool: PostgresPool

    public init(_ pool: PostgresPool) { self.pool = pool }

    /// Makes sure that a feed has its row. Waits for nobody who writes to it unless it says something else.
    public func register(
        _ feed: FeedID, exchange: ExchangeID, name: String, kind: String, rateKind: RateKind = .predicted,
        pollPeriod: TimeInterval
    ) async throws {
        let row: PostgresQuery =
            "\(exchange.rawValue), \(name), \(kind), \(rateKind.rawValue), \(pollPeriod)"
        try await pool.query(
            """
            INSERT INTO exchange_health (feed, exchange, exchange_name, kind, rate_kind, poll_period_seconds)
            SELECT \(feed.rawValue), \(row)
             WHERE NOT EXISTS (SELECT FROM exchange_health WHERE feed = \(feed.rawValue))
                ON CONFLICT (feed) DO NOTHING
            """
        )
        try await pool.query(
            """
            UPDATE exchange_health SET (exchange, exchange_name, kind, rate_kind, poll_period_seconds) = ROW (\(row))
             WHERE feed = \(feed.rawValue)
               AND (exchange, exchange_name, kind, rate_kind, poll_period_seconds) IS DISTINCT FROM (\(row))
            """
        )
    }

    /// Stores a failed poll. The feed's rows are left alone: they age.
    public func record(_ failure: Failure, lease: FeedLeases.Lease) async throws {
        try await pool.withTransaction(retries: 2) { connection in
            let updated = try await connection.query(
                """
                UPDATE exchange_health
                   SET status = \(failure.status.rawValue), consecutive_failures = consecutive_failures + 1,
                       last_failure_at = now(), retry_at = \(failure.retryAt), error_kind = \(failure.errorKind),
                       error = \(failure.detail), duration_ms = \(failure.duration * 1000), updated_at = now()
                 WHERE feed = \(failure.feed.rawValue) AND lease_token = \(lease.token)
                RETURNING feed
                """
            )
            guard !updated.isEmpty else { throw LeaseLost(feed: failure.feed.rawValue) }
            try await connection.query(
                """
                INSERT INTO collection_cycles (
                       batch_id, feed, started_at, duration_ms, outcome, contracts, changed, rejects, excluded,
                       error_kind, error)
                VALUES (\(failure.batchID), \(failure.feed.rawValue), \(failure.startedAt), \(failure.duration * 1000),
                        \(failure.outcome), 0, 0, 0, 0, \(failure.errorKind), \(failure.detail))
                """
            )
        }
    }

    /// What an exchange asked for before this process lived: how long it wants to be left alone, and how that was called.
    public func standingPause(of feed: FeedID) async throws -> (seconds: TimeInterval, errorKind: String)? {
        let rows = try await pool.query(
            """
            SELECT extract(epoch FROM retry_at - now())::float8 AS seconds, error_kind FROM exchange_health
             WHERE feed = \(feed.rawValue) AND retry_at > now()
               AND error_kind IN ('rate_limited', 'banned', 'blocked')
            """
        )
        return try rows.first.map { (try $0.decode("seconds"), try $0.decode("error_kind")) }
    }

    /// Forgets cycles and rejects that nobody will ask for any more.
    public func prune(olderThan days: Int) async throws {
        let age: PostgresQuery = "make_interval(days => \(days)::integer)"
        try await pool.query("DELETE FROM collection_cycles WHERE started_at < now() - \(age)")
        try await pool.query("DELETE FROM collection_rejects WHERE last_seen_at < now() - \(age)")
    }
}
