import Foundation
import FundingJSON
import Testing

@testable import ExchangeSimulator

/// Whether what we play has the fields of what was recorded.
@Suite(.enabled(if: Recordings.areExpected, Recordings.absence))
struct ShapeTests {
    /// One recorded body, the request that it answers, and where in both the rows are.
    struct Case: Sendable, CustomTestStringConvertible {
        var file: String
        var feed: String
        var path: String
        var query: [String: String] = [:]
        var body: String?
        var rows: [String] = []
        /// Fields that only old bodies have.
        var obsolete: Set<String> = []

        var testDescription: String { file }
    }

    static let linear = ["category": "linear"]
    static let history = [
        "instrument_name": "BTC-PERPETUAL", "start_timestamp": "1795000000000", "end_timestamp": "1795300000000",
    ]

    static let cases = [
        Case(file: "binance/usdm_exchange_info.json", feed: "binance-usdm", path: "/fapi/v1/exchangeInfo"),
        Case(
            file: "binance/usdm_exchange_info.json", feed: "binance-usdm", path: "/fapi/v1/exchangeInfo",
            rows: ["symbols"]
        ),
        Case(file: "binance/usdm_premium_index.json", feed: "binance-usdm", path: "/fapi/v1/premiumIndex", rows: [""]),
        Case(
            file: "binance/usdm_premium_index_single.json", feed: "binance-usdm", path: "/fapi/v1/premiumIndex",
            query: ["symbol": "BTCUSDT"]
        ),
        Case(file: "binance/usdm_funding_info.json", feed: "binance-usdm", path: "/fapi/v1/fundingInfo", rows: [""]),
        Case(file: "binance/usdm_funding_rate.json", feed: "binance-usdm", path: "/fapi/v1/fundingRate", rows: [""]),
        Case(
            file: "binance/usdm_open_interest.json", feed: "binance-usdm", path: "/fapi/v1/openInterest",
            query: ["symbol": "BTCUSDT"]
        ),
        Case(
            file: "binance/usdm_open_interest_hist.json", feed: "binance-usdm", path: "/futures/data/openInterestHist",
            query: ["symbol": "BTCUSDT", "period": "5m", "limit": "1"], rows: [""]
        ),
        Case(file: "kucoin/contracts_active.json", feed: "kucoin", path: "/api/v1/contracts/active"),
        Case(file: "kucoin/contracts_active.json", feed: "kucoin", path: "/api/v1/contracts/active", rows: ["data"]),
        Case(
            file: "kucoin/contracts_active__2025.json", feed: "kucoin", path: "/api/v1/contracts/active",
            rows: ["data"], obsolete: ["predictedFundingFeeRate"]
        ),
        Case(
            file: "kucoin/funding_rates_history.json", feed: "kucoin", path: "/api/v1/contract/funding-rates",
            query: ["symbol": "XBTUSDTM", "from": "1795000000000", "to": "1795300000000"], rows: ["data"]
        ),
        Case(
            file: "kucoin/bullet_public.json", feed: "kucoin", path: "/api/v1/bullet-public", body: "", rows: ["data"]),
        Case(
            file: "kucoin/bullet_public.json", feed: "kucoin", path: "/api/v1/bullet-public", body: "",
            rows: ["data", "instanceServers"]
        ),
        Case(file: "binance/coinm_exchange_info.json", feed: "binance-coinm", path: "/dapi/v1/exchangeInfo"),
        Case(
            file: "binance/coinm_exchange_info.json", feed: "binance-coinm", path: "/dapi/v1/exchangeInfo",
            rows: ["symbols"]
        ),
        Case(
            file: "binance/coinm_premium_index.json", feed: "binance-coinm", path: "/dapi/v1/premiumIndex", rows: [""]),
        Case(
            file: "binance/coinm_premium_index_single.json", feed: "binance-coinm", path: "/dapi/v1/premiumIndex",
            query: ["symbol": "BTCUSD_PERP"], rows: [""]
        ),
        Case(
            file: "binance/coinm_funding_rate.json", feed: "binance-coinm", path: "/dapi/v1/fundingRate",
            query: ["symbol": "BTCUSD_PERP"], rows: [""]
        ),
        Case(
            file: "binance/coinm_open_interest.json", feed: "binance-coinm", path: "/dapi/v1/openInterest",
            query: ["symbol": "BTCUSD_PERP"]
        ),
        Case(file: "aster/exchange_info_docs.json", feed: "aster", path: "/fapi/v3/exchangeInfo"),
        Case(file: "aster/exchange_info_docs.json", feed: "aster", path: "/fapi/v3/exchangeInfo", rows: ["symbols"]),
        Case(file: "aster/premium_index.json", feed: "aster", path: "/fapi/v3/premiumIndex", rows: [""]),
        Case(file: "aster/funding_info.json", feed: "aster", path: "/fapi/v3/fundingInfo", rows: [""]),
        Case(
            file: "aster/funding_rate_btcusdt.json", feed: "aster", path: "/fapi/v3/fundingRate",
            query: ["symbol": "BTCUSDT"], rows: [""]
        ),
        Case(
            file: "aster/open_interest_btcusdt.json", feed: "aster", path: "/fapi/v3/openInterest",
            query: ["symbol": "BTCUSDT"]
        ),
        Case(
            file: "bybit/tickers_inverse.json", feed: "bybit", path: "/v5/market/tickers",
            query: ["category": "inverse"]),
        Case(
            file: "bybit/tickers_inverse.json", feed: "bybit", path: "/v5/market/tickers",
            query: ["category": "inverse"],
            rows: ["result", "list"]
        ),
        Case(
            file: "bybit/tickers_linear.json", feed: "bybit", path: "/v5/market/tickers", query: linear,
            rows: ["result", "list"], obsolete: ["bidPrice", "askPrice", "lastTickDirection"]
        ),
        Case(
            file: "bybit/instruments_linear.json", feed: "bybit", path: "/v5/market/instruments-info", query: linear,
            rows: ["result", "list"]
        ),
        Case(
            file: "bybit/instruments_linear__prelaunch.json", feed: "bybit", path: "/v5/market/instruments-info",
            query: ["category": "linear", "status": "PreLaunch"], rows: ["result", "list"]
        ),
        Case(
            file: "bybit/funding_history.json", feed: "bybit", path: "/v5/market/funding/history",
            query: ["category": "linear", "symbol": "ETHPERP"], rows: ["result", "list"]
        ),
        Case(
            file: "bybit/open_interest.json", feed: "bybit", path: "/v5/market/open-interest",
            query: ["category": "inverse", "symbol": "BTCUSD", "intervalTime": "1d"], rows: ["result", "list"]
        ),
        Case(file: "mexc/contract_detail.json", feed: "mexc", path: "/api/v1/contract/detail"),
        Case(file: "mexc/contract_detail.json", feed: "mexc", path: "/api/v1/contract/detail", rows: ["data"]),
        Case(
            file: "mexc/contract_detail_single.json", feed: "mexc", path: "/api/v1/contract/detail",
            query: ["symbol": "BTC_USDT"], rows: ["data"]
        ),
        Case(file: "mexc/funding_rate_all.json", feed: "mexc", path: "/api/v1/contract/funding_rate", rows: ["data"]),
        Case(
            file: "mexc/funding_rate_single.json", feed: "mexc", path: "/api/v1/contract/funding_rate/BTC_USDT",
            rows: ["data"]
        ),
        Case(file: "mexc/ticker_all.json", feed: "mexc", path: "/api/v1/contract/ticker", rows: ["data"]),
        Case(
            file: "mexc/funding_rate_history.json", feed: "mexc", path: "/api/v1/contract/funding_rate/history",
            query: ["symbol": "BTC_USDT"], rows: ["data"]
        ),
        Case(
            file: "mexc/funding_rate_history.json", feed: "mexc", path: "/api/v1/contract/funding_rate/history",
            query: ["symbol": "BTC_USDT"], rows: ["data", "resultList"]
        ),
        Case(file: "backpack/markets.json", feed: "backpack", path: "/api/v1/markets", rows: [""]),
        Case(file: "backpack/markets.json", feed: "backpack", path: "/api/v1/markets", rows: ["", "imfFunction"]),
        Case(file: "backpack/markets__2025.json", feed: "backpack", path: "/api/v1/markets", rows: [""]),
        Case(file: "backpack/mark_prices.json", feed: "backpack", path: "/api/v1/markPrices", rows: [""]),
        Case(file: "backpack/open_interest.json", feed: "backpack", path: "/api/v1/openInterest", rows: [""]),
        Case(
            file: "backpack/funding_rates.json", feed: "backpack", path: "/api/v1/fundingRates",
            query: ["symbol": "BTC_USDC_PERP"], rows: [""]
        ),
        Case(
            file: "hyperliquid/meta_and_asset_ctxs.json", feed: "hyperliquid", path: "/info",
            body: #"{"type":"metaAndAssetCtxs"}"#, rows: ["0"]
        ),
        Case(
            file: "hyperliquid/meta_and_asset_ctxs.json", feed: "hyperliquid", path: "/info",
            body: #"{"type":"metaAndAssetCtxs"}"#, rows: ["0", "universe"]
        ),
        Case(
            file: "hyperliquid/meta_and_asset_ctxs.json", feed: "hyperliquid", path: "/info",
            body: #"{"type":"metaAndAssetCtxs"}"#, rows: ["1", ""]
        ),
        Case(
            file: "hyperliquid/funding_history_btc.json", feed: "hyperliquid", path: "/info",
            body: #"{"type":"fundingHistory","coin":"BTC","startTime":1795000000000}"#, rows: [""]
        ),
        Case(
            file: "hyperliquid/spot_meta.json", feed: "hyperliquid", path: "/info", body: #"{"type":"spotMeta"}"#,
            rows: ["tokens"]
        ),
        Case(
            file: "hyperliquid/funding_history_xyz.json", feed: "hyperliquid", path: "/info",
            body: #"{"type":"fundingHistory","coin":"xyz:XYZ100","startTime":1795000000000}"#, rows: [""]
        ),
        Case(
            file: "hyperliquid/perp_dexs.json", feed: "hyperliquid", path: "/info", body: #"{"type":"perpDexs"}"#,
            rows: [""]
        ),
        Case(
            file: "hyperliquid/perp_concise_annotations.json", feed: "hyperliquid", path: "/info",
            body: #"{"type":"perpConciseAnnotations"}"#, rows: ["", "1"]
        ),
        Case(
            file: "hyperliquid/all_perp_metas.json", feed: "hyperliquid", path: "/info",
            body: #"{"type":"allPerpMetas"}"#, rows: [""]
        ),
        Case(
            file: "hyperliquid/all_perp_metas.json", feed: "hyperliquid", path: "/info",
            body: #"{"type":"allPerpMetas"}"#, rows: ["", "universe"]
        ),
        Case(
            file: "lighter/order_book_details_full_eth.json", feed: "lighter", path: "/api/v1/orderBookDetails",
            query: ["market_id": "0"], rows: ["order_book_details"]
        ),
        Case(
            file: "lighter/order_book_details.json", feed: "lighter", path: "/api/v1/orderBookDetails",
            rows: ["order_book_details"]
        ),
        Case(file: "lighter/order_books.json", feed: "lighter", path: "/api/v1/orderBooks", rows: ["order_books"]),
        Case(
            file: "lighter/funding_rates.json", feed: "lighter", path: "/api/v1/funding-rates", rows: ["funding_rates"]),
        Case(
            file: "lighter/fundings_btc.json", feed: "lighter", path: "/api/v1/fundings",
            query: [
                "market_id": "1", "resolution": "1h", "start_timestamp": "1795000000", "end_timestamp": "1795300000",
                "count_back": "0",
            ], rows: ["fundings"]
        ),
        Case(
            file: "deribit/instruments_future.json", feed: "deribit", path: "/api/v2/public/get_instruments",
            query: ["currency": "any", "kind": "future"], rows: ["result"]
        ),
        Case(
            file: "deribit/book_summary_by_instrument.json", feed: "deribit",
            path: "/api/v2/public/get_book_summary_by_currency", query: ["currency": "BTC"], rows: ["result"]
        ),
        Case(
            file: "deribit/ticker.json", feed: "deribit", path: "/api/v2/public/ticker",
            query: ["instrument_name": "BTC-PERPETUAL"], rows: ["result"]
        ),
        Case(
            file: "deribit/funding_rate_history.json", feed: "deribit", path: "/api/v2/public/get_funding_rate_history",
            query: history, rows: ["result"]
        ),
        Case(
            file: "deribit/funding_rate_value.json", feed: "deribit", path: "/api/v2/public/get_funding_rate_value",
            query: history
        ),
        Case(file: "kraken/instruments.json", feed: "kraken", path: "/derivatives/api/v3/instruments"),
        Case(
            file: "kraken/instruments.json", feed: "kraken", path: "/derivatives/api/v3/instruments",
            rows: ["instruments"]
        ),
        Case(
            file: "kraken/instruments.json", feed: "kraken", path: "/derivatives/api/v3/instruments",
            rows: ["instruments", "", "marginLevels"]
        ),
        Case(
            file: "kraken/tickers.json", feed: "kraken", path: "/derivatives/api/v3/tickers", rows: ["tickers"]
        ),
        Case(
            file: "kraken/tickers__pf_2025.json", feed: "kraken", path: "/derivatives/api/v3/tickers",
            rows: ["tickers"]
        ),
        Case(
            file: "kraken/historical_funding_rates.json", feed: "kraken",
            path: "/derivatives/api/v4/historicalfundingrates", query: ["symbol": "PI_XBTUSD"], rows: ["rates"]
        ),
        Case(file: "drift/drift_stats_markets_ccxt.json", feed: "drift", path: "/stats/markets"),
        Case(file: "drift/drift_stats_markets_ccxt.json", feed: "drift", path: "/stats/markets", rows: ["markets"]),
        Case(
            file: "drift/drift_stats_markets_ccxt.json", feed: "drift", path: "/stats/markets",
            rows: ["markets", "", "fundingRate"]
        ),
        Case(
            file: "drift/velocity_funding_rates_btc_perp.json", feed: "drift", path: "/market/BTC-PERP/fundingRates",
            query: ["limit": "3"]
        ),
        Case(
            file: "drift/velocity_funding_rates_btc_perp.json", feed: "drift", path: "/market/BTC-PERP/fundingRates",
            query: ["limit": "3"], rows: ["records"]
        ),
        Case(
            file: "drift/velocity_funding_rates_btc_perp.json", feed: "drift", path: "/market/BTC-PERP/fundingRates",
            query: ["limit": "3"], rows: ["meta"]
        ),
        Case(file: "pacifica/info.json", feed: "pacifica", path: "/api/v1/info", rows: ["data"]),
        Case(file: "pacifica/info_prices_docs.json", feed: "pacifica", path: "/api/v1/info/prices"),
        Case(file: "pacifica/info_prices_docs.json", feed: "pacifica", path: "/api/v1/info/prices", rows: ["data"]),
        Case(
            file: "pacifica/funding_rate_history_btc.json", feed: "pacifica", path: "/api/v1/funding_rate/history",
            query: ["symbol": "BTC", "limit": "3"]
        ),
        Case(
            file: "pacifica/funding_rate_history_btc.json", feed: "pacifica", path: "/api/v1/funding_rate/history",
            query: ["symbol": "BTC", "limit": "3"], rows: ["data"]
        ),
        Case(
            file: "hibachi/inventory_sdk.json", feed: "hibachi", path: "/market/inventory", rows: ["markets"]
        ),
        Case(
            file: "hibachi/inventory_sdk.json", feed: "hibachi", path: "/market/inventory",
            rows: ["markets", "", "contract"]
        ),
        Case(
            file: "hibachi/inventory_sdk.json", feed: "hibachi", path: "/market/inventory",
            rows: ["markets", "", "info"]
        ),
        Case(
            file: "hibachi/exchange_info_sdk.json", feed: "hibachi", path: "/market/exchange-info",
            // Invented by the SDK's tests, so that unknown fields are borne.
            obsolete: ["extra_field_serverTimestamp", "extra_field_apiVersion", "extra_field_exchangeId"]
        ),
        Case(
            file: "hibachi/exchange_info_sdk.json", feed: "hibachi", path: "/market/exchange-info",
            rows: ["futureContracts"]
        ),
        Case(
            file: "hibachi/prices_eth.json", feed: "hibachi", path: "/market/data/prices",
            query: ["symbol": "ETH/USDT-P"]
        ),
        Case(
            file: "hibachi/open_interest.json", feed: "hibachi", path: "/market/data/open-interest",
            query: ["symbol": "ETH/USDT-P"]
        ),
        Case(
            file: "hibachi/funding_rates_btc.json", feed: "hibachi", path: "/market/data/funding-rates",
            query: ["symbol": "BTC/USDT-P"]
        ),
        Case(
            file: "hibachi/funding_rates_btc.json", feed: "hibachi", path: "/market/data/funding-rates",
            query: ["symbol": "BTC/USDT-P"], rows: ["data"]
        ),
        Case(
            file: "dydx/perpetual_markets_full_fields.json", feed: "dydx", path: "/v4/perpetualMarkets",
            rows: ["markets", "BTC-USD"]
        ),
        Case(
            file: "dydx/historical_funding_btc.json", feed: "dydx", path: "/v4/historicalFunding/BTC-USD",
            rows: ["historicalFunding"]
        ),
        Case(
            file: "dydx/error_429_body.json", feed: "dydx", path: "/v4/historicalFunding/NONE-USD", rows: ["errors"]
        ),
        Case(file: "edgex/meta_data.json", feed: "edgex", path: "/api/v2/public/meta/getMetaData"),
        Case(
            file: "edgex/meta_data.json", feed: "edgex", path: "/api/v2/public/meta/getMetaData",
            rows: ["data", "contractList"]
        ),
        Case(
            file: "edgex/meta_data.json", feed: "edgex", path: "/api/v2/public/meta/getMetaData",
            rows: ["data", "coinList"]
        ),
        Case(
            file: "edgex/ticker_30000001.json", feed: "edgex", path: "/api/v2/public/quote/getTicker",
            query: ["contractId": "30000001"], rows: ["data"]
        ),
        Case(
            file: "edgex/funding_rate_page_30000001.json", feed: "edgex",
            path: "/api/v2/public/funding/getFundingRatePage",
            query: ["contractId": "30000001", "filterSettlementFundingRate": "true"], rows: ["data"]
        ),
        Case(
            file: "edgex/funding_rate_page_30000001.json", feed: "edgex",
            path: "/api/v2/public/funding/getFundingRatePage",
            query: ["contractId": "30000001", "filterSettlementFundingRate": "true"], rows: ["data", "dataList"]
        ),
        Case(
            file: "apex/ticker_btcusdt.json", feed: "apex", path: "/api/v3/ticker", query: ["symbol": "BTCUSDT"],
            rows: ["data"]
        ),
        Case(
            file: "apex/ticker_spcxusdt.json", feed: "apex", path: "/api/v3/data/all-ticker-info", rows: ["data"]
        ),
        Case(file: "apex/ticker_btcusdt.json", feed: "apex", path: "/api/v3/data/all-ticker-info"),
        Case(
            file: "apex/ticker_unknown_symbol.json", feed: "apex", path: "/api/v3/ticker",
            query: ["symbol": "NOPEUSDT"]
        ),
        Case(
            file: "apex/history_funding_btc_usdt.json", feed: "apex", path: "/api/v3/history-funding",
            query: ["symbol": "BTC-USDT", "limit": "4"], rows: ["data"]
        ),
        Case(
            file: "apex/history_funding_btc_usdt.json", feed: "apex", path: "/api/v3/history-funding",
            query: ["symbol": "BTC-USDT", "limit": "4"], rows: ["data", "historyFunds"]
        ),
        Case(
            file: "apex/history_funding_invalid_symbol.json", feed: "apex", path: "/api/v3/history-funding",
            query: ["symbol": "NOPE-USDT"]
        ),
    ]

