import PostgresDriver
import TestSupport
import Testing

/// Each table has one process that writes it, and the grants see to that.
@Suite(.needsPostgres)
struct GrantTests {
    private static let collectorTables: Set = [
        "contract_metadata", "contract_terms", "exchange_health", "exchange_data", "collection_cycles",
        "collection_rejects", "service_heartbeats", "streaming_data", "websocket_connections",
    ]
    /// Partitions are reached through their table; the view is for reading only.
    private static let allTables: PostgresQuery = """
        SELECT relname FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
           AND relname <> 'schema_migrations'
        """
    private static let historyTables: Set = [
        "funding_rates_historical", "backfill_coverage", "backfill_jobs", "backfill_progress",
        "completeness_certificates", "funding_rate_revisions",
    ]
    private static let scannerTables: Set = [
        "scanner_lease", "arbitrage_opportunities", "arbitrage_state", "arbitrage_spreads", "arbitrage_hours",
        "alert_states", "alert_events", "alert_deliveries", "funding_statistics", "statistics_state",
        "prediction_scores",
    ]
    private static let operatorsTables: Set = ["exchange_fees"]

    private static let writers: [(role: String, own: Set<String>)] = [
        ("funding_collector", collectorTables),
        ("funding_backfiller", historyTables.union(["service_heartbeats"])),
        ("funding_scanner", scannerTables.union(["service_heartbeats"])), ("funding_api", []),
        ("funding_admin", collectorTables.union(historyTables).union(scannerTables).union(operatorsTables)),
    ]

    @Test(arguments: writers)
    func eachRoleWritesItsOwnTablesOnly(role: String, own: Set<String>) async throws {
        try await TemporaryDatabase.with { database in
            try await database.withPool { pool in
                for privilege in ["INSERT", "UPDATE", "DELETE"] {
                    let writable = try await tables(of: pool, where: role, has: privilege)
                    #expect(writable == own, "\(role) \(privilege)")
                }
                let emptiable = try await tables(of: pool, where: role, has: "TRUNCATE")
                #expect(emptiable.isEmpty)
            }
        }
    }

    @Test(arguments: ["funding_collector", "funding_backfiller", "funding_scanner", "funding_api", "funding_admin"])
    func everyRoleReadsEveryTable(role: String) async throws {
        try await TemporaryDatabase.with { database in
            try await database.withPool { pool in
                let all = try await names(pool.query(Self.allTables))
                #expect(all.count >= 8)
                #expect(try await tables(of: pool, where: role, has: "SELECT") == all)
            }
        }
    }

    /// What the privileges say is also what happens.
    @Test func theAPIsStatementsAreRefused() async throws {
        try await TemporaryDatabase.with { database in
            try await database.withPool { owner in
                let tables = try await names(owner.query(Self.allTables))
                try await database.withPool(as: "funding_api") { pool in
                    for table in tables {
                        try await pool.query("SELECT * FROM \(identifier: table) LIMIT 1")
                        for statement: PostgresQuery in [
                            "DELETE FROM \(identifier: table)", "INSERT INTO \(identifier: table) DEFAULT VALUES",
                        ] {
                            let error = await #expect(throws: PostgresError.self) { try await pool.query(statement) }
                            #expect(error?.sqlState == "42501", "\(statement.sql)")
                        }
                    }
                    let error = await #expect(throws: PostgresError.self) {
                        try await pool.query("SELECT ensure_history_partition(now())")
                    }
                    #expect(error?.sqlState == "42501")
                    await #expect(throws: PostgresError.self) { try await pool.query("CREATE TABLE mine ()") }
                }
            }
        }
    }

    @Test func theBackfillerMakesPartitionsAndWritesIntoThem() async throws {
        try await TemporaryDatabase.with { database in
            try await database.withPool(as: "funding_backfiller") { pool in
                for _ in 1...2 { try await pool.query("SELECT ensure_history_partition('2026-03-31T23:59:59Z')") }
                try await pool.query(
                    "INSERT INTO funding_rates_historical VALUES (1, '2026-03-31T23:59:59Z', 0.0001, 8, NULL)")
                let error = await #expect(throws: PostgresError.self) {
                    try await pool.query(
                        "INSERT INTO funding_rates_historical VALUES (1, '2026-04-01Z', 0.0001, 8, NULL)")
                }
                #expect(error?.sqlState == "23514")
            }
        }
    }

    private func tables(of pool: PostgresPool, where role: String, has privilege: String) async throws -> Set<String> {
        try await names(
            pool.query("\(Self.allTables) AND has_table_privilege(\(role), oid, \(privilege))"))
    }

    private func names(_ rows: PostgresRows) throws -> Set<String> {
        try Set(rows.map { try $0.decode("relname", as: String.self) })
    }
}
