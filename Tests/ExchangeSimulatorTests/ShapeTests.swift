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
