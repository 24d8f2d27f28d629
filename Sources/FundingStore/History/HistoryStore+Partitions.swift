public import Foundation
import PostgresDriver

extension HistoryStore {
    /// Makes the tables of all months that a window touches. It locks all of history for a moment: better done ahead.
    public func ensurePartitions(during window: ClosedRange<Date>) async throws {
        try await pool.query(
            """
            SELECT ensure_history_partition(month AT TIME ZONE 'UTC')
              FROM generate_series(
                   date_trunc('month', \(window.lowerBound) AT TIME ZONE 'UTC'),
                   \(window.upperBound) AT TIME ZONE 'UTC', interval '1 month') AS month
            """
        )
    }

    func ensurePartitions(for times: [Date]) async throws {
        try await pool.query(
            """
            SELECT ensure_history_partition(month AT TIME ZONE 'UTC')
              FROM (SELECT DISTINCT date_trunc('month', t AT TIME ZONE 'UTC') AS month FROM unnest(\(times)) AS t)
                   AS months
            """
        )
    }

    /// Drops the months that ended before a time, with their coverage, certificates and revisions.
    /// - Parameter time: at least three days ago; nothing is dropped if nil.
    /// - Returns: the names of the dropped tables.
    @discardableResult
    public func dropPartitions(olderThan time: Date?) async throws -> [String] {
        guard let time else { return [] }
        let dropped = try await pool.query("SELECT drop_history_partitions(\(time)) AS name").map {
            try $0.decode("name", as: String.self)
        }
        try await pool.query(
            """
            DELETE FROM funding_rate_revisions r
             WHERE r.funding_time < \(time)
               AND NOT EXISTS (SELECT FROM funding_rates_historical h
                                WHERE h.contract_id = r.contract_id AND h.funding_time = r.funding_time)
            """
        )
        return dropped
    }

    /// Brings `funding_rate_analytics` up to date. Readers go on meanwhile.
    public func refreshAnalytics() async throws {
        try await pool.query("SELECT refresh_funding_rate_analytics()")
    }
}
