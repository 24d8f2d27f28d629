import FundingCore

/// The registry: one line a feed. Its order is the order of polls within a cycle.
public enum Exchanges {
    public static let all: [any ExchangeAdapter] = [
        BinanceDialect.usdm,
        Bybit(),
        Deribit(),
        Hyperliquid(),
        Lighter(),
    ]

    /// The feeds of a name: a feed's own (`binance-usdm`) or an exchange's, which may have several (`binance`).
    public static func feeds(named name: String) -> [any ExchangeAdapter] {
        let name = name.lowercased()
        return all.filter { $0.profile.feed.rawValue == name || $0.profile.exchange.rawValue == name }
    }
}
