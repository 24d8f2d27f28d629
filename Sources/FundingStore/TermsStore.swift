public import Foundation
public import FundingCore
public import PostgresDriver

/// Reads the interval ledger: which contracts changed their terms, and when.
public struct TermsStore: Sendable {
    let pool: PostgresPool

    public init(_ pool: PostgresPool) { self.pool = pool }

    /// Every entry with the one before it, up to where they are chosen.
    static let ledger: PostgresQuery = """
        SELECT m.exchange, m.feed, coalesce(h.exchange_name, m.exchange) AS exchange_name, m.symbol, m.base_asset,
               t.valid_from, t.funding_interval_hours, t.rate_cap, t.rate_floor, t.denomination, t.status,
               p.funding_interval_hours AS old_interval, p.rate_cap AS old_cap, p.rate_floor AS old_floor,
               p.denomination AS old_denomination, p.status AS old_status
          FROM contract_terms t
          JOIN contract_metadata m ON m.id = t.contract_id
          LEFT JOIN exchange_health h ON h.feed = m.feed
          LEFT JOIN LATERAL (
               SELECT * FROM contract_terms e
                WHERE e.contract_id = t.contract_id AND e.valid_from < t.valid_from
                ORDER BY e.valid_from DESC LIMIT 1
          ) p ON true
        """

    /// The entries since a time as the collector's events tell of them, one event a feed and moment, oldest first.
    public func changes(since start: Date) async throws -> [ContractsEvent] {
        let rows = try await pool.query(
            """
            \(Self.ledger)
             WHERE t.valid_from >= \(start)
             ORDER BY t.valid_from, m.feed, m.symbol
            """
        )
        var events: [ContractsEvent] = []
        for row in rows {
            let feed = FeedID(rawValue: try row.decode("feed"))
            let validFrom: Date = try row.decode("valid_from")
            if events.last?.feed != feed || events.last?.validFrom != validFrom {
                events.append(
                    ContractsEvent(
                        feed: feed, exchange: ExchangeID(rawValue: try row.decode("exchange")),
                        exchangeName: try row.decode("exchange_name"), validFrom: validFrom, changes: []
                    ))
            }
            events[events.count - 1].changes.append(try TermsChange(ledger: row))
        }
        return events
    }
}
