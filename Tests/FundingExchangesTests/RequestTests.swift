import CurlDriver
import Foundation
import FundingCore
import FundingExchanges
import Testing

/// What goes out over the wire.
@Suite struct RequestTests {
    private func sent(_ feed: FeedID, base: String? = nil) async throws -> [HTTPRequest] {
        let recording = try Recording(of: feed)
        let sent = TestLock<[HTTPRequest]>([])
        let gate = HostGate(unhurried(recording.labels.profile))
        let poller = ExchangePoller(recording.labels, base: base, gate: gate, now: { Recording.now }) {
            request throws(HTTPFetchError) in
            sent.withLock { $0.append(request) }
            var request = request
            if let base { request.url = recording.labels.profile.host + request.url.dropFirst(base.count) }
            return recording.answer(to: recording.labels.label(of: request) ?? "")
        }
        _ = try await poller.poll()
        _ = await poller.refreshOpenInterest()
        return sent.withLock { $0 }
    }

    @Test func anOpaqueCursorIsEscapedLikeAnyValue() async throws {
        let urls = try await sent("bybit").map(\.url)
        #expect(
            urls.contains(
                "https://api.bybit.com/v5/market/instruments-info?category=linear&limit=1000"
                    + "&cursor=first%253D1000PEPEUSDT%2526last%253DOLDBODYUSDT"
            )
        )
    }

    @Test func symbolsBeyondASCIIAreEscapedAsUTF8() async throws {
        let urls = try await sent("binance-usdm").map(\.url)
        #expect(
            urls.contains(
                "https://fapi.binance.com/fapi/v1/openInterest?symbol=%E5%B8%81%E5%AE%89%E4%BA%BA%E7%94%9FUSDT"
            )
        )
    }

    @Test func aPostCarriesItsDocument() async throws {
        let requests = try await sent("hyperliquid")
        #expect(requests.allSatisfy { $0.method == .post && $0.url == "https://api.hyperliquid.xyz/info" })
        #expect(requests.allSatisfy { $0.headers.contains { $0 == ("Content-Type", "application/json") } })
        let bodies = Set(requests.compactMap { $0.body.map { String(decoding: $0, as: UTF8.self) } })
        #expect(bodies.contains(#"{"type":"metaAndAssetCtxs"}"#))
        #expect(bodies.contains(#"{"type":"metaAndAssetCtxs","dex":"xyz"}"#))
        // A dex whose name would have to be escaped is not asked for.
        #expect(bodies.count == 7)
    }

    @Test func deribitAsksForTheCurrenciesItsPerpetualsSettleIn() async throws {
        let paths = try await sent("deribit").map(\.url).filter { $0.contains("book_summary") }
        #expect(
            Set(paths.compactMap { $0.firstMatch(of: /currency=([A-Z]+)&kind=future/).map { String($0.1) } })
                == ["BTC", "ETH", "EURR", "USDC"]
        )
    }

    @Test(arguments: FixtureTests.feeds)
    func anotherHostReplacesTheExchanges(feed: FeedID) async throws {
        let requests = try await sent(feed, base: "http://127.0.0.1:9000/\(feed)")
        #expect(requests.allSatisfy { $0.url.hasPrefix("http://127.0.0.1:9000/\(feed)/") })
    }

    @Test(arguments: FixtureTests.feeds)
    func everyRequestHasItsLimits(feed: FeedID) async throws {
        for request in try await sent(feed) {
            #expect(request.totalTimeout <= .seconds(10))
            #expect(request.maximumBodyBytes <= 32 << 20)
            #expect(!request.followsRedirects)
        }
    }
}
