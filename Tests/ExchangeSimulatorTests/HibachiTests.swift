import FundingJSON
import Testing

@testable import ExchangeSimulator

@Suite struct HibachiTests {
    private let stage = Stage()
    private let path = "/market/data/funding-rates"

    private func payments(_ symbol: String, from start: Int, to end: Int, _ more: [String: String] = [:]) throws
        -> [JSONView]
    {
        let query = ["symbol": symbol, "startTime": "\(start)", "endTime": "\(end)"].merging(more) { $1 }
        return try Array(stage.json("hibachi", path, query).member("data").elements)
    }

    @Test func closedMarketsAreListedWithNullsOnly() throws {
        let markets = try stage.json("hibachi", "/market/inventory").member("markets")
        #expect(markets.count == 67)
        #expect(try markets.elements.filter { try $0.member("contract").text("status") == "LIVE" }.count == 15)
        for market in markets.elements {
            let isLive = try market.member("contract").text("status") == "LIVE"
            let info = try market.member("info")
            for field in ["estimatedFundingRate", "markPrice", "spotPrice", "openInterestQuantity", "volume24h"] {
                #expect(try info.member(field).isNull == !isLive, "\(market.excerpt)")
            }
            #expect(try market.member("contract").text("symbolStatus") == "OPEN")
        }
    }

    @Test func metalsAndCurrenciesShareACategory() throws {
        let markets = try stage.json("hibachi", "/market/inventory").member("markets").elements
        let foreign = try markets.map { try $0.member("contract") }.filter { try $0.text("category") == "FX" }
        #expect(Set(try foreign.map { try $0.text("symbol") }) == ["XAG/USDT-P", "EUR/USDT-P"])
        #expect(try foreign.allSatisfy { try $0.text("settlementSymbol") == "USDT" })
    }

    @Test func historyAscendsWithinInclusiveEndsInPagesOfAHundred() throws {
        let hour = Stage.now.floored(to: .millisecondsOfHour) / 1000
        let three = try payments("BTC/USDT-P", from: hour - 7200, to: hour)
        #expect(try three.map { try $0.integer("fundingTimestamp") } == [hour - 7200, hour - 3600, hour])
        let start = hour - 10 * 86_400
        let first = try payments("BTC/USDT-P", from: start, to: hour, ["limit": "1000"])
        #expect(first.count == 100)
        #expect(try first.first?.integer("fundingTimestamp") == start)
        let rest = try payments("BTC/USDT-P", from: start, to: hour, ["offset": "200"])
        #expect(rest.count == 41)
        #expect(try rest.last?.integer("fundingTimestamp") == hour)
        let asked = try stage.json("hibachi", path, ["symbol": "BTC/USDT-P", "limit": "4", "offset": "2"])
        #expect(try asked.member("pagination").rawText == #"{"limit":4,"offset":2}"#)
        // Who names no start gets the oldest there is.
        let oldest = try #require(try asked.member("data")[0]).integer("fundingTimestamp")
        #expect(oldest < 1_767_225_600)
    }

    @Test func paymentsWereEightHoursApartOnce() throws {
        let change = 1_767_225_600
        let times = try payments("BTC/USDT-P", from: change - 86_400, to: change + 7200).map {
            try $0.integer("fundingTimestamp")
        }
        #expect(zip(times, times.dropFirst()).map { $1 - $0 } == [28_800, 28_800, 28_800, 3600, 3600])
    }

    @Test func settledIsTheEstimateOfTheLastMoment() throws {
        let payment = Stage.now.floored(to: .millisecondsOfHour) + .millisecondsOfHour
        stage.now = payment - 1
        let quotes = try stage.json("hibachi", "/market/data/prices", ["symbol": "SOL/USDT-P"])
        let estimation = try quotes.member("fundingRateEstimation")
        #expect(try estimation.integer("nextFundingTimestamp") == payment / 1000)
        stage.now = payment + 1000
        let row = try #require(try payments("SOL/USDT-P", from: payment / 1000, to: payment / 1000).first)
        #expect(try abs(row.number("fundingRate") - estimation.number("estimatedFundingRate")) < 1.5e-6)
    }

    @Test func anUnknownSymbolIsAnErrorOfItsOwnShape() throws {
        let answer = try stage.get("hibachi", path, ["symbol": "NONE/USDT-P"])
        #expect(answer.status == 400)
        #expect(try JSONDocument(answer.body).root.integer("errorCode") == 3)
        #expect(try stage.get("hibachi", "/market/none").status == 404)
    }

    @Test func whoAsksTooOftenIsRefused() throws {
        let stage = Stage(enforcesLimits: true)
        for _ in 0..<100 { #expect(try stage.get("hibachi", "/market/none").status == 404) }
        #expect(try stage.get("hibachi", "/market/inventory").status == 429)
    }

    // MARK: - The stream

    private let exchange = SimulatedHibachi()

    private var scene: Scene { Scene(of: "hibachi", in: stage.simulator.universe, at: stage.now) }

    private func said(_ text: String, _ session: inout StreamSession) throws -> [JSONView] {
        let message = try JSONDocument(text).root
        return try exchange.receive(message, on: &session, in: scene).map { try JSONDocument($0).root }
    }

    private func pushed(_ session: inout StreamSession) throws -> [JSONView] {
        try exchange.push(to: &session, in: scene).map { try JSONDocument($0).root }
    }

    private func subscriptions(_ method: String, _ topics: [(String, String)]) -> String {
        let list = topics.map { #"{"symbol":"\#($0)","topic":"\#($1)"}"# }.joined(separator: ",")
        return #"{"method":"\#(method)","parameters":{"subscriptions":[\#(list)]}}"#
    }

    @Test func onlyWhatWasSubscribedToIsPushed() throws {
        var session = try #require(exchange.open(SimulatedRequest("GET", "/ws/market"), in: scene)).session
        #expect(try pushed(&session).isEmpty)
        let topics = [("BTC/USDT-P", "mark_price"), ("BTC/USDT-P", "funding_rate_estimation")]
        #expect(try said(subscriptions("subscribe", topics), &session).isEmpty)
        let messages = try pushed(&session)
        #expect(try messages.map { try $0.text("topic") } == ["mark_price", "funding_rate_estimation"])
        let quotes = try stage.json("hibachi", "/market/data/prices", ["symbol": "BTC/USDT-P"])
        #expect(try messages[0].member("data").text("markPrice") == quotes.text("markPrice"))
        let estimation = try messages[1].member("data").member("fundingRateEstimation")
        #expect(try estimation.rawText == quotes.member("fundingRateEstimation").rawText)
        _ = try said(subscriptions("unsubscribe", [topics[0]]), &session)
        #expect(try pushed(&session).count == 1)
    }

    @Test func aBadSubscriptionIsRefusedAndTheOthersStand() throws {
        #expect(exchange.open(SimulatedRequest("GET", "/ws"), in: scene) == nil)
        var session = try #require(exchange.open(SimulatedRequest("GET", "/ws/market"), in: scene)).session
        let topics = [("NONE/USDT-P", "mark_price"), ("ETH/USDT-P", "spot_price"), ("ETH/USDT-P", "weather")]
        let refusals = try said(subscriptions("subscribe", topics), &session)
        #expect(refusals.filter { $0["errorCode"]?.int == 3 }.count == 2)
        #expect(try pushed(&session).map { try $0.text("topic") } == ["spot_price"])
        #expect(try said("5", &session).count == 1)
    }
}
