import Foundation
import FundingJSON
import Testing

@testable import ExchangeSimulator

@Suite struct BackpackTests {
    private let stage = Stage()
    private let exchange = SimulatedBackpack()
    private let bonk = "kBONK_USDC_PERP"

    private func history(_ symbol: String, limit: Int, offset: Int = 0) throws -> [JSONView] {
        let query = ["symbol": symbol, "limit": "\(limit)", "offset": "\(offset)"]
        return try Array(stage.json("backpack", "/api/v1/fundingRates", query).elements)
    }

    private var scene: Scene { Scene(of: "backpack", in: stage.simulator.universe, at: stage.now) }

    private func message(_ json: String) throws -> JSONView { try JSONDocument(json).root }

    private func session() throws -> StreamSession {
        try #require(exchange.open(SimulatedRequest("GET", "/"), in: scene)).session
    }

    @Test func aMarketsFilterLeavesOnlyPerpetuals() throws {
        let all = try stage.json("backpack", "/api/v1/markets")
        #expect(Set(try all.elements.map { try $0.text("marketType") }) == ["PERP", "SPOT", "PREDICTION"])
        let perpetuals = try stage.json("backpack", "/api/v1/markets", ["marketType[]": "PERP"])
        #expect(perpetuals.count == 69)
        #expect(perpetuals.elements.filter { $0["visible"]?.bool == false }.count == 1)
        #expect(perpetuals.elements.filter { $0["orderBookState"]?.isString("Closed") == true }.count == 1)
        #expect(try perpetuals.elements.allSatisfy { try $0.integer("fundingInterval") == .millisecondsOfHour })
        #expect(try perpetuals.row("symbol", "NVDA.US_USDC_PERP").text("rwaMarketType") == "STOCK")
    }

    @Test func openInterestIsInUnitsOfTheBase() throws {
        let units = try stage.json("backpack", "/api/v1/openInterest").row("symbol", bonk).number("openInterest")
        let price = try stage.json("backpack", "/api/v1/markPrices").row("symbol", bonk).number("markPrice")
        let dollars = scene.market.openInterestUSD(of: try stage.contract("backpack", bonk), at: stage.now)
        #expect(abs(units * price / dollars - 1) < 0.02)
        #expect(price > 0.001, "a thousand at a time")
    }

