import Foundation
import FundingJSON
import Testing

@testable import ExchangeSimulator

@Suite struct KrakenTests {
    private let stage = Stage()
    private let exchange = SimulatedKraken()

    private var scene: Scene { Scene(of: "kraken", in: stage.simulator.universe, at: stage.now) }

    private func message(_ json: String) throws -> JSONView { try JSONDocument(json).root }

    private func session() throws -> StreamSession {
        try #require(exchange.open(SimulatedRequest("GET", "/ws/v1"), in: scene)).session
    }

    private func tickers() throws -> JSONView {
        try stage.json("kraken", "/derivatives/api/v3/tickers").member("tickers")
    }

    private func history(_ symbol: String) throws -> JSONView {
        try stage.json("kraken", "/derivatives/api/v4/historicalfundingrates", ["symbol": symbol]).member("rates")
    }

    @Test func ratesAreAmountsThatTheIndexMakesFractions() throws {
        let tickers = try tickers()
        for contract in scene.contracts where contract.isLive(at: stage.now) {
            let row = try tickers.row("symbol", contract.symbol)
            guard let amount = row["fundingRate"]?.double else { continue }
            let index = try row.number("indexPrice")
            let fraction = contract.isInverse ? amount * index : amount / index
            let exact = KrakenFunding(contract, scene).fraction
            #expect(abs(fraction - exact) <= abs(exact) * 0.02 + 1e-12, "\(contract.symbol)")
        }
    }

    @Test func someRowsHaveTheFractionToo() throws {
        let perpetuals = try tickers().elements.filter { $0["tag"]?.isString("perpetual") == true }
        let amounts = perpetuals.filter { $0["fundingRate"] != nil }
        let fractions = perpetuals.filter { $0["relativeFundingRate"] != nil }
        #expect(amounts.count > 200 && fractions.count > 100)
        #expect(perpetuals.contains { $0["fundingRate"] == nil && $0["relativeFundingRate"] != nil })
    }

    @Test func theListsHoldWhatIsNoPerpetual() throws {
        let tickers = try tickers().elements
        #expect(tickers.filter { $0.members.count == 3 }.count == 10, "indices")
        let dated = tickers.filter { $0["tag"]?.isString("quarter") == true }
        #expect(dated.count == 8)
        #expect(dated.allSatisfy { $0["fundingRate"] == nil })
        #expect(tickers.filter { $0["suspended"]?.bool == true }.count == 1)
        let instruments = try stage.json("kraken", "/derivatives/api/v3/instruments").member("instruments")
        #expect(instruments.elements.filter { $0["tradeable"]?.bool == false }.count == 1)
        #expect(instruments.elements.filter { $0["lastTradingTime"] != nil }.count == 8)
        #expect(try instruments.row("symbol", "PF_AAPLxUSD").member("tradfi").bool == true)
    }

    @Test func aRateIsFixedForItsHourAndIsWhatIsPaid() throws {
        let payment = Stage.now.floored(to: .millisecondsOfHour) + .millisecondsOfHour
        let contract = try stage.contract("kraken", "PI_XBTUSD")
        let early = KrakenFunding(contract, scene)
        stage.now = payment - 1
        let late = KrakenFunding(contract, scene)
        #expect(early.fraction == late.fraction && early.amount == late.amount)
        #expect(early.paidAt == payment)
        stage.now = payment
        let row = try #require(try history("PI_XBTUSD").elements.suffix(1).first)
        #expect(try row.text("timestamp") == InstantText.milliseconds(payment))
        #expect(try row.number("relativeFundingRate") == early.fraction)
        #expect(try row.number("fundingRate") == early.amount)
    }

    @Test func historyIsAWholeLifeButNoLongerThanTwoYears() throws {
        let times = try history("PF_XBTUSD").elements.map { try $0.text("timestamp") }
        #expect(times.count == 730 * 24)
        #expect(times == times.sorted())
        let missing = try stage.get("kraken", "/derivatives/api/v4/historicalfundingrates", ["symbol": "pf_xbtusd"])
        #expect(missing.status == 400)
        #expect(try JSONDocument(missing.body).root.text("result") == "error")
    }

