public import Foundation
public import FundingCore
public import PostgresDriver

/// Tells how the connections to exchanges' streams fare, and keeps the tables of their paths in order.
public struct StreamStore: Sendable {
    /// One connection, as its collector sees it.
    public struct Connection: Sendable {
        /// Tells the connections of a feed apart.
        public var key: String
        public var isOpen: Bool
        /// How many contracts it brings news of.
        public var contracts: Int
        public var openedAt: Date?
        public var openings: Int
        public var lastMessageAt: Date?
        public var lastDataAt: Date?
        public var messages: Int
        public var updates: Int
        public var bytes: Int
        public var unreadable: Int
        public var refusals: Int
        public var lastEndKind: String?
        public var lastEnd: String?
        public var lastEndAt: Date?
        public var reopensAt: Date?

        public init(
            key: String, isOpen: Bool, contracts: Int, openedAt: Date?, openings: Int, lastMessageAt: Date?,
            lastDataAt: Date?, messages: Int, updates: Int, bytes: Int, unreadable: Int, refusals: Int,
            lastEndKind: String?, lastEnd: String?, lastEndAt: Date?, reopensAt: Date?
        ) {
            self.key = key
            self.isOpen = isOpen
            self.contracts = contracts
            self.openedAt = openedAt
            self.openings = openings
            self.lastMessageAt = lastMessageAt
            self.lastDataAt = lastDataAt
            self.messages = messages
            self.updates = updates
            self.bytes = bytes
            self.unreadable = unreadable
            self.refusals = refusals
            self.lastEndKind = lastEndKind
            self.lastEnd = lastEnd
            self.lastEndAt = lastEndAt
            self.reopensAt = reopensAt
        }
    }

    /// The connections to one exchange's streams, all its feeds taken together.
    public struct Summary: Sendable, Equatable {
        public var exchange: ExchangeID
        public var total: Int
        /// Those that are open, as far as their collector said so lately: of a dead one's nobody knows.
        public var open: Int
        /// How long ago the newest data had come when the collector last told; after it went silent, by now.
        public var dataAge: TimeInterval?
        /// How far the exchange's clock is ahead of the collector's, in seconds; nil if its messages state no time.
        public var clockSkew: TimeInterval?

        public init(exchange: ExchangeID, total: Int, open: Int, dataAge: TimeInterval?, clockSkew: TimeInterval?) {
            self.exchange = exchange
            self.total = total
            self.open = open
            self.dataAge = dataAge
            self.clockSkew = clockSkew
        }
    }

    /// A collector tells of its connections every five seconds; one that has been silent for longer is not believed.
    private static let believedSeconds = 20

    /// How the streams fare, exchange by exchange; those without connections are not named.
    public func summaries() async throws -> [Summary] {
        try await pool.withConnection { connection in
            try await connection.query(
                """
                SELECT exchange, count(*) AS total, count(*) FILTER (WHERE is_open AND is_believed) AS open,
                       greatest(0, min(extract(epoch FROM
                           CASE WHEN is_believed THEN updated_at ELSE now() END - last_data_at)))::float8 AS data_age,
                       (array_agg(clock_skew_seconds ORDER BY abs(clock_skew_seconds) DESC NULLS LAST))[1] AS skew
                  FROM (SELECT *, updated_at > now() - make_interval(secs => \(Self.believedSeconds)) AS is_believed
                          FROM websocket_connections) AS connections
                 GROUP BY exchange
                 ORDER BY exchange
                """
            ).map { row in
                Summary(
                    exchange: ExchangeID(rawValue: try row.decode("exchange")), total: try row.decode("total"),
                    open: try row.decode("open"), dataAge: try row.decode("data_age"),
                    clockSkew: try row.decode("skew")
                )
            }
        }
    }

    /// How long the paths of predicted rates are kept.
    public static let keptDays = 7

    private let pool: PostgresPool

    public init(_ pool: PostgresPool) { self.pool = pool }

    /// Replaces what is told of a feed's connections; connections that are no more lose their rows.
    /// - Parameter clockSkew: how far the exchange's clock is ahead, in seconds.
    public func record(
        _ connections: [Connection], of feed: FeedID, exchange: ExchangeID, instance: String, clockSkew: TimeInterval?,
        lease: FeedLeases.Lease
    ) async throws {
        try await pool.withTransaction { transaction in
            let held = try await transaction.query(
                """
                SELECT \(LeasedWrites.mark(feed.rawValue)) FROM exchange_health
                 WHERE feed = \(feed.rawValue) AND lease_token = \(lease.token) FOR SHARE
                """
            )
            guard !held.isEmpty else { throw LeaseLost(feed: feed.rawValue) }
            var statements: [PostgresQuery] = [
                """
                DELETE FROM websocket_connections
                 WHERE feed = \(feed.rawValue) AND connection <> ALL (\(connections.map(\.key)))
                """
            ]
            statements += connections.map { Self.upsert($0, feed, exchange, instance, clockSkew) }
            _ = try await transaction.pipeline(statements)
        }
    }

    private static func upsert(
        _ connection: Connection, _ feed: FeedID, _ exchange: ExchangeID, _ instance: String, _ skew: TimeInterval?
    ) -> PostgresQuery {
        """
        INSERT INTO websocket_connections (
               feed, connection, exchange, instance, is_open, contracts, opened_at, openings, last_message_at,
               last_data_at, messages, updates, bytes, unreadable, refusals, last_end_kind, last_end, last_end_at,
               reopens_at, clock_skew_seconds, updated_at)
        VALUES (\(feed.rawValue), \(connection.key), \(exchange.rawValue), \(instance), \(connection.isOpen),
                \(connection.contracts), \(connection.openedAt), \(connection.openings), \(connection.lastMessageAt),
                \(connection.lastDataAt), \(connection.messages), \(connection.updates), \(connection.bytes),
                \(connection.unreadable), \(connection.refusals), \(connection.lastEndKind), \(connection.lastEnd),
                \(connection.lastEndAt), \(connection.reopensAt), \(skew), now())
        ON CONFLICT (feed, connection) DO UPDATE
           SET exchange = excluded.exchange, instance = excluded.instance, is_open = excluded.is_open,
               contracts = excluded.contracts, opened_at = excluded.opened_at, openings = excluded.openings,
               last_message_at = excluded.last_message_at, last_data_at = excluded.last_data_at,
               messages = excluded.messages, updates = excluded.updates, bytes = excluded.bytes,
               unreadable = excluded.unreadable, refusals = excluded.refusals,
               last_end_kind = excluded.last_end_kind, last_end = excluded.last_end,
               last_end_at = excluded.last_end_at, reopens_at = excluded.reopens_at,
               clock_skew_seconds = excluded.clock_skew_seconds, updated_at = excluded.updated_at
        """
    }

    /// A collector holds these connections no more: those of one feed, or all that it had.
    public func forget(_ feed: FeedID? = nil, instance: String) async throws {
        try await pool.query(
            """
            DELETE FROM websocket_connections
             WHERE instance = \(instance) AND feed = coalesce(\(feed?.rawValue), feed)
            """
        )
    }

    /// Makes sure that the paths of today and tomorrow have their tables, and drops those older than `keptDays`.
    public func maintainPaths(at now: Date, keptDays: Int) async throws {
        for day in [now, now.addingTimeInterval(86_400)] {
            try await pool.query("SELECT maintain_streaming_partitions(\(day), \(keptDays)::integer)")
        }
    }
}
