public import Foundation
public import FundingCore
import PostgresDriver

/// What a contract and UTC day held when it was last looked at.
public struct CompletenessCertificate: Hashable, Sendable {
    public var exchange: ExchangeID
    public var symbol: String
    /// The day's first instant.
    public var day: Date
    /// Settlements that fell due, and those that were there.
    public var expected: Int
    public var present: Int
    /// SHA-256 over all that was paid by, in order of time; in hexadecimal.
    public var hash: String
    public var certifiedAt: Date
}

/// How many of an exchange's contracts are complete, as their certificates say.
public struct CertifiedExchange: Hashable, Sendable {
    public var exchange: ExchangeID
    /// Contracts of which at least 95 % are there.
    public var complete: Int
    /// Contracts with a certificate.
    public var total: Int
}

extension HistoryStore {
    /// Certificates in the order of day (newest first), exchange and symbol, and how many there are of all.
    public func certificates(
        exchanges: [ExchangeID]?, symbols: [String]?, from: Date?, to: Date?, limit: Int, offset: Int
    ) async throws -> (rows: [CompletenessCertificate], total: Int) {
        try await pool.withTransaction(isolation: .repeatableRead) { connection in
            let wanted = Self.certified(exchanges: exchanges, symbols: symbols, from: from, to: to)
            let total: Int = try await connection.query("SELECT count(*) AS total \(wanted)")[0].decode("total")
            let rows = try await connection.query(
                """
                SELECT m.exchange, m.symbol, c.day, c.expected, c.present, encode(c.hash, 'hex') AS hash, c.certified_at
                \(wanted)
                 ORDER BY c.day DESC, m.exchange COLLATE "C", m.symbol COLLATE "C"
                 LIMIT \(limit) OFFSET \(offset)
                """
            ).map(CompletenessCertificate.init(row:))
            return (rows, total)
        }
    }

    private static func certified(
        exchanges: [ExchangeID]?, symbols: [String]?, from: Date?, to: Date?
    ) -> PostgresQuery {
        let exchanges = exchanges?.map(\.rawValue)
        return """
            FROM completeness_certificates c
              JOIN contract_metadata m ON m.id = c.contract_id
             WHERE (\(exchanges)::text[] IS NULL OR m.exchange = ANY (\(exchanges)::text[]))
               AND (\(symbols)::text[] IS NULL OR m.symbol = ANY (\(symbols)::text[]))
               AND (\(from)::timestamptz IS NULL OR c.day >= (\(from)::timestamptz AT TIME ZONE 'UTC')::date)
               AND (\(to)::timestamptz IS NULL OR c.day <= (\(to)::timestamptz AT TIME ZONE 'UTC')::date)
            """
    }

    /// How complete each exchange's contracts are over the days since a time, by their certificates.
    public func certifiedExchanges(since start: Date) async throws -> [CertifiedExchange] {
        try await pool.query(
            """
            SELECT exchange, count(*) FILTER (WHERE present >= expected * \(HistoryReport.retryThreshold / 100)) AS complete,
                   count(*) AS total
              FROM (SELECT m.exchange, sum(c.present) AS present, sum(c.expected) AS expected
                      FROM completeness_certificates c
                      JOIN contract_metadata m ON m.id = c.contract_id
                     WHERE c.day >= (\(start)::timestamptz AT TIME ZONE 'UTC')::date
                     GROUP BY c.contract_id, m.exchange) AS contracts
             GROUP BY exchange
             ORDER BY exchange COLLATE "C"
            """
        ).map { row in
            CertifiedExchange(
                exchange: ExchangeID(rawValue: try row.decode("exchange")), complete: try row.decode("complete"),
                total: try row.decode("total"))
        }
    }
}

extension CompletenessCertificate {
    fileprivate init(row: PostgresRow) throws {
        self.init(
            exchange: ExchangeID(rawValue: try row.decode("exchange")), symbol: try row.decode("symbol"),
            day: try row.decode("day"), expected: try row.decode("expected"), present: try row.decode("present"),
            hash: try row.decode("hash"), certifiedAt: try row.decode("certified_at"))
    }
}
