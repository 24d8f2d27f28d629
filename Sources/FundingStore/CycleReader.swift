public import Foundation
public import FundingCore
public import PostgresDriver

/// Reads how the polls of late went.
public struct CycleReader: Sendable {
    /// The latest poll of one feed.
    public struct Cycle: Hashable, Sendable {
        public enum Outcome: String, Sendable {
            case success
            /// Part of the feed failed.
            case partial
            case error, timeout, empty
            case circuitOpen = "circuit_open"
        }

        public var feed: FeedID
        public var exchange: ExchangeID
        public var exchangeName: String
        /// Polls of the same tick of the clock share it.
        public var batchID: String
        public var startedAt: Date
        /// In seconds.
        public var duration: TimeInterval
        public var outcome: Outcome
        public var contracts: Int
        public var rejects: Int
        /// Seconds between two polls of the feed.
        public var pollPeriod: TimeInterval
    }

    /// How many polls of a feed were due, and of how many at least a part was stored.
    public struct Tally: Hashable, Sendable {
        public var polls: Int
        public var stored: Int
    }

    private let pool: PostgresPool

    public init(_ pool: PostgresPool) { self.pool = pool }

    /// Each feed's latest poll, in the order of feeds; a feed that has never been polled is left out.
    public func latest() async throws -> [Cycle] {
        try await pool.query(
            """
            SELECT h.feed, h.exchange, h.exchange_name, h.poll_period_seconds, c.batch_id, c.started_at, c.duration_ms,
                   c.outcome, c.contracts, c.rejects
              FROM exchange_health h
              CROSS JOIN LATERAL (
                   SELECT * FROM collection_cycles c WHERE c.feed = h.feed ORDER BY c.started_at DESC LIMIT 1
              ) AS c
             ORDER BY h.feed
            """
        ).map { row in
            let milliseconds: Double = try row.decode("duration_ms")
            let outcome: String = try row.decode("outcome")
            guard let outcome = Cycle.Outcome(rawValue: outcome) else {
                throw StoreError("collection_cycles holds the outcome \(outcome)")
            }
            return Cycle(
                feed: FeedID(rawValue: try row.decode("feed")),
                exchange: ExchangeID(rawValue: try row.decode("exchange")),
                exchangeName: try row.decode("exchange_name"), batchID: try row.decode("batch_id"),
                startedAt: try row.decode("started_at"), duration: milliseconds / 1000, outcome: outcome,
                contracts: try row.decode("contracts"), rejects: try row.decode("rejects"),
                pollPeriod: try row.decode("poll_period_seconds"))
        }
    }

    /// The polls that began since a time. One that an open circuit prevented was due all the same.
    public func tallies(since time: Date) async throws -> [FeedID: Tally] {
        let rows = try await pool.query(
            """
            SELECT feed, count(*) AS polls, count(*) FILTER (WHERE outcome IN ('success', 'partial')) AS stored
              FROM collection_cycles
             WHERE started_at >= \(time)
             GROUP BY feed
            """
        )
        return try rows.reduce(into: [:]) { tallies, row in
            tallies[FeedID(rawValue: try row.decode("feed"))] = Tally(
                polls: try row.decode("polls"), stored: try row.decode("stored"))
        }
    }
}
