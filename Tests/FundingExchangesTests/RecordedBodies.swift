import Foundation
import FundingCore
import FundingJSON

/// Bodies recorded from the real exchanges. They come from public sources and are no part of this project: they lie
/// beside it, and `FUNDING_RECORDINGS` may name another place.
enum RecordedBodies {
    static let folder: URL = {
        if let path = ProcessInfo.processInfo.environment["FUNDING_RECORDINGS"] { return URL(filePath: path) }
        let package = Recording.folder.deletingLastPathComponent().deletingLastPathComponent()
        return package.deletingLastPathComponent().appending(path: "shared/recordings")
    }()

    /// They are not part of the tree, so a clone alone skips them; continuous integration has them, and must run them.
    static let mustOrCanRun: Bool = {
        if ProcessInfo.processInfo.environment["CI"] != nil { return true }
        return FileManager.default.fileExists(atPath: folder.path)
    }()

    static func body(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: path)))
    }

    /// All recorded bodies of an exchange.
    static func paths(of exchange: ExchangeID) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: exchange.rawValue).path)
            .filter { $0.hasSuffix(".json") }.sorted().map { "\(exchange)/\($0)" }
    }
}

/// One poll made of recorded bodies, and the moment it is played at.
struct RecordedCase: Sendable, CustomStringConvertible {
    /// Where an answer comes from.
    enum Source: Sendable {
        case file(String)
        /// Where no whole answer was recorded, one is made of recorded parts: `%1` stands for the value at a path in a
        /// file, `%2` for the second, and so on.
        case composed(String, [(file: String, path: [String])])
    }

    var feed: FeedID
    var name: String
    var now: String
    /// By request label; a request without one is answered 404.
    var answers: [String: Source]

    var description: String { "\(feed)/\(name)" }

    func body(_ label: String) throws -> [UInt8]? {
        switch answers[label] {
        case nil: return nil
        case .file(let path): return try RecordedBodies.body(path)
        case .composed(var text, let parts):
            for (place, part) in parts.enumerated() {
                var value = try JSONDocument(RecordedBodies.body(part.file)).root
                for step in part.path {
                    guard let next = Int(step).map({ value[$0] }) ?? value[step] else {
                        throw Rejected(description: "no \(step) in \(part.file)")
                    }
                    value = next
                }
                text = text.replacing("%\(place + 1)", with: value.rawText)
            }
            return Array(text.utf8)
        }
    }

    struct Rejected: Error, CustomStringConvertible {
        var description: String
    }
}

extension RecordedCase {
    private static let binance: [String: Source] = [
        "premium-index": .file("binance/usdm_premium_index.json"),
        "funding-info": .file("binance/usdm_funding_info.json"),
        "open-interest.BTCUSDT": .file("binance/usdm_open_interest.json"),
    ]

    private static let hyperliquidTerms: [String: Source] = [
        "tokens": .file("hyperliquid/spot_meta.json"),
        "annotations": .file("hyperliquid/perp_concise_annotations.json"),
    ]

    private static let bitcoinContext: (file: String, path: [String]) =
        ("hyperliquid/meta_and_asset_ctxs.json", ["1", "0"])

    static let all: [RecordedCase] = [
        RecordedCase(
            feed: "binance-usdm", name: "2021-full", now: "2024-11-27T13:54:15Z",
            answers: binance.merging(["exchange-info": .file("binance/usdm_exchange_info__2021_full.json")]) { $1 }
        ),
        RecordedCase(
            feed: "binance-usdm", name: "2025-partial", now: "2024-11-27T13:54:15Z",
            answers: binance.merging(["exchange-info": .file("binance/usdm_exchange_info.json")]) { $1 }
        ),
        RecordedCase(
            feed: "bybit", name: "linear-and-inverse", now: "2025-10-13T10:46:09Z",
            answers: [
                "instruments.linear": .file("bybit/instruments_linear.json"),
                "tickers.linear": .file("bybit/tickers_linear.json"),
                "tickers.inverse": .file("bybit/tickers_inverse.json"),
            ]
        ),
        RecordedCase(
            feed: "bybit", name: "prelaunch-page-first", now: "2022-09-20T10:33:20Z",
            answers: [
                "instruments.linear": .file("bybit/instruments_linear__prelaunch.json"),
                "instruments.linear.page2": .file("bybit/instruments_linear.json"),
                "tickers.linear": .file("bybit/tickers_linear.json"),
            ]
        ),
        RecordedCase(
            feed: "hyperliquid", name: "main", now: "2026-09-12T10:30:00Z",
            answers: hyperliquidTerms.merging([
                "dexs": .file("hyperliquid/perp_dexs.json"),
                "contexts": .file("hyperliquid/meta_and_asset_ctxs.json"),
            ]) { $1 }
        ),
        RecordedCase(
            feed: "hyperliquid", name: "meta-2023", now: "2023-07-17T10:30:00Z",
            answers: hyperliquidTerms.merging([
                "contexts": .composed(
                    "[%1,[" + Array(repeating: "%2", count: 28).joined(separator: ",") + "]]",
                    [("hyperliquid/meta_2023.json", []), bitcoinContext]
                )
            ]) { $1 }
        ),
        RecordedCase(
            feed: "hyperliquid", name: "collateral", now: "2026-09-12T10:30:00Z",
            answers: hyperliquidTerms.merging([
                "dexs": .composed(#"[null,{"name":"km"},{"name":"hyna"}]"#, []),
                "contexts": .composed(
                    "[%1,[%2,%2,%2]]", [("hyperliquid/meta_perp_nulls.json", []), bitcoinContext]
                ),
                "contexts.km": .composed("[%1,[%2]]", [("hyperliquid/all_perp_metas.json", ["1"]), bitcoinContext]),
                "contexts.hyna": .composed("[%1,[%2]]", [("hyperliquid/all_perp_metas.json", ["2"]), bitcoinContext]),
            ]) { $1 }
        ),
        RecordedCase(
            feed: "lighter", name: "2026-09", now: "2026-09-11T14:20:00Z",
            answers: [
                "order-book-details": .file("lighter/order_book_details.json"),
                "funding-rates": .file("lighter/funding_rates.json"),
            ]
        ),
        RecordedCase(
            feed: "lighter", name: "2026-05-without-mark-price", now: "2026-05-05T14:20:00Z",
            answers: [
                "order-book-details": .file("lighter/order_book_details_full_eth.json"),
                "funding-rates": .file("lighter/funding_rates.json"),
            ]
        ),
        RecordedCase(
            feed: "deribit", name: "inverse", now: "2025-11-20T21:36:17Z",
            answers: [
                "instruments": .file("deribit/instruments_future.json"),
                "book-summary.BTC": .file("deribit/book_summary_by_instrument.json"),
            ]
        ),
        RecordedCase(
            feed: "deribit", name: "usdc-2022", now: "2022-06-16T16:55:25Z",
            answers: [
                "instruments": .file("deribit/instruments__usdc_2022_full.json"),
                "book-summary.USDC": .composed(
                    #"{"jsonrpc":"2.0","result":[%1]}"#,
                    [("deribit/ws_ticker__linear_usdc.json", ["params", "data"])]
                ),
            ]
        ),
        RecordedCase(
            feed: "deribit", name: "ticker", now: "2021-06-07T09:54:41Z",
            answers: [
                "instruments": .file("deribit/instruments_future.json"),
                "book-summary.BTC": .composed(
                    #"{"jsonrpc":"2.0","result":[%1]}"#, [("deribit/ticker.json", ["result"])]
                ),
            ]
        ),
    ]
}