    @Test func historyIsCountedBackFromTheNewest() throws {
        let first = try history("BTC_USDC_PERP", limit: 1000)
        let second = try history("BTC_USDC_PERP", limit: 1000, offset: 1000)
        let times = try (first + second).map { try $0.text("intervalEndTimestamp") }
        #expect(times.count == 2000)
        #expect(times == times.sorted(by: >))
        #expect(Set(times).count == 2000)
        #expect(try history("BTC_USDC_PERP", limit: 10_000, offset: 10_000_000).isEmpty)
        #expect(try history("NOBODY_USDC_PERP", limit: 10).isEmpty)
        #expect(try stage.json("backpack", "/api/v1/fundingRates", ["symbol": bonk]).count == 100)
        #expect(try stage.get("backpack", "/api/v1/fundingRates").status == 400)
        #expect(
            try stage.get("backpack", "/api/v1/fundingRates", ["symbol": bonk, "limit": "10001"]).status == 400)
    }

    @Test func someHistoriesBeginWithTheRunningInterval() throws {
        let hour = InstantText.seconds(Stage.now.floored(to: .millisecondsOfHour))
        let newest = try stage.simulator.universe.contracts["backpack"]?.filter { $0.isLive(at: Stage.now) }.map {
            try #require(history($0.symbol, limit: 1).first).text("intervalEndTimestamp")
        }
        #expect(newest?.contains(hour) == true)
        #expect(newest?.contains { $0 > hour } == true)
    }

    @Test func settledIsTheEstimateOfTheLastMomentAndWhatWasPushed() throws {
        let payment = Stage.now.floored(to: .millisecondsOfHour) + .millisecondsOfHour
        stage.now = payment - 1
        let estimate = try stage.json("backpack", "/api/v1/markPrices").row("symbol", bonk).number("fundingRate")
        var session = try session()
        let subscription = try message(#"{"method":"SUBSCRIBE","params":["markPrice.\#(bonk)"]}"#)
        #expect(exchange.receive(subscription, on: &session, in: scene).isEmpty)
        let pushed = try JSONDocument(try #require(exchange.push(to: &session, in: scene).first)).root.member("data")
        #expect(try pushed.number("f") == estimate)
        #expect(try pushed.integer("n") == payment)
        stage.now = payment + 1000
        let rows = try history(bonk, limit: 2)
        let row = try #require(
            rows.first { $0["intervalEndTimestamp"]?.isString(InstantText.seconds(payment)) == true })
        #expect(abs(try row.number("fundingRate") - estimate) < 1e-9)
    }

    @Test(.enabled(if: Recordings.areExpected, Recordings.absence), arguments: ["mark_price", "open_interest"])
    func aPushHasEveryFieldThatWasRecorded(channel: String) throws {
        let file = Recordings.folder.appending(path: "backpack/ws_\(channel).json")
        let recorded = try JSONDocument(Array(Data(contentsOf: file))).root.member("data")
        var session = try session()
        let name = channel == "mark_price" ? "markPrice" : "openInterest"
        _ = exchange.receive(
            try message(#"{"method":"SUBSCRIBE","params":["\#(name).\#(bonk)"]}"#), on: &session, in: scene)
        let pushed = try JSONDocument(try #require(exchange.push(to: &session, in: scene).first)).root
        #expect(try pushed.text("stream") == "\(name).\(bonk)")
        let data = try pushed.member("data")
        #expect(recorded.members.count >= 4)
        for (name, value) in recorded.members { #expect(data[name]?.kind == value.kind, "\(name)") }
    }

    @Test func openInterestIsPushedOnceAMinute() throws {
        var session = try session()
        let subscription = #"{"method":"SUBSCRIBE","params":["markPrice.\#(bonk)","openInterest.\#(bonk)"]}"#
        #expect(exchange.receive(try message(subscription), on: &session, in: scene).isEmpty)
        #expect(exchange.push(to: &session, in: scene).count == 2)
        stage.now += 1000
        #expect(exchange.push(to: &session, in: scene).count == 1)
        stage.now += .millisecondsOfMinute
        #expect(exchange.push(to: &session, in: scene).count == 2)
        let end = #"{"method":"UNSUBSCRIBE","params":["markPrice.\#(bonk)","openInterest.\#(bonk)"]}"#
        #expect(exchange.receive(try message(end), on: &session, in: scene).isEmpty)
        #expect(exchange.push(to: &session, in: scene).isEmpty)
    }

    @Test(arguments: [
        #"{"method":"SUBSCRIBE","params":["markPrice.NOBODY_USDC_PERP"]}"#,
        #"{"method":"SUBSCRIBE","params":["funding.BTC_USDC_PERP"]}"#, #"{"method":"SUBSCRIBE","params":[1]}"#,
        #"{"method":"SUBSCRIBE","params":["markPrice.BTC_USDC"]}"#, #"{"method":"GO","params":[]}"#, "{}",
    ])
    func aBadSubscriptionIsRefused(text: String) throws {
        var session = try session()
        let answers = exchange.receive(try message(text), on: &session, in: scene)
        let error = try JSONDocument(try #require(answers.first)).root.member("error")
        #expect(try error.integer("code") >= 4000)
        #expect(session.topics.isEmpty)
        #expect(exchange.open(SimulatedRequest("GET", "/nowhere"), in: scene).map(\.session.path) == nil)
    }

    @Test func historyHasABudgetOfItsOwn() throws {
        let stage = Stage(enforcesLimits: true, at: Stage.now.floored(to: .millisecondsOfMinute))
        for _ in 0..<30 { #expect(try stage.get("backpack", "/api/v1/fundingRates", ["symbol": bonk]).status == 200) }
        let refused = try stage.get("backpack", "/api/v1/fundingRates", ["symbol": bonk])
        #expect(refused.status == 429)
        #expect(try JSONDocument(refused.body).root.text("code") == "TOO_MANY_REQUESTS")
        #expect(try stage.get("backpack", "/api/v1/markPrices").status == 200)
    }
}
