/// What a file holds. The columns are the header of an export and, in any order, what an import must have.
public enum TransferKind: String, Sendable, CaseIterable {
    /// `contract_metadata` without its integer key.
    case contracts
    /// `exchange_data` by exchange and symbol, without what its contract says.
    case live
    /// `funding_rates_historical` by exchange and symbol.
    case history

    public var columns: [String] {
        switch self {
        case .contracts:
            [
                "exchange", "feed", "symbol", "base_asset", "quote_asset", "settle_asset", "denomination",
                "contract_type", "market_type", "funding_interval_hours", "is_continuous", "status", "missed_polls",
                "missing_since", "listed_at", "first_seen_at", "last_seen_at", "trading_url",
                "native_id",
            ]
        case .live:
            [
                "exchange", "symbol", "funding_rate", "funding_interval_hours", "apr", "next_funding_time",
                "mark_price", "index_price", "open_interest_usd", "open_interest_at", "observed_at",
                "open_interest_raw", "open_interest_unit",
            ]
        case .history:
            ["exchange", "symbol", "funding_time", "funding_rate", "funding_interval_hours", "mark_price"]
        }
    }

    /// Columns that exports of earlier builds do not have; missing, they are empty.
    static let laterColumns: Set = ["native_id", "open_interest_raw", "open_interest_unit"]

    /// The columns that are times, which files hold as RFC 3339 in UTC.
    static let times: Set = [
        "missing_since", "listed_at", "first_seen_at", "last_seen_at", "next_funding_time", "open_interest_at",
        "observed_at", "funding_time",
    ]
}
