import Foundation
import FundingJSON
import Testing

@testable import ExchangeSimulator

/// Whether what we push has the fields of what was recorded.
@Suite(.enabled(if: Recordings.areExpected, Recordings.absence))
struct StreamShapeTests {
    /// One recorded message, what is said before ours comes, and where in both the fields are.
    struct Case: Sendable, CustomTestStringConvertible {
        var file: String
        /// Which of several messages in the file.
        var place: Int?
        var feed: String
        var path: String
        var says: [String] = []
        /// Finds ours among all that is heard: a field at the top and its text.
        var field = ""
        var value = ""
        var rows: [String] = []

        var testDescription: String { "\(file) \(rows.joined(separator: "."))" }
    }

    private static let deribit =
        #"{"jsonrpc":"2.0","id":1,"method":"public/subscribe","params":{"channels":["ticker.BTC-PERPETUAL.100ms"]}}"#
    private static let coin =
        #"{"method":"subscribe","subscription":{"type":"activeAssetCtx","coin":"MOODENG"}}"#
    private static let dexs = #"{"method":"subscribe","subscription":{"type":"allDexsAssetCtxs"}}"#

    private static func bybit(_ topic: String) -> [String] {
        [#"{"op":"subscribe","args":["tickers.\#(topic)"],"req_id":"sub-1"}"#]
    }

    private static func lighter(_ market: String) -> [String] {
        [#"{"type":"subscribe","channel":"market_stats/\#(market)"}"#]
    }

    static let cases = [
        Case(
            file: "bybit/ws_tickers.json", place: 0, feed: "bybit", path: "/v5/public/linear", says: bybit("BTCUSDT"),
            field: "type", value: "snapshot"
        ),
        Case(
            file: "bybit/ws_tickers.json", place: 0, feed: "bybit", path: "/v5/public/linear", says: bybit("BTCUSDT"),
            field: "type", value: "snapshot", rows: ["data"]
        ),
        Case(
            file: "bybit/ws_tickers.json", place: 1, feed: "bybit", path: "/v5/public/linear",
            says: bybit("BTC-25DEC26"), field: "type", value: "snapshot", rows: ["data"]
        ),
        Case(
            file: "bybit/ws_subscribe_ack.json", feed: "bybit", path: "/v5/public/linear", says: bybit("BTCUSDT"),
            field: "op", value: "subscribe"
        ),
        Case(
            file: "bybit/ws_pong.json", feed: "bybit", path: "/v5/public/linear", says: [#"{"op":"ping"}"#],
            field: "op", value: "ping"
        ),
        Case(
            file: "deribit/ws_subscribe_response.json", feed: "deribit", path: "/ws/api/v2", says: [deribit],
            field: "jsonrpc", value: "2.0"
        ),
        Case(
            file: "deribit/ws_ticker.json", feed: "deribit", path: "/ws/api/v2", says: [deribit], field: "method",
            value: "subscription", rows: ["params"]
        ),
        Case(
            file: "deribit/ws_ticker.json", feed: "deribit", path: "/ws/api/v2", says: [deribit], field: "method",
            value: "subscription", rows: ["params", "data"]
        ),
        Case(
            file: "deribit/ws_ticker.json", feed: "deribit", path: "/ws/api/v2", says: [deribit], field: "method",
            value: "subscription", rows: ["params", "data", "stats"]
        ),
        Case(
            file: "hyperliquid/ws_active_asset_ctx.json", feed: "hyperliquid", path: "/ws", says: [coin],
            field: "channel", value: "activeAssetCtx", rows: ["data", "ctx"]
        ),
        Case(
            file: "hyperliquid/ws_subscription_response.json", feed: "hyperliquid", path: "/ws", says: [dexs],
            field: "channel", value: "subscriptionResponse", rows: ["data"]
        ),
        Case(
            file: "hyperliquid/ws_pong.json", feed: "hyperliquid", path: "/ws", says: [#"{"method":"ping"}"#],
            field: "channel", value: "pong"
        ),
        Case(
            file: "lighter/ws_connected.json", feed: "lighter", path: "/stream", field: "type", value: "connected"
        ),
        Case(file: "lighter/ws_ping.json", feed: "lighter", path: "/stream", field: "type", value: "ping"),
        Case(
            file: "lighter/ws_market_stats_all_update.json", feed: "lighter", path: "/stream", says: lighter("all"),
            field: "type", value: "update/market_stats"
        ),
        Case(
            file: "lighter/ws_market_stats_all_update.json", feed: "lighter", path: "/stream", says: lighter("all"),
            field: "type", value: "update/market_stats", rows: ["market_stats", "0"]
        ),
        Case(
            file: "lighter/ws_market_stats_subscribed_single.json", feed: "lighter", path: "/stream",
            says: lighter("1"), field: "type", value: "subscribed/market_stats", rows: ["market_stats"]
        ),
    ]

    @Test(arguments: cases)
    func everyRecordedFieldIsPushedWithItsType(example: Case) throws {
        let file = try JSONDocument(Array(Data(contentsOf: Recordings.folder.appending(path: example.file)))).root
        let recorded = try example.place.map { try #require(file[$0]) } ?? file
        let socket = try StageSocket(example.feed, example.path, on: Stage())
        let heard = try socket.greeting + example.says.flatMap { try socket.send($0) } + socket.pushed(after: 60_000)
        let ours = try #require(heard.first { $0[example.field]?.isString(example.value) == true })
        let found = Self.kinds(in: ours, at: example.rows)
        let expected = Self.kinds(in: recorded, at: example.rows)
        #expect(!expected.isEmpty)
        for (field, kind) in expected {
            #expect(found[field] == kind, "\(example.file): \(field)")
        }
    }

    /// The kind of JSON value that each field has.
    private static func kinds(in document: JSONView, at path: [String]) -> [String: JSONKind] {
        let object = path.reduce(document as JSONView?) { $0?[$1] }
        return Dictionary((object?.members).map { $0.map { ($0.key, $0.value.kind) } } ?? []) { $1 }
    }
}
