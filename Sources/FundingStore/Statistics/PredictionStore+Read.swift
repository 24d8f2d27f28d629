public import Foundation
public import FundingCore
import PostgresDriver

/// The other side: what has been scored, for those who show it.
extension PredictionStore {
    /// How well one contract's rate was foretold from one horizon.
    public struct Entry: Sendable {
        public var exchange: ExchangeID
        public var symbol: String
        public var baseAsset: String
        public var horizon: PredictionScore.Horizon
        public var score: PredictionScore
        /// The first payment that was looked at, and the last.
        public var scoredFrom: Date
        public var scoredTo: Date
    }

    /// What entries are sorted by, errors per hour; those without a value come last.
    public enum Order: String, Sendable, CaseIterable {
        case meanAbsoluteError = "mean_absolute_error"
        case meanError = "mean_error"
        case signFlipRate = "sign_flip_rate"
        case predictions, exchange, symbol
    }

    /// Which entries are wanted.
    public struct Filter: Sendable {
        /// Nil: of all.
        public var exchanges: [ExchangeID]?
        /// In capitals; nil: of all.
        public var assets: [String]?
        /// Nil: from all.
        public var horizons: [PredictionScore.Horizon]?
        /// Also contracts that are no longer listed.
        public var includesInactive: Bool

        public init(
            exchanges: [ExchangeID]? = nil, assets: [String]? = nil, horizons: [PredictionScore.Horizon]? = nil,
            includesInactive: Bool = false
        ) {
            self.exchanges = exchanges
            self.assets = assets
            self.horizons = horizons
            self.includesInactive = includesInactive
        }
    }

    /// A part of the entries, and how many there are in all.
    public func entries(
        _ filter: Filter, by order: Order, isAscending: Bool, limit: Int, offset: Int
    ) async throws -> (total: Int, entries: [Entry]) {
        try await pool.withTransaction(isolation: .repeatableRead) { connection in
            let wanted = Self.wanted(filter)
            let total: Int = try await connection.query("SELECT count(*) AS total \(wanted)")[0].decode("total")
            let entries = try await connection.query(
                """
                \(Self.columns) \(wanted)
                 ORDER BY \(Self.column(order)) \(isAscending ? Self.ascending : Self.descending), m.exchange, m.symbol,
                          s.horizon_minutes DESC
                 LIMIT \(limit) OFFSET \(offset)
                """
            ).compactMap(Entry.init(row:))
            return (total, entries)
        }
    }

    /// The entries of one contract, the longest horizon first; nil if there is no such contract.
    public func entries(of symbol: String, on exchange: ExchangeID) async throws -> [Entry]? {
        try await pool.withTransaction(isolation: .repeatableRead) { connection in
            let contract = try await connection.query(
                "SELECT FROM contract_metadata WHERE exchange = \(exchange.rawValue) AND symbol = \(symbol)")
            guard !contract.isEmpty else { return nil }
            return try await connection.query(
                """
                \(Self.columns) FROM prediction_scores s JOIN contract_metadata m ON m.id = s.contract_id
                 WHERE m.exchange = \(exchange.rawValue) AND m.symbol = \(symbol)
                 ORDER BY s.horizon_minutes DESC
                """
            ).compactMap(Entry.init(row:))
        }
    }

    private static let columns: PostgresQuery = """
        SELECT m.exchange, m.symbol, m.base_asset, s.horizon_minutes, s.funding_interval_hours, s.predictions,
               s.error_sum, s.absolute_error_sum, s.sign_flips, s.scored_from, s.scored_to
        """
    private static let ascending: PostgresQuery = "ASC NULLS LAST"
    private static let descending: PostgresQuery = "DESC NULLS LAST"

    private static func wanted(_ filter: Filter) -> PostgresQuery {
        """
        FROM prediction_scores s JOIN contract_metadata m ON m.id = s.contract_id
         WHERE (\(filter.includesInactive) OR m.status = 'active')
           AND (\(filter.exchanges == nil) OR m.exchange = ANY (\(filter.exchanges?.map(\.rawValue) ?? [])))
           AND (\(filter.assets == nil) OR upper(m.base_asset) = ANY (\(filter.assets ?? [])))
           AND (\(filter.horizons == nil)
                OR s.horizon_minutes = ANY (\(filter.horizons?.map { Int32($0.minutes) } ?? [])))
        """
    }

    private static func column(_ order: Order) -> PostgresQuery {
        switch order {
        case .meanAbsoluteError: "s.mean_absolute_error / s.funding_interval_hours"
        case .meanError: "s.mean_error / s.funding_interval_hours"
        case .signFlipRate: "s.sign_flip_rate"
        case .predictions: "s.predictions"
        case .exchange: "m.exchange"
        case .symbol: "m.symbol"
        }
    }
}

extension PredictionStore.Entry {
    /// Nil for a horizon that this build does not know.
    fileprivate init?(row: PostgresRow) throws {
        guard let horizon = PredictionScore.Horizon(rawValue: try row.decode("horizon_minutes")) else { return nil }
        self.init(
            exchange: ExchangeID(rawValue: try row.decode("exchange")), symbol: try row.decode("symbol"),
            baseAsset: try row.decode("base_asset"), horizon: horizon,
            score: try PredictionScore(row: row), scoredFrom: try row.decode("scored_from"),
            scoredTo: try row.decode("scored_to"))
    }
}
