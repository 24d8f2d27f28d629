public import PostgresDriver

/// Forgets the market: every contract, rate, payment and what was worked out from them. What people have decided stays, as do
/// the numbers by which writes and events are counted, so that no reader takes a new one for an old one.
public struct MarketClearing: Sendable {
    /// A table and roughly how many rows it has.
    public struct Table: Sendable, Equatable {
        public var name: String
        public var rows: Int
    }

    /// Somebody would go on with what he remembers, and write it again.
    public struct SuiteRunning: Error, CustomStringConvertible {
        var who: [String]

        public var description: String { "stop the suite first: \(who.joined(separator: ", "))" }
    }

    private static let kept = [
        "schema_migrations", "settings", "settings_backups", "exchange_fees", "exchange_health", "scanner_lease",
        "service_heartbeats", "arbitrage_state", "statistics_state",
    ]

    private let pool: PostgresPool

    /// - Parameter pool: of the tables' owner; nobody else may empty them.
    public init(_ pool: PostgresPool) { self.pool = pool }

    /// What would be forgotten.
    public func tables() async throws -> [Table] {
        try await pool.withConnection { try await tables($0) }
    }

    /// Forgets it, all or nothing.
    /// - Returns: what was forgotten.
    /// - Throws: `SuiteRunning` if a service is alive or connected.
    public func run() async throws -> [Table] {
        try await pool.withTransaction { connection in
            let running = try await running(connection)
            guard running.isEmpty else { throw SuiteRunning(who: running) }
            let tables = try await tables(connection)
            let names = tables.map { "\"\($0.name)\"" }.joined(separator: ", ")
            try await connection.query(PostgresQuery(trusted: "TRUNCATE \(names)"))
            try await connection.query(
                """
                UPDATE arbitrage_state
                   SET generation = generation + 1, computed_at = now(), contracts = 0, pairs = 0, ranked = 0,
                       max_apr_spread = NULL, significant = 0
                """)
            try await connection.query(
                "UPDATE statistics_state SET sequence = sequence + 1, last_run_at = NULL, contracts = 0, changed = 0")
            try await connection.query(
                """
                UPDATE exchange_health
                   SET status = 'waiting', observed_at = NULL, last_success_at = NULL, contracts = 0, rejects = 0
                """)
            for row in try await connection.query("SELECT matviewname FROM pg_matviews WHERE schemaname = 'public'") {
                let view = try row.decode("matviewname", as: String.self)
                try await connection.query(PostgresQuery(trusted: "REFRESH MATERIALIZED VIEW \"\(view)\""))
            }
            return tables
        }
    }

    /// A partition's rows are its table's.
    private func tables(_ connection: PostgresConnection) async throws -> [Table] {
        try await connection.query(
            """
            SELECT c.relname AS name,
                   (SELECT sum(greatest(p.reltuples, 0))::bigint
                      FROM pg_class p
                     WHERE p.oid = c.oid OR p.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = c.oid)) AS rows
              FROM pg_class c
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
               AND c.relname <> ALL (\(Self.kept))
             ORDER BY c.relname
            """
        ).map { Table(name: try $0.decode("name"), rows: try $0.decode("rows")) }
    }

    private func running(_ connection: PostgresConnection) async throws -> [String] {
        try await connection.query(
            """
            SELECT service || ' ' || instance || ' is alive' AS who
              FROM service_heartbeats
             WHERE beat_at > now() - interval '10 seconds'
             UNION
            SELECT usename || ' is connected'
              FROM pg_stat_activity
             WHERE datname = current_database()
               AND usename IN ('funding_collector', 'funding_backfiller', 'funding_scanner', 'funding_api')
             ORDER BY who
            """
        ).map { try $0.decode("who") }
    }
}
