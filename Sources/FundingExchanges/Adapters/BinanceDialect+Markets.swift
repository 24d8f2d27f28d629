import Foundation
import FundingCore

// The markets that speak the dialect, and what is particular to each.

extension BinanceDialect {
    /// https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api
    static let usdm = BinanceDialect(
        profile: ExchangeProfile(
            exchange: "binance", feed: "binance-usdm", name: "Binance", kind: .cex, host: "https://fapi.binance.com",
            // exchangeInfo.rateLimits; fundingInfo and fundingRate share a budget of their own.
            budget: weightPerMinute, ownBudgets: ["funding": RequestBudget(500, per: .seconds(300))],
            naming: AssetNaming(aliases: ["1MBABYDOGE": .init("BABYDOGE", denomination: 1_000_000)])
        ),
        facts: Facts(
            root: "/fapi/v1", contractType: .linear, statusField: "status", openInterestUnit: .symbol,
            fundingBudget: "funding", hasBulkHistory: true,
            tradingPage: { "https://www.binance.com/en/futures/\($0.percentEncoded)" },
            // The paths without /market were switched off in April 2026.
            stream: BinanceMarkPriceStream(
                host: "wss://fstream.binance.com", path: "/market/stream",
                channels: .ofAllContracts("!markPrice@arr@1s")
            )
        )
    )

    /// https://developers.binance.com/docs/derivatives/coin-margined-futures/market-data/rest-api
    static let coinm = BinanceDialect(
        profile: ExchangeProfile(
            exchange: "binance", feed: "binance-coinm", name: "Binance", kind: .cex, host: "https://dapi.binance.com",
            budget: weightPerMinute
        ),
        facts: Facts(
            root: "/dapi/v1", contractType: .inverse, statusField: "contractStatus",
            openInterestUnit: .contract(dollars: { $0 == "BTC" ? 100 : 10 }),
            fundingBudget: nil, hasBulkHistory: false,
            // BTCUSD_PERP has the page btcusd_perpetual.
            tradingPage: { "https://www.binance.com/en/delivery/\($0.lowercased().percentEncoded)etual" },
            // There is no stream of all contracts here.
            stream: BinanceMarkPriceStream(
                host: "wss://dstream.binance.com", path: "/stream", channels: .ofEachContract("@markPrice@1s")
            )
        )
    )

    /// By address, on each host.
    private static let weightPerMinute = RequestBudget(2400, per: .seconds(60))
}