    @Test(arguments: cases)
    func everyRecordedFieldIsPlayedWithItsType(example: Case) throws {
        let folder = Recordings.folder
        let recorded = try JSONDocument(Array(Data(contentsOf: folder.appending(path: example.file)))).root
        let stage = Stage()
        let body =
            try example.body.map { try stage.post(example.feed, example.path, $0).body }
            ?? stage.get(example.feed, example.path, example.query).body
        let played = try JSONDocument(body).root
        let expected = Self.kinds(in: recorded, at: example.rows)
        let found = Self.kinds(in: played, at: example.rows)
        for (field, kinds) in expected where !example.obsolete.contains(field) && field != "id" {
            guard let ours = found[field] else {
                Issue.record("\(example.file): \(field) is missing")
                continue
            }
            #expect(!kinds.isDisjoint(with: ours), "\(example.file): \(field) is \(ours), recorded \(kinds)")
        }
        #expect(!expected.isEmpty)
    }

    /// The kinds of JSON value that each field has in any row. `""` in a path stands for an array's every element.
    private static func kinds(in document: JSONView, at path: [String]) -> [String: Set<JSONKind>] {
        var rows = [document]
        for step in path {
            rows = rows.flatMap { row -> [JSONView] in
                if step.isEmpty { return Array(row.elements) }
                if let index = Int(step) { return row[index].map { [$0] } ?? [] }
                return row[step].map { [$0] } ?? []
            }
        }
        rows = rows.flatMap { $0.kind == .array ? Array($0.elements) : [$0] }
        var kinds: [String: Set<JSONKind>] = [:]
        for row in rows {
            for (name, value) in row.members { kinds[name, default: []].insert(value.kind) }
        }
        return kinds
    }
}
