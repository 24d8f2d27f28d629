import Foundation
public import FundingCore
public import PostgresDriver

/// Reads `arbitrage_opportunities`: what the API knows of pairs before and between events.
public struct OpportunityReader: Sendable {
    private let pool: PostgresPool

    public init(_ pool: PostgresPool) { self.pool = pool }

    /// All rows and the generation that they make up, as of one moment.
    public func load() async throws -> (progress: ArbitrageProgress, rows: [ListedOpportunity]) {
        try await pool.withTransaction(isolation: .repeatableRead) { connection in
            (try await progress(connection), try await rows(connection, Self.select))
        }
    }

    /// The rows that writes after a generation have changed, and the keys of all rows, as of one moment.
    public func changes(
        after generation: Int
    ) async throws -> (progress: ArbitrageProgress, changed: [ListedOpportunity], listed: Set<FundingSpread.Key>) {
        try await pool.withTransaction(isolation: .repeatableRead) { connection in
            let keys = try await connection.query(
                "SELECT long_contract_id, short_contract_id FROM arbitrage_opportunities")
            return (
                try await progress(connection),
                try await rows(connection, "\(Self.select) WHERE o.generation > \(generation)"),
                Set(try keys.map { FundingSpread.Key(long: try $0.decode(0), short: try $0.decode(1)) })
            )
        }
    }

    /// The widest of the pairs that stand in rankings.
    public func widest(_ limit: Int) async throws -> [ListedOpportunity] {
        try await pool.withConnection {
            try await rows($0, "\(Self.select) WHERE o.is_ranked ORDER BY o.apr_spread DESC LIMIT \(limit)")
        }
    }

    /// How far the writes have come: a cheap look at whether anything was missed.
    public func progress() async throws -> ArbitrageProgress {
        try await pool.withConnection { try await progress($0) }
    }

    private func progress(_ connection: PostgresConnection) async throws -> ArbitrageProgress {
        let rows = try await connection.query(
            """
            SELECT generation, computed_at, contracts, pairs, ranked, max_apr_spread, significant FROM arbitrage_state
            """
        )
        guard let row = rows.first else { throw StoreError("arbitrage_state has lost its row") }
        return ArbitrageProgress(
            generation: try row.decode("generation"), computedAt: try row.decode("computed_at"),
            summary: ArbitrageSummary(
                contracts: try row.decode("contracts"), pairs: try row.decode("pairs"),
                ranked: try row.decode("ranked"), maximumAPRSpread: try row.decode("max_apr_spread"),
                significant: try row.decode("significant")))
    }

    private func rows(_ connection: PostgresConnection, _ query: PostgresQuery) async throws -> [ListedOpportunity] {
        try await connection.query(query).map(ListedOpportunity.init(row:))
    }

    /// What follows from these columns is worked out again, so that it cannot disagree. By number: there are thousands
    /// of rows.
    private static let select: PostgresQuery = """
        SELECT o.long_contract_id, o.long_exchange, o.long_contract, o.long_rate, o.long_interval_hours,
               o.long_next_funding_time, o.long_open_interest, l.feed, l.is_continuous,
               o.short_contract_id, o.short_exchange, o.short_contract, o.short_rate, o.short_interval_hours,
               o.short_next_funding_time, o.short_open_interest, s.feed, s.is_continuous,
               o.asset, o.market_type, o.identity, o.mark_price_gap_pct, array_to_string(o.risk_flags, ','),
               o.round_trip_fee, o.holding_hours, o.worst_divergence, o.spread_zscore, o.spread_mean, o.spread_std_dev,
               o.spread_percentile, o.spread_data_points, o.significance_score, o.since, o.generation
          FROM arbitrage_opportunities o
          JOIN contract_metadata l ON l.id = o.long_contract_id
          JOIN contract_metadata s ON s.id = o.short_contract_id
        """
}

extension ListedOpportunity {
    fileprivate convenience init(row: PostgresRow) throws {
        let marketType = try row.decode(19, as: String.self)
        let identity = try row.decode(20, as: String.self)
        guard let marketType = MarketType(rawValue: marketType), let identity = PairIdentity(rawValue: identity) else {
            throw StoreError("arbitrage_opportunities holds a pair of kind \(marketType) and identity \(identity)")
        }
        let spread = FundingSpread(
            asset: try row.decode(18), marketType: marketType, long: try SpreadLeg(row, from: 0),
            short: try SpreadLeg(row, from: 9), identity: identity, priceGapPercent: try row.decode(21),
            risks: SpreadRisks(names: try row.decode(22, as: String.self).split(separator: ",").map(String.init)))
        var statistics: SpreadStatistics?
        if let points: Int = try row.decode(30) {
            statistics = SpreadStatistics(
                dataPoints: points, mean: try row.decode(27), standardDeviation: try row.decode(28),
                zScore: try row.decode(26), percentile: try row.decode(29))
        }
        self.init(
            Opportunity(
                spread: spread,
                worth: SpreadWorth(spread, roundTripFee: try row.decode(23), holdingHours: try row.decode(24)),
                worstDivergence: try row.decode(25), statistics: statistics, significance: try row.decode(31)),
            since: try row.decode(32), generation: try row.decode(33))
    }
}

extension SpreadLeg {
    /// - Parameter column: the first of the leg's nine.
    fileprivate init(_ row: PostgresRow, from column: Int) throws {
        let hours: Double = try row.decode(column + 4)
        guard let interval = FundingInterval(hours: hours) else {
            throw StoreError("arbitrage_opportunities holds an interval of \(hours) h")
        }
        self.init(
            id: try row.decode(column), exchange: ExchangeID(rawValue: try row.decode(column + 1)),
            feed: FeedID(rawValue: try row.decode(column + 7)), symbol: try row.decode(column + 2),
            fundingRate: try row.decode(column + 3), interval: interval, isContinuous: try row.decode(column + 8),
            nextFundingTime: try row.decode(column + 5), openInterestUSD: try row.decode(column + 6))
    }
}
