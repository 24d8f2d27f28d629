import CurlDriver
import Foundation
import FundingCore
import FundingExchanges
import FundingJSON
import Testing

/// Bodies that are none: each ends as an `ExchangeError` or as counted rejects, and no row is made of it.
@Suite struct BadBodyTests {
    private static let bodies = [
        "", " ", "not JSON", "<!DOCTYPE html><html><body>Access denied</body></html>", "{}", "[]", "null", "5", "true",
        "\"text\"", "[NaN]", "{\"a\":1,}", "\u{FEFF}{}", #"{"code":-1000,"msg":"An unknown error occured"}"#,
        #"{"error":{"code":13888,"message":"temporarily_unavailable"}}"#, #"{"retCode":10001,"result":{}}"#,
        #"{"retCode":0,"retMsg":"OK","result":{}}"#, #"{"result":null}"#, #"{"result":{"list":{}}}"#, "[[],[]]",
        #"[{"universe":[{"name":"BTC"}]},[]]"#, String(repeating: "[", count: 1_000_000),
    ]

    /// Every request of every feed that a poll needs, with what may legitimately be empty left out.
    private static func needed(_ feed: FeedID) throws -> [ExchangeRequest] {
        let adapter = try #require(Exchanges.feeds(named: feed.rawValue).first)
        var listings = Answers()
        for request in adapter.listings {
            let body = try Recording(of: feed).body(request.label)
            listings.append(Answer(to: request, try JSONDocument(body), receivedAt: Recording.now))
        }
        return (adapter.listings + adapter.liveRequests(given: listings)).filter { $0.need != .optional }
    }

    @Test(arguments: FixtureTests.feeds)
    func aBodyOfAnotherShapeIsRefused(feed: FeedID) async throws {
        for request in try Self.needed(feed) {
            for body in Self.bodies {
                // Documented: nothing was ever adjusted.
                if request.name == "funding-info", ["[]", "null"].contains(body) { continue }
                try await expectRefusal(feed, request, Array(body.utf8))
            }
        }
    }

    @Test(arguments: FixtureTests.feeds)
    func aTruncatedBodyIsRefusedAsAWhole(feed: FeedID) async throws {
        for request in try Self.needed(feed) {
            let body = try Recording(of: feed).body(request.label)
            for length in [1, body.count / 3, body.count / 2, body.count - 3] {
                try await expectRefusal(feed, request, Array(body.prefix(length)))
            }
        }
    }

    private func expectRefusal(_ feed: FeedID, _ request: ExchangeRequest, _ body: [UInt8]) async throws {
        let text = String(decoding: body.prefix(40), as: UTF8.self)
        let intact = Set(try await Recording(of: feed).poller().poll().snapshots)
        do {
            let poll = try await Recording(of: feed, replacing: [request.label: body]).poller().poll()
            #expect(request.need == .part, "\(request.label) as \(text) did not fail the poll")
            #expect(poll.failures.map(\.request) == [request.label], "\(request.label) as \(text)")
            #expect(!poll.isComplete)
            #expect(intact.isSuperset(of: poll.snapshots))
        } catch let error as ExchangeError {
            #expect(request.need == .required, "\(request.label) as \(text): \(error)")
            #expect(!error.isTransient)
        }
    }

    /// `bad-<request>.json` holds rows with one fault each, and perhaps a good one: the file, the symbols that are read all
    /// the same, the rows that are not.
    private static let badRows: [(FeedID, String, [String], Int)] = [
        ("binance-usdm", "premium-index", ["BTCUSDT"], 12),
        ("kucoin", "contracts", ["XBTUSDTM"], 30), ("binance-coinm", "premium-index", ["BTCUSD_PERP"], 9),
        ("bybit", "tickers.linear", ["BTCUSDT", "BTCUSD", "ETHUSD"], 21),
        ("mexc", "funding-rates", ["BTC_USDT"], 30),
        (
            "mexc", "tickers",
            [
                "BTC_USDT", "10SET_USDT", "FAST_USDT", "NEWROW_USDT", "NOTICKER_USDT",
                "ZERO_USDT", "OLD_USDT", "AAPLSTOCK_USDT", "NVIDIA_USDT", "SPX500_USDT",
                "XAU_USDT", "EUR_USDT", "ODDITY_USDT", "STOCK_USDT",
            ], 8
        ),
        ("mexc", "detail", ["BTC_USDT"], 8), ("backpack", "mark-prices", ["BTC_USDC_PERP"], 12),
        ("hyperliquid", "contexts", ["BTC"], 9),
        ("aster", "premium-index", ["BTCUSDT"], 13), ("lighter", "order-book-details", ["ETH"], 7),
        ("kraken", "tickers", ["PF_XBTUSD"], 15), ("drift", "markets", ["SOL-PERP"], 22),
        ("pacifica", "prices", ["ETH"], 16), ("hibachi", "inventory", ["BTC/USDT-P"], 19),
        ("deribit", "book-summary.USDC", ["BTC-PERPETUAL", "ETH-PERPETUAL", "BTC_EURR-PERPETUAL"], 7),
        ("dydx", "perpetual-markets", ["BTC-USD"], 18),
        // Fifteen bad rows, and five contracts that now have none.
        ("edgex", "funding.1", ["BTCUSDC"], 20),
        ("apex", "tickers", ["BTCUSDT"], 17),
    ]

    @Test(arguments: badRows)
    func aBadRowIsRefusedAlone(feed: FeedID, label: String, good: [String], bad: Int) async throws {
        let recording = try Recording(of: feed)
        let poll = try await Recording(of: feed, replacing: [label: recording.body("bad-\(label)")]).poller().poll()
        let intact = try await recording.poller().poll()
        let builders = feed == "hyperliquid" ? intact.snapshots.map(\.contract.symbol).filter { $0.contains(":") } : []
        let refusedAnyway = Set(intact.rejects)
        #expect(poll.snapshots.map(\.contract.symbol) == good + builders)
        #expect(poll.rejects.filter { !refusedAnyway.contains($0) }.count == bad, "\(poll.rejects)")
        #expect(poll.rejects.allSatisfy { !$0.reason.isEmpty && $0.reason.utf8.count < 500 })
    }
}
