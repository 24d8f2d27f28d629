public import Foundation
public import FundingCore
public import PostgresDriver

/// The settled payments: what was paid, never what was predicted.
///
/// A contract and slot has one row. Writing the same again changes nothing, a revised payment replaces the old one, and
/// what is known is never replaced by nothing.
public struct HistoryStore: Sendable {
    let pool: PostgresPool

    /// - Parameter pool: its connections must have been prepared by `prepare`.
    public init(_ pool: PostgresPool) { self.pool = pool }

    /// To be run once on every new connection: the table that a page is copied into lives as long as its session.
    public static func prepare(_ connection: PostgresConnection) async throws {
        try await connection.script(
            """
            CREATE TEMPORARY TABLE history_rows (
                contract_id integer NOT NULL, funding_time timestamptz NOT NULL, funding_rate double precision NOT NULL,
                funding_interval_hours double precision NOT NULL, mark_price double precision, settled_at timestamptz
            ) ON COMMIT DELETE ROWS
            """
        )
    }

    /// The contracts whose history may be asked for, listed or not, in the order of exchange and symbol.
    /// - Parameters:
    ///   - feeds: only theirs; all if nil.
    ///   - symbols: only these; all if nil.
    public func contracts(feeds: [FeedID]?, symbols: [String]?) async throws -> [HistoryContract] {
        let feeds = feeds?.map(\.rawValue)
        return try await pool.query(
            """
            \(HistoryContract.selection)
             WHERE (\(feeds)::text[] IS NULL OR m.feed = ANY (\(feeds)::text[]))
               AND (\(symbols)::text[] IS NULL OR m.symbol = ANY (\(symbols)::text[]))
             ORDER BY m.exchange COLLATE "C", m.symbol COLLATE "C"
            """
        ).map(HistoryContract.init(row:))
    }

    /// What is stored of many contracts, in one query: ascending; a contract without any has no entry.
    public func points(
        of ids: [Int], during window: ClosedRange<Date>
    ) async throws -> [Int: [SettledPoint]] {
        let rows = try await pool.query(
            """
            SELECT contract_id, funding_time, funding_rate, funding_interval_hours, mark_price, settled_at
              FROM funding_rates_historical
             WHERE contract_id = ANY (\(ids.map { Int32($0) }))
               AND funding_time BETWEEN \(window.lowerBound) AND \(window.upperBound)
             ORDER BY contract_id, funding_time
            """
        )
        return try Self.points(rows)
    }

    /// What is stored of many contracts, each during a window of its own, in one query: ascending; a contract without any
    /// has no entry.
    public func points(of windows: [Int: ClosedRange<Date>]) async throws -> [Int: [SettledPoint]] {
        let windows = Array(windows)
        let rows = try await pool.query(
            """
            SELECT h.contract_id, h.funding_time, h.funding_rate, h.funding_interval_hours, h.mark_price, h.settled_at
              FROM unnest(\(windows.map { Int32($0.key) }), \(windows.map(\.value.lowerBound)),
                          \(windows.map(\.value.upperBound))) AS w (contract_id, first, last)
              JOIN funding_rates_historical h
                ON h.contract_id = w.contract_id AND h.funding_time BETWEEN w.first AND w.last
             ORDER BY h.contract_id, h.funding_time
            """
        )
        return try Self.points(rows)
    }

    /// When some contracts were last paid for; one that never was has no entry.
    public func lastPayments(of ids: [Int]) async throws -> [Int: Date] {
        guard !ids.isEmpty else { return [:] }
        let rows = try await pool.query(
            """
            SELECT id, (SELECT max(funding_time) FROM funding_rates_historical WHERE contract_id = id) AS last
              FROM unnest(\(ids.map { Int32($0) })) AS id
            """
        )
        var last: [Int: Date] = [:]
        for row in rows { last[try row.decode("id", as: Int.self)] = try row.decode("last", as: Date?.self) }
        return last
    }

    private static func points(_ rows: PostgresRows) throws -> [Int: [SettledPoint]] {
        var points: [Int: [SettledPoint]] = [:]
        for row in rows {
            let hours: Double = try row.decode(3)
            guard let interval = FundingInterval(hours: hours) else {
                throw StoreError("history holds an interval of \(hours) h")
            }
            let fundingTime: Date = try row.decode(1)
            points[try row.decode(0, as: Int.self), default: []].append(
                SettledPoint(
                    fundingTime: fundingTime, settledAt: try row.decode(5) ?? fundingTime,
                    fundingRate: try row.decode(2), interval: interval, markPrice: try row.decode(4)
                )
            )
        }
        return points
    }
}
