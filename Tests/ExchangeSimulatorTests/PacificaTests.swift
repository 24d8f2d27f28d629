import FundingJSON
import Testing

@testable import ExchangeSimulator

@Suite struct PacificaTests {
    private let stage = Stage()

    private func data(_ path: String, _ query: [String: String] = [:]) throws -> JSONView {
        try stage.json("pacifica", path, query).member("data")
    }

    private func history(_ query: [String: String]) throws -> JSONView {
        try stage.json("pacifica", "/api/v1/funding_rate/history", query)
    }

    @Test func bothListsHoldTheSpotMarketToo() throws {
        let markets = try data("/api/v1/info")
        #expect(markets.elements.filter { $0["instrument_type"]?.isString("perpetual") == true }.count == 35)
        #expect(try markets.row("symbol", "SOL-USDC").text("instrument_type") == "spot")
        let prices = try data("/api/v1/info/prices")
        #expect(prices.count == 36)
        #expect(try prices.row("symbol", "SOL-USDC").text("yesterday_price") == "-1")
        for symbol in ["kBONK", "kPEPE", "kSHIB", "PAXG", "XAU", "EURUSD", "NVDA", "SP500"] {
            #expect(try prices.row("symbol", symbol).number("mark") > 0)
        }
    }

    @Test func theRateIsFixedForTheHourAndTheNextOneMoves() throws {
        func rates() throws -> (Double, Double) {
            let row = try data("/api/v1/info/prices").row("symbol", "SUI")
            return (try row.number("funding"), try row.number("next_funding"))
        }
        let (fixed, estimate) = try rates()
        stage.now += 15 * .millisecondsOfMinute
        let (same, moved) = try rates()
        #expect(same == fixed)
        #expect(moved != estimate)
    }

    @Test func whatIsShownIsWhatIsPaidAtTheNextFullHour() throws {
        let row = try data("/api/v1/info/prices").row("symbol", "kPEPE")
        let shown = try row.number("funding")
        stage.now = Stage.now.floored(to: .millisecondsOfHour) + .millisecondsOfHour - 1
        let estimate = try data("/api/v1/info/prices").row("symbol", "kPEPE").number("next_funding")
        stage.now += 1000
        let rows = try history(["symbol": "kPEPE", "limit": "2"]).member("data")
        #expect(try #require(rows[0]).number("funding_rate") == shown)
        // As recorded: a row's `next_funding_rate` is the `funding_rate` of the row after it.
        #expect(try #require(rows[1]).number("next_funding_rate") == shown)
        #expect(try abs(#require(rows[0]).number("next_funding_rate") - estimate) < 2e-8)
    }

    @Test func historyIsPagedByACursorNewestFirst() throws {
        var query = ["symbol": "kBONK", "limit": "4000"]
        var times: [Int] = []
        var pages = 0
        while pages < 30 {
            let page = try history(query)
            times += try page.member("data").elements.map { try $0.integer("created_at") }
            pages += 1
            guard try page.member("has_more").bool == true else { break }
            query["cursor"] = try page.text("next_cursor")
        }
        let listedAt = try stage.contract("pacifica", "kBONK").schedule.listedAt
        #expect(times.count == (Stage.now - listedAt) / .millisecondsOfHour)
        #expect(times == Array(Set(times)).sorted(by: >))
        #expect(times.allSatisfy { (300..<600).contains($0 % .millisecondsOfHour) })
        #expect(try history(["symbol": "BTC"]).member("data").count == 200)
        let path = "/api/v1/funding_rate/history"
        #expect(try stage.get("pacifica", path, ["symbol": "BTC", "limit": "4001"]).status == 400)
        #expect(try stage.get("pacifica", path, ["symbol": "BTC", "cursor": "?"]).status == 400)
        #expect(try stage.get("pacifica", path, ["symbol": "NONE"]).status == 404)
    }

    @Test func creditsAreStatedInTenths() throws {
        let stage = Stage(enforcesLimits: true, at: Stage.now.floored(to: 60_000) + 20_000)
        func ask(_ path: String) throws -> (Int, String?) {
            let answer = try stage.get("pacifica", path, ["symbol": "BTC", "limit": "1"])
            return (answer.status, answer.headers.first { $0.0 == "ratelimit" }?.1)
        }
        #expect(try ask("/api/v1/info/prices") == (200, #""credits";r=990;t=60"#))
        for _ in 0..<11 { #expect(try ask("/api/v1/funding_rate/history").0 == 200) }
        // 100 of 100 are gone.
        #expect(try ask("/api/v1/funding_rate/history") == (429, #""credits";r=0;t=40"#))
        stage.now += 40_000
        #expect(try ask("/api/v1/funding_rate/history") == (200, #""credits";r=910;t=60"#))
    }

    // MARK: - The stream

    private let exchange = SimulatedPacifica()

    private var scene: Scene { Scene(of: "pacifica", in: stage.simulator.universe, at: stage.now) }

    private func said(_ text: String, _ session: inout StreamSession) throws -> [JSONView] {
        let message = try JSONDocument(text).root
        return try exchange.receive(message, on: &session, in: scene).map { try JSONDocument($0).root }
    }

    @Test func oneSubscriptionBringsAllMarkets() throws {
        var session = try #require(exchange.open(SimulatedRequest("GET", "/ws"), in: scene)).session
        #expect(exchange.push(to: &session, in: scene).isEmpty)
        let acknowledged = try said(#"{"method":"subscribe","params":{"source":"prices"}}"#, &session)
        #expect(try acknowledged.map { try $0.text("channel") } == ["subscribe"])
        let pushed = try JSONDocument(#require(exchange.push(to: &session, in: scene).first)).root
        #expect(try pushed.text("channel") == "prices")
        #expect(try pushed.member("data").rawText == data("/api/v1/info/prices").rawText)
        _ = try said(#"{"method":"unsubscribe","params":{"source":"prices"}}"#, &session)
        #expect(exchange.push(to: &session, in: scene).isEmpty)
    }

    @Test func aPingIsAnsweredAndNonsenseRefused() throws {
        #expect(exchange.open(SimulatedRequest("GET", "/other"), in: scene) == nil)
        var session = try #require(exchange.open(SimulatedRequest("GET", "/ws"), in: scene)).session
        #expect(try said(#"{"method":"ping"}"#, &session).map(\.rawText) == [#"{"channel":"pong"}"#])
        #expect(try said(#"{"method":"subscribe","params":{"source":"none"}}"#, &session)[0]["error"] != nil)
        #expect(try said("5", &session)[0]["error"] != nil)
        #expect(exchange.liveness.maximumSilence == 60_000)
    }
}
