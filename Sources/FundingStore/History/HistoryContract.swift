public import Foundation
public import FundingCore
import PostgresDriver

/// A contract as the backfiller sees it.
public struct HistoryContract: Sendable {
    /// Its key in the big tables.
    public var id: Int
    public var contract: Contract
    /// The interval in force, or the last one that was.
    public var interval: FundingInterval
    public var ledger: IntervalLedger
    /// It is listed.
    public var isActive: Bool
    /// What its exchange was asked for to the end, ascending and disjoint.
    public var covered: [ClosedRange<Date>]

    public init(
        id: Int, contract: Contract, interval: FundingInterval, ledger: IntervalLedger, isActive: Bool,
        covered: [ClosedRange<Date>]
    ) {
        self.id = id
        self.contract = contract
        self.interval = interval
        self.ledger = ledger
        self.isActive = isActive
        self.covered = covered
    }
}

extension HistoryContract {
    static let selection: PostgresQuery = """
        SELECT m.id, m.exchange, m.feed, m.symbol, m.base_asset, m.quote_asset, m.settle_asset, m.denomination,
               m.contract_type, m.market_type, m.listed_at, m.trading_url, m.native_id, m.funding_interval_hours,
               m.status = 'active' AS is_active,
               ARRAY(SELECT t.valid_from FROM contract_terms t
                      WHERE t.contract_id = m.id ORDER BY t.valid_from) AS terms_from,
               ARRAY(SELECT t.funding_interval_hours FROM contract_terms t
                      WHERE t.contract_id = m.id ORDER BY t.valid_from) AS terms_interval,
               ARRAY(SELECT c.covered_from FROM backfill_coverage c
                      WHERE c.contract_id = m.id ORDER BY c.covered_from) AS covered_from,
               ARRAY(SELECT c.covered_to FROM backfill_coverage c
                      WHERE c.contract_id = m.id ORDER BY c.covered_from) AS covered_to
          FROM contract_metadata m
        """

    init(row: PostgresRow) throws {
        func interval(_ hours: Double) throws -> FundingInterval {
            guard let interval = FundingInterval(hours: hours) else {
                throw StoreError("a contract with an interval of \(hours) h")
            }
            return interval
        }
        let (changes, intervals): ([Date], [Double]) = (try row.decode("terms_from"), try row.decode("terms_interval"))
        let (from, to): ([Date], [Date]) = (try row.decode("covered_from"), try row.decode("covered_to"))
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
            interval: try interval(try row.decode("funding_interval_hours")),
            ledger: IntervalLedger(
                try zip(changes, intervals).map { (from: $0, interval: try interval($1)) }
            ),
            isActive: try row.decode("is_active"), covered: zip(from, to).map { $0...$1 }
        )
    }
}
