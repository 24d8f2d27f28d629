import Foundation
public import FundingCore
public import PostgresDriver

/// Reads the live tables: what the API and the scanner know of the world before and between events.
public struct LiveRateStore: Sendable {
    private let pool: PostgresPool

    public init(_ pool: PostgresPool) { self.pool = pool }

    /// All contracts, feed states included, as of one moment: rates and the sequences they belong to never disagree.
    public func load() async throws -> (feeds: [FeedState], rates: [LiveRate]) {
        try await pool.withTransaction(isolation: .repeatableRead) { connection in
            (try await feeds(connection), try await rates(connection, Self.selectRates))
        }
    }

    /// What polls after `sequence` changed in one feed, and the feed's state at that moment.
    public func changes(of feed: FeedID, after sequence: Int) async throws -> (feeds: [FeedState], rates: [LiveRate]) {
        try await pool.withTransaction(isolation: .repeatableRead) { connection in
            (
                try await feeds(connection),
                try await rates(
                    connection,
                    """
                    \(Self.selectRates)
                     WHERE d.feed = \(feed.rawValue) AND (d.sequence > \(sequence) OR m.status <> 'active')
                    """
                )
            )
        }
    }

    /// The feeds' states alone: a cheap look at whether anything was missed.
    public func feeds() async throws -> [FeedState] {
        try await pool.withConnection { try await feeds($0) }
    }

    private static let selectRates: PostgresQuery = """
        SELECT m.id, m.exchange, m.feed, m.symbol, m.base_asset, m.quote_asset, m.settle_asset, m.denomination,
               m.contract_type, m.market_type, m.listed_at, m.trading_url, m.native_id, m.is_continuous, m.status,
               d.funding_rate, d.funding_interval_hours, d.next_funding_time, d.mark_price, d.index_price,
               d.open_interest_usd, d.open_interest_raw, d.open_interest_unit, d.observed_at, d.sequence
          FROM exchange_data d
          JOIN contract_metadata m ON m.id = d.contract_id
        """

    private func feeds(_ connection: PostgresConnection) async throws -> [FeedState] {
        try await connection.query(
            """
            SELECT feed, exchange, exchange_name, kind, rate_kind, rates_sequence, poll_period_seconds, status,
                   last_success_at, last_failure_at, observed_at, consecutive_failures, error_kind, retry_at, contracts,
                   rejects, duration_ms
              FROM exchange_health
             ORDER BY feed
            """
        ).map(FeedState.init(row:))
    }

    private func rates(_ connection: PostgresConnection, _ query: PostgresQuery) async throws -> [LiveRate] {
        try await connection.query(query).map(LiveRate.init(row:))
    }
}

extension LiveRate {
    init(row: PostgresRow) throws {
        let hours: Double = try row.decode("funding_interval_hours")
        guard let interval = FundingInterval(hours: hours) else {
            throw StoreError("exchange_data holds an interval of \(hours) h")
        }
        self.init(
            id: try row.decode("id"),
            contract: Contract(
                exchange: ExchangeID(rawValue: try row.decode("exchange")),
                feed: FeedID(rawValue: try row.decode("feed")),
                symbol: try row.decode("symbol"), baseAsset: try row.decode("base_asset"),
                quoteAsset: try row.decode("quote_asset"), settleAsset: try row.decode("settle_asset"),
                denomination: try row.decode("denomination"),
                contractType: ContractType(rawValue: try row.decode("contract_type")) ?? .linear,
                marketType: MarketType(rawValue: try row.decode("market_type")) ?? .unknown,
                listedAt: try row.decode("listed_at"), tradingURL: try row.decode("trading_url"),
                nativeID: try row.decode("native_id")
            ),
            fundingRate: try row.decode("funding_rate"), interval: interval,
            isContinuous: try row.decode("is_continuous"), nextFundingTime: try row.decode("next_funding_time"),
            markPrice: try row.decode("mark_price"), indexPrice: try row.decode("index_price"),
            openInterest: try OpenInterest(row: row), observedAt: try row.decode("observed_at"),
            isActive: try row.decode("status", as: String.self) == "active", sequence: try row.decode("sequence")
        )
    }
}

extension FeedState {
    init(row: PostgresRow) throws {
        let milliseconds: Double? = try row.decode("duration_ms")
        self.init(
            feed: FeedID(rawValue: try row.decode("feed")), exchange: ExchangeID(rawValue: try row.decode("exchange")),
            exchangeName: try row.decode("exchange_name"), kind: try row.decode("kind"),
            sequence: try row.decode("rates_sequence"), pollPeriod: try row.decode("poll_period_seconds"),
            status: Status(rawValue: try row.decode("status")) ?? .waiting,
            lastSuccessAt: try row.decode("last_success_at"), observedAt: try row.decode("observed_at"),
            consecutiveFailures: try row.decode("consecutive_failures"), errorKind: try row.decode("error_kind"),
            contracts: try row.decode("contracts"), rejects: try row.decode("rejects"),
            duration: milliseconds.map { $0 / 1000 }, lastFailureAt: try row.decode("last_failure_at"),
            retryAt: try row.decode("retry_at"),
            rateKind: RateKind(rawValue: try row.decode("rate_kind")) ?? .predicted
        )
    }
}
