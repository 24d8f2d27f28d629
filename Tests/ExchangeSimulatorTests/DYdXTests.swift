import FundingJSON
import Testing

@testable import ExchangeSimulator

@Suite struct DYdXTests {
    private let stage = Stage()
    private let exchange = SimulatedDYdX()
    private static let subscription = #"{"type":"subscribe","channel":"v4_markets","batched":true}"#

    private func history(_ ticker: String, _ query: [String: String] = [:]) throws -> [JSONView] {
        try Array(stage.json("dydx", "/v4/historicalFunding/\(ticker)", query).member("historicalFunding").elements)
    }

    private func market(_ ticker: String) throws -> JSONView {
        try stage.json("dydx", "/v4/perpetualMarkets").member("markets").member(ticker)
    }

    private var scene: Scene { Scene(of: "dydx", in: stage.simulator.universe, at: stage.now) }

    private func session() throws -> StreamSession {
        try #require(exchange.open(SimulatedRequest("GET", "/v4/ws"), in: scene)).session
    }

    private func say(_ text: String, _ session: inout StreamSession) throws -> [JSONView] {
        try exchange.receive(JSONDocument(text).root, on: &session, in: scene).map { try JSONDocument($0).root }
    }

    // MARK: - Requests

    @Test func closedAndStandingMarketsStayInTheList() throws {
        let markets = try stage.json("dydx", "/v4/perpetualMarkets").member("markets")
        let statuses = try markets.members.map { try $0.value.text("status") }
        #expect(statuses.count { $0 == "ACTIVE" } == 245)
        #expect(
            Set(statuses)
                == ["ACTIVE", "FINAL_SETTLEMENT", "PAUSED", "CANCEL_ONLY", "POST_ONLY", "INITIALIZING"]
        )
        #expect(try market("EUR-USD").text("status") == "FINAL_SETTLEMENT")
        let dead = markets.members.filter {
            $0.value["openInterest"]?.decimal == 0 && $0.value["status"]?.isString("ACTIVE") == true
        }
        #expect(dead.count == 44)
        #expect(try dead.allSatisfy { try $0.value.text("nextFundingRate") == "0.0000125" })
    }

    @Test func historyGoesBackAHundredRowsWhateverIsAskedFor() throws {
        let latest = try history("BTC-USD", ["limit": "1000"])
        #expect(latest.count == 100)
        let times = try latest.map { try #require(InstantText.parse($0.text("effectiveAt"))) }
        #expect(times == times.sorted(by: >))
        #expect(times.allSatisfy { (0..<1000).contains($0 % .millisecondsOfHour) })
        let older = try history(
            "BTC-USD", ["limit": "100", "effectiveBeforeOrAt": InstantText.milliseconds(times[99] - 1)])
        let next = try #require(InstantText.parse(older[0].text("effectiveAt")))
        #expect((times[99] - next + 1000) / .millisecondsOfHour == 1)
        // The bound is inclusive.
        let same = try history("BTC-USD", ["limit": "1", "effectiveBeforeOrAt": InstantText.milliseconds(times[99])])
        #expect(try same.map { try $0.text("effectiveAt") } == [latest[99].text("effectiveAt")])
    }

    @Test func settledIsTheEstimateOfTheLastMoment() throws {
        let payment = Stage.now.floored(to: .millisecondsOfHour) + .millisecondsOfHour
        stage.now = payment - 1
        let estimate = try market("SOL-USD").number("nextFundingRate")
        stage.now = payment + 1000
        let row = try #require(try history("SOL-USD", ["limit": "1"]).first)
        #expect(abs(try row.number("rate") - estimate) < 1e-9)
    }

    @Test(arguments: [
        ("NONE-USD", [:]), ("BTC-USD", ["limit": "0"]), ("BTC-USD", ["limit": "many"]),
        ("BTC-USD", ["effectiveBeforeOrAt": "yesterday"]),
    ])
    func whatIsWrongIsSaidWithStatus400(ticker: String, query: [String: String]) throws {
        let answer = try stage.get("dydx", "/v4/historicalFunding/\(ticker)", query)
        #expect(answer.status == 400)
        #expect(try !JSONDocument(answer.body).root.member("errors").elements.isEmpty)
    }

    @Test func aHundredRequestsInTenSecondsAndAPauseInMilliseconds() throws {
        let stage = Stage(enforcesLimits: true, at: Stage.now.floored(to: 10_000) + 3000)
        func ask() throws -> SimulatedAnswer { try stage.get("dydx", "/v4/perpetualMarkets", ["ticker": "BTC-USD"]) }
        func header(_ name: String, _ answer: SimulatedAnswer) -> String? { answer.headers.first { $0.0 == name }?.1 }
        #expect(header("RateLimit-Remaining", try ask()) == "99")
        for _ in 1..<100 { #expect(try ask().status == 200) }
        let refused = try ask()
        #expect(refused.status == 429)
        #expect(header("Retry-After", refused) == "7000")
        #expect(String(decoding: refused.body, as: UTF8.self) == #"{"errors":[{"msg":"Too many requests"}]}"#)
        stage.now += 7000
        #expect(try ask().status == 200)
    }

    // MARK: - Stream

    @Test func theSocketGreetsAndTheSubscriptionShowsAllMarkets() throws {
        let opening = try #require(exchange.open(SimulatedRequest("GET", "/v4/ws"), in: scene))
        #expect(try opening.greeting.map { try JSONDocument($0).root.text("type") } == ["connected"])
        #expect(exchange.open(SimulatedRequest("GET", "/v4/other"), in: scene) == nil)
        var session = opening.session
        let answer = try #require(try say(Self.subscription, &session).first)
        #expect(try answer.text("type") == "subscribed")
        let markets = try answer.member("contents").member("markets")
        #expect(markets.count == scene.contracts.count)
        #expect(try markets.member("BTC-USD").rawText == market("BTC-USD").rawText)
    }

    @Test func onlyWhatHasChangedIsPushed() throws {
        var session = try session()
        #expect(exchange.push(to: &session, in: scene).isEmpty)
        _ = try say(Self.subscription, &session)
        #expect(exchange.push(to: &session, in: scene).isEmpty)
        stage.now = (Stage.now + 60_000).floored(to: 10_000)
        let pushed = try exchange.push(to: &session, in: scene).map { try JSONDocument($0).root }
        #expect(try pushed.map { try $0.text("type") } == ["channel_batch_data"])
        let trading = try #require(pushed[0].member("contents")[0]).member("trading")
        let prices = try #require(pushed[0].member("contents")[1]).member("oraclePrices")
        let bitcoin = try market("BTC-USD")
        #expect(try trading.member("BTC-USD").text("nextFundingRate") == bitcoin.text("nextFundingRate"))
        #expect(trading["BTC-USD"]?["status"] == nil)
        #expect(try prices.member("BTC-USD").text("oraclePrice") == bitcoin.text("oraclePrice"))
        // A dead market's rate never changes.
        let dead = try #require(scene.contracts.first(where: SimulatedDYdX.isDead))
        #expect(trading[dead.symbol] == nil)
    }

    @Test func aMarketThatClosesSaysSo() throws {
        var session = try session()
        _ = try say(#"{"type":"subscribe","channel":"v4_markets"}"#, &session)
        stage.now = (Stage.now + 60_000).floored(to: 10_000)
        #expect(try stage.perform(Script(JSONDocument(#"{"feed":"dydx","delist":"SOL-USD"}"#).root, feeds: ["dydx"])))
        let pushed = try exchange.push(to: &session, in: scene).map { try JSONDocument($0).root }
        #expect(try pushed.map { try $0.text("type") } == ["channel_data", "channel_data"])
        let solana = try pushed[0].member("contents").member("trading").member("SOL-USD")
        #expect(try solana.text("status") == "FINAL_SETTLEMENT")
    }

    @Test(arguments: [
        (#"{"channel":"v4_markets"}"#, "Invalid message: type is required"),
        (#"{"type":"x"}"#, "Invalid message type: x"),
        (#"{"type":"subscribe"}"#, "Invalid subscribe message: channel is required"),
        (#"{"type":"subscribe","channel":"v9"}"#, "Invalid channel: v9"),
    ])
    func anInvalidMessageIsRefused(text: String, reason: String) throws {
        var session = try session()
        let answer = try #require(try say(text, &session).first)
        #expect(try answer.text("type") == "error")
        #expect(try answer.text("message") == reason)
    }

    @Test func aSecondSubscriptionIsRefusedAndAThirdInOneSecondTooOften() throws {
        var session = try session()
        _ = try say(Self.subscription, &session)
        #expect(try say(Self.subscription, &session)[0].text("message").contains("already subscribed"))
        #expect(try say(Self.subscription, &session)[0].text("message").hasPrefix("Too many subscribe attempts"))
        #expect(try say(#"{"type":"unsubscribe","channel":"v4_markets"}"#, &session)[0].text("type") == "unsubscribed")
        #expect(exchange.push(to: &session, in: scene).isEmpty)
        #expect(try say(#"{"type":"ping"}"#, &session).isEmpty)
    }
}
