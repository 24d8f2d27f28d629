public import Foundation
public import FundingCore
public import PostgresDriver

/// Reads what the scanner knows of contracts and exchanges beside the rates.
public struct SpreadFactsStore: Sendable {
    private let pool: PostgresPool

    public init(_ pool: PostgresPool) { self.pool = pool }

    /// Taker and maker fees by exchange.
    public func fees() async throws -> [ExchangeID: TradingFees] {
        let rows = try await pool.query("SELECT exchange, taker, maker FROM exchange_fees")
        return try Dictionary(
            uniqueKeysWithValues: rows.map { row in
                (
                    ExchangeID(rawValue: try row.decode("exchange")),
                    TradingFees(taker: try row.decode("taker"), maker: try row.decode("maker"))
                )
            })
    }

    /// Limits, settled payments of the last 30 days, and interval changes since a time, by contract.
    public func facts(intervalChangesSince start: Date, now: Date) async throws -> [Int: ContractFacts] {
        let rows = try await pool.query(
            """
            SELECT m.id, t.rate_cap, t.rate_floor, changed.at AS interval_changed_at, coalesce(settled.points, 0) AS points
              FROM contract_metadata m
              LEFT JOIN LATERAL (
                   SELECT rate_cap, rate_floor FROM contract_terms
                    WHERE contract_id = m.id ORDER BY valid_from DESC LIMIT 1
              ) t ON true
              LEFT JOIN (
                   SELECT contract_id, max(valid_from) AS at
                     FROM (
                          SELECT contract_id, valid_from, funding_interval_hours,
                                 lag(funding_interval_hours) OVER (PARTITION BY contract_id ORDER BY valid_from) AS before
                            FROM contract_terms
                          ) ledger
                    WHERE before <> funding_interval_hours AND valid_from > \(start)
                    GROUP BY contract_id
              ) changed ON changed.contract_id = m.id
              LEFT JOIN (
                   SELECT contract_id, count(*) AS points FROM funding_rates_historical
                    WHERE funding_time > \(now)::timestamptz - interval '30 days' GROUP BY contract_id
              ) settled ON settled.contract_id = m.id
             WHERE m.status = 'active'
            """
        )
        return try Dictionary(
            uniqueKeysWithValues: rows.map { row in
                (
                    try row.decode("id"),
                    ContractFacts(
                        rateCap: try row.decode("rate_cap"), rateFloor: try row.decode("rate_floor"),
                        intervalChangedAt: try row.decode("interval_changed_at"),
                        settledPoints: try row.decode("points")
                    )
                )
            })
    }

    /// Mark prices per unit of the base asset, in dollars, of the settlements of a stretch of time.
    /// - Parameter body: is called for each, in no order.
    public func marks(
        after start: Date, upTo end: Date, _ body: (_ id: Int, _ time: Date, _ unitPrice: Double) -> Void
    ) async throws {
        let rows = try await pool.query(
            """
            SELECT h.contract_id, h.funding_time, h.mark_price / m.denomination AS unit_price
              FROM funding_rates_historical h
              JOIN contract_metadata m ON m.id = h.contract_id
             WHERE h.funding_time > \(start) AND h.funding_time <= \(end) AND h.mark_price > 0
            """
        )
        for row in rows { body(try row.decode(0), try row.decode(1), try row.decode(2)) }
    }
}
