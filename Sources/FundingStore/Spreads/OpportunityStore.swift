public import Foundation
public import FundingCore
public import PostgresDriver

/// Writes `arbitrage_opportunities`: each write is one generation, seen as a whole or not at all.
public struct OpportunityStore: Sendable {
    private let pool: PostgresPool

    /// - Parameter pool: its connections must have been prepared by `prepare`.
    public init(_ pool: PostgresPool) { self.pool = pool }

    /// To be run once on every new connection: the tables that a write is copied into live as long as its session.
    public static func prepare(_ connection: PostgresConnection) async throws {
        try await connection.script(
            """
            CREATE TEMPORARY TABLE pair_rows (
                \(OpportunityColumns.definition)
            ) ON COMMIT DELETE ROWS;
            CREATE TEMPORARY TABLE gone_pairs (long_contract_id integer, short_contract_id integer)
                ON COMMIT DELETE ROWS
            """
        )
    }

    /// Stores what changed since the last generation.
    /// - Returns: the new generation.
    /// - Throws: `LeadershipLost` if another scanner leads; nothing is stored then.
    public func write(
        _ changed: [Opportunity], removed: [FundingSpread.Key], summary: ArbitrageSummary, at now: Date,
        leader: ScannerLease.Token
    ) async throws -> Int {
        try await pool.withTransaction(retries: 2) { connection in
            let generation = try await begin(summary, at: now, leader, connection)
            if !changed.isEmpty { try await copy(changed, connection) }
            if !removed.isEmpty {
                var rows = PostgresCopyRows(columns: 2, reservingRows: removed.count)
                for key in removed {
                    rows.startRow()
                    rows.append(Int32(key.long))
                    rows.append(Int32(key.short))
                }
                try await connection.copyIn("COPY gone_pairs FROM STDIN (FORMAT binary)", rows)
            }
            _ = try await connection.pipeline([Self.delete, Self.merge(generation, at: now)])
            return generation
        }
    }

    /// Stores the whole board, as after a restart: whatever the table holds beside it goes.
    /// - Returns: the new generation.
    /// - Throws: `LeadershipLost` if another scanner leads; nothing is stored then.
    public func replace(
        with opportunities: [Opportunity], summary: ArbitrageSummary, at now: Date, leader: ScannerLease.Token
    ) async throws -> Int {
        try await pool.withTransaction(retries: 2) { connection in
            let generation = try await begin(summary, at: now, leader, connection)
            try await copy(opportunities, connection)
            // The planner knows nothing of a table that was just filled.
            _ = try await connection.pipeline(["ANALYZE pair_rows", Self.deleteOthers, Self.merge(generation, at: now)])
            return generation
        }
    }

    /// The last generation, and when it was computed; nil if there has been none.
    public func generation() async throws -> (number: Int, computedAt: Date?) {
        let row = try await pool.query("SELECT generation, computed_at FROM arbitrage_state")[0]
        return (try row.decode("generation"), try row.decode("computed_at"))
    }

    // MARK: - One write

    private func begin(
        _ summary: ArbitrageSummary, at now: Date, _ leader: ScannerLease.Token, _ connection: PostgresConnection
    ) async throws -> Int {
        try await connection.proveLeadership(leader)
        let rows = try await connection.query(
            """
            UPDATE arbitrage_state
               SET generation = generation + 1, computed_at = \(now), contracts = \(summary.contracts),
                   pairs = \(summary.pairs), ranked = \(summary.ranked),
                   max_apr_spread = \(summary.maximumAPRSpread), significant = \(summary.significant)
            RETURNING generation
            """
        )
        guard let row = rows.first else { throw StoreError("arbitrage_state has lost its row") }
        return try row.decode("generation")
    }

    private func copy(_ opportunities: [Opportunity], _ connection: PostgresConnection) async throws {
        try await connection.copyIn(
            "COPY pair_rows FROM STDIN (FORMAT binary)", OpportunityColumns.rows(of: opportunities))
    }

    private static let delete: PostgresQuery = """
        DELETE FROM arbitrage_opportunities o USING gone_pairs g
         WHERE o.long_contract_id = g.long_contract_id AND o.short_contract_id = g.short_contract_id
        """

    private static let deleteOthers: PostgresQuery = """
        DELETE FROM arbitrage_opportunities o
         WHERE NOT EXISTS (
               SELECT FROM pair_rows p
                WHERE p.long_contract_id = o.long_contract_id AND p.short_contract_id = o.short_contract_id)
        """

    private static func merge(_ generation: Int, at now: Date) -> PostgresQuery {
        """
        INSERT INTO arbitrage_opportunities AS o (
               \(PostgresQuery(trusted: OpportunityColumns.names)), risk_flags, since, generation)
        SELECT \(PostgresQuery(trusted: OpportunityColumns.names)), string_to_array(flags, ','), \(now), \(generation)
          FROM pair_rows
        ON CONFLICT (long_contract_id, short_contract_id) DO UPDATE
           SET (\(PostgresQuery(trusted: OpportunityColumns.names)), risk_flags, generation)
             = (\(PostgresQuery(trusted: OpportunityColumns.excluded)), excluded.risk_flags, excluded.generation)
        """
    }
}
