public import Foundation
public import FundingCore
public import PostgresDriver

/// A contract whose history somebody asks for.
public struct ContractKey: Hashable, Sendable {
    public var id: Int
    public var exchange: ExchangeID
    public var symbol: String
    public var baseAsset: String
    public var marketType: MarketType
    /// The interval in force, or the last one that was.
    public var interval: FundingInterval
    public var isActive: Bool
}

extension ContractKey {
    /// A contract that is known by its rate.
    public init(_ rate: LiveRate) {
        self.init(
            id: rate.id, exchange: rate.contract.exchange, symbol: rate.contract.symbol,
            baseAsset: rate.contract.baseAsset, marketType: rate.contract.marketType, interval: rate.interval,
            isActive: rate.isActive)
    }
}

/// One settled payment with the contract that it was paid on.
public struct Settlement: Hashable, Sendable {
    public var contractID: Int
    /// The slot on the settlement grid.
    public var fundingTime: Date
    /// Fraction of notional for the payment's own interval.
    public var fundingRate: Double
    /// The interval that it was for.
    public var interval: FundingInterval
    public var markPrice: Double?

    /// Percent a year, simple, by the payment's own interval.
    public var apr: Double { Annualising.apr(of: fundingRate, every: interval) }
}

/// Reads settled history for those who look at it: pages, and sums by buckets of time.
public struct SettlementReader: Sendable {
    /// A place between two settlements in the order of pages, which is newest first.
    public struct Cursor: Hashable, Sendable {
        public var fundingTime: Date
        public var contractID: Int

        public init(fundingTime: Date, contractID: Int) {
            self.fundingTime = fundingTime
            self.contractID = contractID
        }
    }

    /// What one contract paid in a bucket of time.
    public struct Sum: Hashable, Sendable {
        public var contractID: Int
        /// The bucket's end; payments at its beginning belong to the one before.
        public var end: Date
        /// The sum of the payments' rates.
        public var fundingRate: Double
        /// The sum of the intervals that they were for.
        public var hours: Double

        /// Percent a year, simple, by the time that was really paid for.
        public var apr: Double { fundingRate * 8760 / hours * 100 }
    }

    /// How a contract's rate was spread over an hour.
    public struct Hour: Hashable, Sendable {
        public var start: Date
        public var mean: Double
        public var least: Double
        public var most: Double
        public var count: Int
    }

    private let pool: PostgresPool

    public init(_ pool: PostgresPool) { self.pool = pool }

    // MARK: Contracts

    /// The contracts of a symbol, listed or not: of one exchange, or of all if nil.
    public func contracts(symbol: String, exchange: ExchangeID?) async throws -> [ContractKey] {
        try await contracts(
            "m.symbol = \(symbol) AND (\(exchange?.rawValue)::text IS NULL OR m.exchange = \(exchange?.rawValue))")
    }

    /// The contracts of a base asset, of whatever kind, listed or not.
    /// - Parameter asset: in capitals.
    public func contracts(baseAsset asset: String) async throws -> [ContractKey] {
        try await contracts("upper(m.base_asset) = \(asset)")
    }

    /// The contracts of some exchanges and symbols, listed or not; all if nil.
    public func contracts(exchanges: [ExchangeID]?, symbols: [String]?) async throws -> [ContractKey] {
        let exchanges = exchanges?.map(\.rawValue)
        return try await contracts(
            """
            (\(exchanges)::text[] IS NULL OR m.exchange = ANY (\(exchanges)::text[]))
              AND (\(symbols)::text[] IS NULL OR m.symbol = ANY (\(symbols)::text[]))
            """)
    }

    private func contracts(_ condition: PostgresQuery) async throws -> [ContractKey] {
        try await pool.query(
            """
            SELECT m.id, m.exchange, m.symbol, m.base_asset, m.market_type, m.funding_interval_hours,
                   m.status = 'active' AS is_active
              FROM contract_metadata m
             WHERE \(condition)
             ORDER BY m.exchange COLLATE "C", m.symbol COLLATE "C"
            """
        ).map { row in
            ContractKey(
                id: try row.decode("id"), exchange: ExchangeID(rawValue: try row.decode("exchange")),
                symbol: try row.decode("symbol"), baseAsset: try row.decode("base_asset"),
                marketType: MarketType(rawValue: try row.decode("market_type")) ?? .unknown,
                interval: try Self.interval(try row.decode("funding_interval_hours")),
                isActive: try row.decode("is_active"))
        }
    }

    // MARK: Settlements

    /// A page of what was paid, newest first.
    /// - Parameters:
    ///   - cursor: where the page before ended; nil for the first.
    ///   - limit: the most rows.
    public func page(
        of ids: [Int], during window: ClosedRange<Date>, after cursor: Cursor?, limit: Int
    ) async throws -> [Settlement] {
        let last = cursor?.fundingTime ?? window.upperBound
        let lastID = cursor.map { Int32(clamping: $0.contractID) } ?? Int32.max
        return try await pool.query(
            """
            SELECT contract_id, funding_time, funding_rate, funding_interval_hours, mark_price
              FROM funding_rates_historical
             WHERE contract_id = ANY (\(ids.map { Int32($0) }))
               AND funding_time BETWEEN \(window.lowerBound) AND \(min(last, window.upperBound))
               AND (funding_time, contract_id) < (\(last), \(lastID))
             ORDER BY funding_time DESC, contract_id DESC
             LIMIT \(limit)
            """
        ).map { row in
            Settlement(
                contractID: try row.decode(0), fundingTime: try row.decode(1), fundingRate: try row.decode(2),
                interval: try Self.interval(try row.decode(3)), markPrice: try row.decode(4))
        }
    }

    /// What was paid, summed by buckets of whole hours since the epoch; ascending.
    /// - Parameters:
    ///   - start: the end of the bucket before the first.
    ///   - end: the end of the last.
    public func sums(
        of ids: [Int], after start: Date, through end: Date, everyHours hours: Int
    ) async throws -> [Sum] {
        let seconds = Double(hours * 3600)
        return try await pool.query(
            """
            SELECT contract_id,
                   to_timestamp(ceil(extract(epoch FROM funding_time)::float8 / \(seconds)) * \(seconds)) AS bucket,
                   sum(funding_rate) AS rate, sum(funding_interval_hours) AS hours
              FROM funding_rates_historical
             WHERE contract_id = ANY (\(ids.map { Int32($0) }))
               AND funding_time > \(start)
               AND funding_time <= \(end)
             GROUP BY contract_id, bucket
             ORDER BY bucket, contract_id
            """
        ).map { row in
            Sum(
                contractID: try row.decode(0), end: try row.decode(1), fundingRate: try row.decode(2),
                hours: try row.decode(3))
        }
    }

    /// How a contract's rate was spread over each hour that has payments; ascending.
    public func hours(of id: Int, since start: Date) async throws -> [Hour] {
        try await pool.query(
            """
            SELECT date_trunc('hour', funding_time, 'UTC') AS hour, avg(funding_rate), min(funding_rate),
                   max(funding_rate), count(*)
              FROM funding_rates_historical
             WHERE contract_id = \(Int32(id)) AND funding_time >= \(start)
             GROUP BY hour
             ORDER BY hour
            """
        ).map { row in
            Hour(
                start: try row.decode(0), mean: try row.decode(1), least: try row.decode(2), most: try row.decode(3),
                count: try row.decode(4))
        }
    }

    private static func interval(_ hours: Double) throws -> FundingInterval {
        guard let interval = FundingInterval(hours: hours) else {
            throw StoreError("history holds an interval of \(hours) h")
        }
        return interval
    }
}
