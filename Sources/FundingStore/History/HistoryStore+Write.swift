public import Foundation
public import FundingCore
import PostgresDriver

extension HistoryStore {
    /// What a write has changed.
    public struct Written: Hashable, Sendable {
        public var inserted: Int
        public var updated: Int

        public init(inserted: Int = 0, updated: Int = 0) {
            self.inserted = inserted
            self.updated = updated
        }
    }

    /// Stores a page or a bulk answer: rows of any number of contracts, in any order, in one transaction with the
    /// coverage they complete. Several may write at once, of the same contracts too.
    public func write(
        _ points: [(contractID: Int, point: SettledPoint)],
        covering ranges: [(contractID: Int, range: ClosedRange<Date>)] = []
    ) async throws -> Written {
        guard !points.isEmpty || !ranges.isEmpty else { return Written() }
        let page = HistoryPage(points)
        var conflicts = 0
        while true {
            do {
                return try await pool.withTransaction(retries: 4) { connection in
                    let written = try await store(page, connection)
                    if written != Written() { try await connection.query(Self.withdrawCertificates(of: page)) }
                    try await cover(ranges, connection)
                    return written
                }
            } catch let error as PostgresError where error.sqlState == Self.uniqueViolation && conflicts < 4 {
                // Another writer has stored one of the rows meanwhile: now it is seen.
                conflicts += 1
            } catch let error as PostgresError where error.sqlState == Self.checkViolation && conflicts < 4 {
                // A month without a partition: made outside of the transaction, for it locks the whole table.
                try await ensurePartitions(for: page.rows.map(\.point.fundingTime))
                conflicts += 1
            }
        }
    }

    private static let uniqueViolation = "23505"
    private static let checkViolation = "23514"

    /// Contracts of which nothing is stored between the page's first and last slot take their rows as they come, which
    /// is as fast as COPY is; the others' rows go through `history_rows`.
    private func store(_ page: HistoryPage, _ connection: PostgresConnection) async throws -> Written {
        guard !page.rows.isEmpty else { return Written() }
        let known = try await contractsWithRows(in: page.extents, connection)
        let fresh = page.copyRows { !known.contains($0) }
        var written = Written()
        if fresh.rowCount > 0 {
            written.inserted = try await connection.copyIn(
                "COPY funding_rates_historical (\(HistoryPage.columns)) FROM STDIN (FORMAT binary)", fresh)
        }
        guard !known.isEmpty else { return written }
        try await connection.copyIn(
            "COPY history_rows (\(HistoryPage.columns)) FROM STDIN (FORMAT binary)",
            page.copyRows { known.contains($0) })
        let results = try await connection.pipeline([Self.update, Self.insert])
        written.updated = results[0].affected
        written.inserted += results[1].affected
        return written
    }

    private func contractsWithRows(
        in extents: [HistoryPage.Extent], _ connection: PostgresConnection
    ) async throws -> Set<Int> {
        let rows = try await connection.query(
            """
            SELECT e.contract_id
              FROM unnest(\(extents.map { Int32($0.contractID) }), \(extents.map(\.first)), \(extents.map(\.last)))
                   AS e (contract_id, first, last)
              CROSS JOIN LATERAL (
                   SELECT FROM funding_rates_historical h
                    WHERE h.contract_id = e.contract_id AND h.funding_time BETWEEN e.first AND e.last LIMIT 1
              ) AS known
            """
        )
        return try Set(rows.map { try $0.decode(0) })
    }

    /// The time of a payment is kept as it was first stated; a rate that is revised is kept as it was before.
    private static let update: PostgresQuery = """
        WITH revised AS (
            INSERT INTO funding_rate_revisions (
                   contract_id, funding_time, funding_rate, funding_interval_hours, mark_price, replaced_at)
            SELECT h.contract_id, h.funding_time, h.funding_rate, h.funding_interval_hours, h.mark_price, now()
              FROM funding_rates_historical h
              JOIN history_rows r ON r.contract_id = h.contract_id AND r.funding_time = h.funding_time
             WHERE h.funding_rate <> r.funding_rate
        )
        UPDATE funding_rates_historical h
           SET funding_rate = r.funding_rate, funding_interval_hours = r.funding_interval_hours,
               mark_price = coalesce(r.mark_price, h.mark_price), settled_at = coalesce(h.settled_at, r.settled_at)
          FROM history_rows r
         WHERE h.contract_id = r.contract_id AND h.funding_time = r.funding_time
           AND (h.funding_rate, h.funding_interval_hours, h.mark_price, h.settled_at)
               IS DISTINCT FROM
               (r.funding_rate, r.funding_interval_hours, coalesce(r.mark_price, h.mark_price),
                coalesce(h.settled_at, r.settled_at))
        """

    private static let insert: PostgresQuery = """
        INSERT INTO funding_rates_historical (
               contract_id, funding_time, funding_rate, funding_interval_hours, mark_price, settled_at)
        SELECT r.contract_id, r.funding_time, r.funding_rate, r.funding_interval_hours, r.mark_price, r.settled_at
          FROM history_rows r
         WHERE NOT EXISTS (
               SELECT FROM funding_rates_historical h
                WHERE h.contract_id = r.contract_id AND h.funding_time = r.funding_time)
        """

    /// Merges ranges into those that are covered already, so that none of a contract's overlap or touch.
    private func cover(
        _ ranges: [(contractID: Int, range: ClosedRange<Date>)], _ connection: PostgresConnection
    ) async throws {
        guard !ranges.isEmpty else { return }
        let ids = ranges.map { Int32($0.contractID) }
        // What two transactions cover at the same time neither would see of the other.
        _ = try await connection.pipeline([
            """
            SELECT pg_advisory_xact_lock(\(Self.coverageLocks), id)
              FROM (SELECT DISTINCT id FROM unnest(\(ids)) AS id ORDER BY id) AS contracts
            """,
            """
            WITH given AS (
                SELECT * FROM unnest(\(ids), \(ranges.map(\.range.lowerBound)), \(ranges.map(\.range.upperBound)))
                           AS r (contract_id, covered_from, covered_to)
            ), taken AS (
                DELETE FROM backfill_coverage c USING given g
                 WHERE c.contract_id = g.contract_id
                   AND c.covered_from <= g.covered_to AND c.covered_to >= g.covered_from
                RETURNING c.contract_id, c.covered_from, c.covered_to
            ), ranges AS (
                SELECT *, max(covered_to) OVER (
                              PARTITION BY contract_id ORDER BY covered_from, covered_to
                              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
                  FROM (SELECT * FROM given UNION ALL SELECT * FROM taken) AS r
            ), islands AS (
                SELECT *, count(*) FILTER (WHERE reached IS NULL OR covered_from > reached) OVER (
                              PARTITION BY contract_id ORDER BY covered_from, covered_to) AS island
                  FROM ranges
            )
            INSERT INTO backfill_coverage (contract_id, covered_from, covered_to)
            SELECT contract_id, min(covered_from), max(covered_to) FROM islands GROUP BY contract_id, island
            """,
        ])
    }

    /// Separates these advisory locks from all others in the database.
    private static let coverageLocks: Int32 = 0x4655_4E46
}