    @Test func pushesHaveTheFractionAndTheTime() throws {
        var session = try session()
        let subscription = #"{"event":"subscribe","feed":"ticker","product_ids":["PF_XBTUSD","FI_XBTUSD_261225"]}"#
        let answer = try #require(exchange.receive(try message(subscription), on: &session, in: scene).first)
        #expect(try JSONDocument(answer).root.text("event") == "subscribed")
        let pushed = try exchange.push(to: &session, in: scene).map { try JSONDocument($0).root }
        #expect(pushed.count == 2)
        let funding = KrakenFunding(try stage.contract("kraken", "PF_XBTUSD"), scene)
        #expect(try pushed[0].number("relative_funding_rate") == funding.fraction)
        #expect(try pushed[0].integer("next_funding_rate_time") == funding.paidAt)
        #expect(pushed[1]["funding_rate"] == nil && pushed[1]["next_funding_rate_time"] == nil)
        #expect(try pushed[1].integer("maturityTime") > Stage.now)
        let end = #"{"event":"unsubscribe","feed":"ticker","product_ids":["PF_XBTUSD"]}"#
        let ended = try #require(exchange.receive(try message(end), on: &session, in: scene).first)
        #expect(try JSONDocument(ended).root.text("event") == "unsubscribed")
        #expect(exchange.push(to: &session, in: scene).count == 1)
    }

    @Test(.enabled(if: Recordings.areExpected, Recordings.absence)) func aPushHasEveryFieldThatWasRecorded() throws {
        let recorded = try JSONDocument(
            Array(Data(contentsOf: Recordings.folder.appending(path: "kraken/ws_ticker.json")))
        ).root
        var session = try session()
        let subscription = #"{"event":"subscribe","feed":"ticker","product_ids":["PF_ETHUSD"]}"#
        _ = exchange.receive(try message(subscription), on: &session, in: scene)
        let pushed = try JSONDocument(try #require(exchange.push(to: &session, in: scene).first)).root
        #expect(recorded.members.count > 25)
        for (name, value) in recorded.members { #expect(pushed[name]?.kind == value.kind, "\(name)") }
    }

    @Test func aHeartbeatCanBeSubscribed() throws {
        var session = try session()
        let answers = exchange.receive(
            try message(#"{"event":"subscribe","feed":"heartbeat"}"#), on: &session, in: scene)
        #expect(try JSONDocument(try #require(answers.first)).root.text("feed") == "heartbeat")
        let pushed = try #require(exchange.push(to: &session, in: scene).first)
        #expect(try JSONDocument(pushed).root.integer("time") == stage.now)
    }

    @Test(arguments: [
        #"{"event":"subscribe","feed":"ticker","product_ids":["pf_xbtusd"]}"#,
        #"{"event":"subscribe","feed":"ticker","product_ids":[]}"#, #"{"event":"subscribe","feed":"ticker"}"#,
        #"{"event":"subscribe","feed":"funding"}"#, #"{"event":"hello"}"#, "{}",
    ])
    func aBadSubscriptionIsRefused(text: String) throws {
        var session = try session()
        let answers = exchange.receive(try message(text), on: &session, in: scene)
        #expect(try JSONDocument(try #require(answers.first)).root.text("event") == "error")
        #expect(session.topics.isEmpty)
    }

    @Test func aClientMaySayAHundredThingsASecond() throws {
        var session = try session()
        let heartbeat = try message(#"{"event":"subscribe","feed":"heartbeat"}"#)
        func event() throws -> String {
            let answers = exchange.receive(heartbeat, on: &session, in: scene)
            return try JSONDocument(try #require(answers.first)).root.text("event")
        }
        for _ in 0..<100 { #expect(try event() == "subscribed") }
        #expect(try event() == "error")
        stage.now += 1000
        #expect(try event() == "subscribed")
    }

    @Test func aSocketIsGreetedAndOnlyThere() throws {
        let opening = try #require(exchange.open(SimulatedRequest("GET", "/ws/v1"), in: scene))
        #expect(try JSONDocument(try #require(opening.greeting.first)).root.text("event") == "info")
        #expect(exchange.open(SimulatedRequest("GET", "/"), in: scene).map(\.session.path) == nil)
    }

    @Test func publicRequestsCostNothing() throws {
        let stage = Stage(enforcesLimits: true)
        for _ in 0..<600 { #expect(try stage.get("kraken", "/nowhere").status == 404) }
        let refusal = exchange.refusal(LimitRefusal(limit: "cost", retryAfter: 5, isBan: false), at: Stage.now)
        #expect(refusal.status == 429)
        #expect(try JSONDocument(exchange.errorObject(at: Stage.now).body).root.text("error") == "apiLimitExceeded")
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (1_795_343_832_345, "2026-11-22T10:37:12.345Z"),
        (1_709_164_799_007, "2024-02-28T23:59:59.007Z"), (1_709_164_800_070, "2024-02-29T00:00:00.070Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
    ])
    func instantsAreWrittenOut(milliseconds: Int, text: String) {
        #expect(InstantText.milliseconds(milliseconds) == text)
    }
}
