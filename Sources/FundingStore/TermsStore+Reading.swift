public import Foundation
public import FundingCore
import PostgresDriver

extension TermsStore {
    /// New terms of a contract, and those that they took the place of.
    public struct Entry: Hashable, Sendable {
        public var exchange: ExchangeID
        public var validFrom: Date
        public var change: TermsChange
    }

    /// All terms that a contract has had, ascending; the first are a listing.
    public func terms(of symbol: String, on exchange: ExchangeID) async throws -> [Entry] {
        try await entries(
            """
             WHERE m.exchange = \(exchange.rawValue) AND m.symbol = \(symbol)
             ORDER BY t.valid_from
            """)
    }

    /// What changed lately, newest first.
    /// - Parameter exchanges: only theirs; all if nil.
    public func latest(exchanges: [ExchangeID]?, since start: Date, limit: Int) async throws -> [Entry] {
        let exchanges = exchanges?.map(\.rawValue)
        return try await entries(
            """
             WHERE t.valid_from >= \(start) AND (\(exchanges)::text[] IS NULL OR m.exchange = ANY (\(exchanges)::text[]))
             ORDER BY t.valid_from DESC, m.exchange COLLATE "C", m.symbol COLLATE "C"
             LIMIT \(limit)
            """)
    }

    private func entries(_ part: PostgresQuery) async throws -> [Entry] {
        try await pool.query("\(Self.ledger)\n\(part)").map { row in
            Entry(
                exchange: ExchangeID(rawValue: try row.decode("exchange")), validFrom: try row.decode("valid_from"),
                change: try TermsChange(ledger: row))
        }
    }
}
