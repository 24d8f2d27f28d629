import Foundation
import FundingCore
import FundingJSON
import FundingStore
import Testing
import WebServer

@testable import FundingAPI

struct EndpointTests {
    private let now = Date()

    private var market: MarketState {
        Sample.market(
            (
                Sample.feed(observedAt: now),
                [Sample.rate("BTCUSDT", observedAt: now), Sample.rate("ETHUSDT", observedAt: now)]
            ),
            (
                Sample.feed("drift", name: "Drift", status: .failing, observedAt: now),
                [
                    Sample.rate("BTC-PERP", base: "BTC", feed: "drift", rate: -0.5, observedAt: now)
                ]
            )
        )
    }

    // MARK: Grid

    @Test func theWholeGridIsMadeOnceAndTagged() async throws {
        let api = DirectAPI(market, at: now)
        let first = try await api.get("/api/funding-rates-grid")
        guard case .prepared(let body) = first.body,
            case .prepared(let again) = try await api.get("/api/funding-rates-grid?").body
        else {
            Issue.record("not prepared")
            return
        }
        #expect(body === again)
        #expect(body.etag == "\"test-5\"")
        #expect(try first.json["total_assets"]?.int == 2)
        #expect(try first.json["seq"]?.int == 5)
    }

    @Test func aChangeMakesAnotherBodyAfterAWhile() async throws {
        let api = DirectAPI(market, at: now)
        _ = try await api.get("/api/funding-rates-grid")
        var picture = api.view.current
        picture.sequence = 6
        api.view.show(picture)
        let deadline = ContinuousClock.now + .seconds(5)
        while try await api.get("/api/funding-rates-grid").json["seq"]?.int != 6 {
            guard ContinuousClock.now < deadline else {
                Issue.record("the old body stayed")
                return
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test(arguments: [
        ("exchanges=drift", ["BTC"]), ("assets=eth", ["ETH"]), ("search=eth", ["ETH"]), ("cross_listed=true", ["BTC"]),
        ("search=btc-", ["BTC"]), ("exchanges=drift,bybit&assets=BTC&assets=ETH", ["BTC", "ETH"]),
    ])
    func aPartOfTheGridCanBeAskedFor(query: String, assets: [String]) async throws {
        let body = try await DirectAPI(market, at: now).get("/api/funding-rates-grid?\(query)").json
        #expect(body["data"]?.elements.compactMap { $0["asset"]?.string } == assets)
        #expect(body["total_assets"]?.int == assets.count)
    }

    @Test(arguments: [("", "BTCUSD"), ("pick=extreme", "BTCUSD"), ("pick=oi", "BTCUSDT"), ("pick=median", "BTCUSDC")])
    func whichContractStandsForAnAssetCanBeSaid(query: String, symbol: String) async throws {
        let rates = [
            Sample.rate("BTCUSD", base: "BTC", rate: -0.5, openInterestUSD: 1, observedAt: now),
            Sample.rate("BTCUSDC", base: "BTC", rate: 0.1, openInterestUSD: 2, observedAt: now),
            Sample.rate("BTCUSDT", base: "BTC", rate: 0.2, openInterestUSD: 9, observedAt: now),
        ]
        let api = DirectAPI(Sample.market((Sample.feed(observedAt: now), rates)), at: now)
        let body = try await api.get("/api/funding-rates-grid?\(query)").json
        #expect(body["data"]?[0]?["exchanges"]?["ByBit"]?["symbol"]?.string == symbol)
    }

    @Test func whoHasTheLatestGridIsToldSo() async throws {
        let api = DirectAPI(market, at: now)
        #expect(try await api.get("/api/funding-rates-grid?since=5").status == 304)
        #expect(try await api.get("/api/funding-rates-grid?since=4").status == 200)
    }

    @Test(arguments: ["exchanges=ftx", "pick=best", "cross_listed=x"])
    func theGridRefusesWhatItDoesNotKnow(query: String) async throws {
        #expect(try await DirectAPI(market, at: now).get("/api/funding-rates-grid?\(query)").status == 422)
    }

    @Test(arguments: ["/api/contracts-by-asset/BTC", "/api/exchanges", "/api/funding-rates-grid?pick=oi"])
    func answersMadeForOneMayBeUsedAgainForSeconds(target: String) async throws {
        let response = try await DirectAPI(market, at: now).get(target)
        #expect(response.header("Cache-Control") == "max-age=5")
        #expect(response.header("ETag")?.hasPrefix("W/\"test-5-") == true)
    }

    // MARK: Exchanges

    @Test func exchangesAreNamesOrDetails() async throws {
        let api = DirectAPI(market, at: now)
        #expect(try await api.get("/api/exchanges").json.elements.map { $0.string } == ["ByBit", "Drift"])
        let details = try await api.get("/api/exchanges?details=true").json
        #expect(details["total"]?.int == 2)
        #expect(details["exchanges"]?[1]?["status"]?.string == "failing")
        #expect(details["exchanges"]?[0]?["contracts"]?.int == 2)
        #expect(details["exchanges"]?[0]?["intervals"]?[0]?.int == 8)
    }

    @Test(arguments: ["ftx", "%20", "%0B"])
    func anExchangeThatIsNoneIsRefusedByName(exchange: String) async throws {
        let response = try await DirectAPI(market, at: now).get("/api/exchanges/\(exchange)")
        #expect(response.status == 422)
        #expect(try response.json["detail"]?[0]?["loc"]?.elements.map { $0.string } == ["path", "exchange"])
    }

    // MARK: Health

    @Test func beforeTheTablesAreReadNothingIsReadyButThingsLive() async throws {
        let api = DirectAPI(nil)
        #expect(try await api.get("/live").status == 200)
        #expect(try await api.get("/ready").status == 503)
        #expect(try await api.get("/api/health").json["status"]?.string == "unhealthy")
        let refused = try await api.get("/api/funding-rates")
        #expect(refused.status == 503)
        #expect(refused.header("Retry-After") == "2")
        #expect(try refused.json["error"]?["code"]?.string == "unavailable")
    }

    @Test func howStreamsFareIsToldAndWhatIsOnlyPolledHasNone() async throws {
        let api = DirectAPI(market, at: now)
        api.health.streamsFare([
            StreamStore.Summary(exchange: "bybit", total: 4, open: 3, dataAge: 0.44, clockSkew: -0.0123)
        ])
        let exchanges = try await api.get("/api/health").json["exchanges"]?["by_exchange"]?.elements.map { $0 } ?? []
        #expect(exchanges.map { $0["exchange"]?.string } == ["ByBit", "Drift"])
        let stream = try #require(exchanges.first?["stream"])
        #expect(stream["open"]?.int == 3 && stream["total"]?.int == 4)
        #expect(stream["data_age_seconds"]?.double == 0.4)
        #expect(stream["clock_skew_seconds"]?.double == -0.012)
        #expect(exchanges.last?["stream"]?.isNull == true)
    }

    @Test func anExchangeThatFailsDegradesAndADatabaseThatIsGoneIsUnhealthy() async throws {
        let api = DirectAPI(market, at: now)
        api.health.databaseAnswered(Date())
        api.health.redisIsConnected(true)
        let degraded = try await api.get("/api/health")
        #expect(degraded.status == 200)
        #expect(try degraded.json["status"]?.string == "degraded")
        #expect(try degraded.json["database"]?.string == "connected")
        #expect(try degraded.json["collector"]?["running"]?.bool == true)
        #expect(try degraded.json["exchanges"]?["failing"]?[0]?.string == "Drift")
        #expect(try await api.get("/ready").status == 200)
        api.health.databaseFailed()
        #expect(try await api.get("/api/health").status == 503)
        #expect(try await api.get("/ready").status == 503)
        #expect(try await api.get("/api/funding-rates").status == 200, "what is known is still served")
    }

    // MARK: Index

    @Test func theIndexListsEveryRoute() async throws {
        let api = DirectAPI(market, at: now)
        let index = try await api.get("/").json
        #expect(index["contracts"]?.int == 3)
        #expect(index["assets"]?.int == 2)
        for route in api.router.routes where route.pattern != "/" && route.pattern != "/api" {
            let path = route.pattern.replacing("*}", with: "}")
            #expect(index["endpoints"]?["\(route.method) \(path)"]?.string == path)
        }
        #expect(try await api.get("/api").json["name"] != nil)
    }

    @Test(arguments: [
        ("", false), ("*/*", false), ("application/json", false), ("text/html", true),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
        ("application/json, text/html;q=0.5", false), ("text/html;q=0", false),
    ])
    func aPageIsForThoseWhoWouldRatherHaveOne(accept: String, prefersHTML: Bool) {
        #expect(IndexEndpoint.prefersHTML(accept) == prefersHTML)
    }

    @Test func theDashboardIsServedToBrowsers() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer {
            do { try FileManager.default.removeItem(at: directory) } catch { Issue.record(error) }
        }
        try Data("<html>page</html>".utf8).write(to: directory.appendingPathComponent("index.html"))
        let files = try StaticFiles(directory: directory.path)
        let api = DirectAPI(market, at: now, dashboard: files)
        let html = [("Accept", "text/html")]
        #expect(try await api.get("/", headers: html).bodyBytes == Array("<html>page</html>".utf8))
        #expect(try await api.get("/").json["name"] != nil)
        for path in ["/arbitrage", "/settings/x", "/nowhere"] {
            let missing = try await api.get(path, headers: html)
            #expect(missing.status == 404 && missing.bodyBytes == Array("<html>page</html>".utf8), "\(path)")
        }
    }

    // MARK: Around everything

    @Test func unknownPathsAndMethodsAreRefusedInTheOneShape() async throws {
        let api = DirectAPI(market, at: now)
        let missing = try await api.get("/api/nothing")
        #expect(missing.status == 404)
        #expect(try missing.json["error"]?["code"]?.string == "not_found")
        #expect(try await api.get("/api/health", method: "POST").status == 405)
    }

    @Test func onlyNamedOriginsMayRead() async throws {
        let api = DirectAPI(market, at: now)
        let friend = try await api.get("/api/exchanges", headers: [("Origin", "http://localhost:3000")])
        #expect(friend.header("Access-Control-Allow-Origin") == "http://localhost:3000")
        #expect(friend.header("Access-Control-Expose-Headers")?.contains("X-Total-Count") == true)
        let stranger = try await api.get("/api/exchanges", headers: [("Origin", "http://evil.example")])
        #expect(stranger.header("Access-Control-Allow-Origin") == nil)
        let asking = [("Access-Control-Request-Method", "GET")]
        let preflight = try await api.get(
            "/api/exchanges", method: "OPTIONS", headers: asking + [("Origin", "http://localhost:3000")]
        )
        #expect(preflight.status == 204)
        #expect(preflight.header("Access-Control-Allow-Methods") == "GET, HEAD, POST, PUT, OPTIONS")
        let refused = try await api.get(
            "/api/exchanges", method: "OPTIONS", headers: asking + [("Origin", "http://evil.example")])
        #expect(refused.status == 403)
    }

    @Test func aClientThatAsksTooOftenWaitsAndOthersDoNot() async throws {
        let api = DirectAPI(market, at: now, limits: ClientLimits.Rates(read: 2))
        for _ in 0..<2 { #expect(try await api.get("/api/exchanges", from: "10.0.0.1").status == 200) }
        let refused = try await api.get("/api/exchanges", from: "10.0.0.1")
        #expect(refused.status == 429)
        #expect(refused.header("Retry-After") == "30")
        #expect(refused.header("RateLimit-Policy") == "\"read\";q=2;w=60")
        #expect(refused.header("RateLimit") == "\"read\";r=0;t=60")
        #expect(try refused.json["error"]?["code"]?.string == "rate_limited")
        #expect(try await api.get("/api/exchanges", from: "10.0.0.2").status == 200)
        #expect(try await api.get("/live", from: "10.0.0.1").status == 200)
        for _ in 0..<20 { #expect(try await api.get("/api/exchanges").status == 200, "loopback has ten times as much") }
        #expect(try await api.get("/api/exchanges").status == 429)
    }
}
