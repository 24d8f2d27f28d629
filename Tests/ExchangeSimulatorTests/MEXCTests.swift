import FundingJSON
import Testing

@testable import ExchangeSimulator

@Suite struct MEXCTests {
    private let stage = Stage()
    private let exchange = SimulatedMEXC()
    private let root = "/api/v1/contract/"

    private func rows(_ list: String) throws -> JSONView { try stage.json("mexc", root + list).member("data") }

    private func page(_ number: Int, of size: Int, _ symbol: String = "BTC_USDT") throws -> JSONView {
        let query = ["symbol": symbol, "page_num": "\(number)", "page_size": "\(size)"]
        return try stage.json("mexc", root + "funding_rate/history", query).member("data")
    }

    // MARK: - Lists

    /// All contracts that the table's coins suffice for.
    @Test func theNumberOfLiveContractsIsTheDocumentedOne() {
        let universe = stage.simulator.universe
        let live = (universe.contracts["mexc"] ?? []).filter { $0.isLive(at: Stage.now) }
        let coins = Asset.list(from: AssetTable.text).largest(.max).count { $0.name.utf8.allSatisfy { $0 < 128 } }
        #expect(live.count == min(805, coins) + 21)
        #expect(Set((universe.contracts["mexc"] ?? []).map(\.symbol)).count == universe.contracts["mexc"]?.count)
        #expect(live.allSatisfy { $0.schedule.hours(at: Stage.now) == 8 })
        #expect(live.count { $0.isInverse } == 4)
    }

    @Test func theListsDifferInWhomTheyName() throws {
        let (details, rates, tickers) = (try rows("detail"), try rows("funding_rate"), try rows("ticker"))
        let states = try details.elements.map { try $0.integer("state") }
        #expect([2, 3, 4].map { state in states.count { $0 == state } } == [1, 1, 1])
        #expect(details.elements.count { $0["isHidden"]?.bool == true } == 1)
        #expect(try details.elements.count { try $0.integer("openingTime") > Stage.now } == 1)
        // The announced one has no rate yet, two that have one are no contracts.
        #expect(rates.count == details.count + 1)
        #expect(tickers.count == rates.count)
        #expect(try rates.row("symbol", "WBTC_USDT").number("fairPrice") > 0)
        #expect(!details.elements.contains { $0["symbol"]?.isString("WBTC_USDT") == true })
        let forbidden = details.elements.count { $0["apiAllowed"]?.bool == false }
        #expect(forbidden > details.count / 2)
    }

    @Test(arguments: [
        ("1000BONK_USDT", "1000BONK", 1e3), ("100000BABYDOGE_USDT", "100000BABYDOGE", 1e5),
        ("1000000MOG_USDT", "1000000MOG", 1e6), ("CAT_USDT", "CAT", 1), ("PEPE_USDT", "PEPE", 1),
        ("AAPLSTOCK_USDT", "AAPLSTOCK", 1), ("NVIDIA_USDT", "NVIDIA", 1), ("BTC_USDC", "BTC", 1), ("BTC_USD", "BTC", 1),
    ])
    func namesAreMEXCsOwn(symbol: String, base: String, units: Double) throws {
        #expect(try rows("detail").row("symbol", symbol).text("baseCoin") == base)
        #expect(try stage.contract("mexc", symbol).units == units)
    }

    @Test func aNamedContractIsAnObject() throws {
        #expect(try rows("funding_rate/BTC_USDT").integer("collectCycle") == 8)
        let ticker = try stage.json("mexc", root + "ticker", ["symbol": "BTC_USDT"]).member("data")
        let detail = try stage.json("mexc", root + "detail", ["symbol": "BTC_USDT"]).member("data")
        let contract = try stage.contract("mexc", "BTC_USDT")
        let dollars = stage.simulator.universe.market.openInterestUSD(of: contract, at: Stage.now)
        let held = try ticker.number("holdVol") * detail.number("contractSize") * ticker.number("fairPrice")
        #expect(abs(held / dollars - 1) < 1e-4)
        #expect(try stage.json("mexc", root + "funding_rate/NOPE_USDT").integer("code") == 1001)
    }

    @Test func smallNumbersAreWrittenWithAnExponent() throws {
        let text = String(decoding: try stage.get("mexc", root + "funding_rate").body, as: UTF8.self)
        #expect(text.contains(/[0-9]e-0?[0-9]/))
        #expect(try rows("ticker").elements.allSatisfy { try $0.number("fairPrice") > 0 })
    }

    @Test func whoIsDelistedIsGoneFromAllLists() throws {
        let script = try Script(JSONDocument(#"{"feed":"mexc","delist":"ADA_USDT"}"#).root, feeds: ["mexc"])
        #expect(stage.perform(script))
        for list in ["detail", "funding_rate", "ticker"] {
            #expect(try !rows(list).elements.contains { $0["symbol"]?.isString("ADA_USDT") == true })
        }
    }

    // MARK: - History

    @Test func pagesGoBackFromNowAndKnowHowManyThereAre() throws {
        let first = try page(1, of: 100)
        let times = try first.member("resultList").elements.map { try $0.integer("settleTime") }
        #expect(times.count == 100)
        #expect(times == times.sorted(by: >))
        #expect(times[0] == Stage.now.floored(to: 8 * .millisecondsOfHour))
        let second = try page(2, of: 100)
        let oldest = try #require(second.member("resultList")[0]).integer("settleTime")
        #expect(oldest == times[99] - 8 * .millisecondsOfHour)
        let (pages, total) = (try first.integer("totalPage"), try first.integer("totalCount"))
        #expect(pages == (total + 99) / 100)
        #expect(try page(pages, of: 100).member("resultList").count == total - (pages - 1) * 100)
        #expect(try page(pages + 1, of: 100).member("resultList").count == 0)
        #expect(try page(1, of: 5000).integer("pageSize") == 1000)
        #expect(try stage.json("mexc", root + "funding_rate/history").integer("code") == 1001)
    }

    @Test func settledIsTheEstimateOfTheLastMoment() throws {
        let contract = try stage.contract("mexc", "SOL_USDT")
        let payment = contract.schedule.nextPayment(after: Stage.now)
        stage.now = payment - 1
        let estimate = try rows("funding_rate").row("symbol", "SOL_USDT")
        #expect(try estimate.integer("nextSettleTime") == payment)
        stage.now = payment
        let row = try #require(try page(1, of: 20, "SOL_USDT").member("resultList")[0])
        #expect(try row.integer("settleTime") == payment)
        #expect(abs(try row.number("fundingRate") - estimate.number("fundingRate")) < 2e-6)
    }

    // MARK: - Limits

    @Test func tooManyRequestsAreRefusedWithStatus200() throws {
        let stage = Stage(enforcesLimits: true, at: Stage.now.floored(to: 10_000))
        func code(_ path: String) throws -> Int { try stage.json("mexc", root + path).integer("code") }
        #expect(try code("detail") == 0)
        #expect(try code("detail") == 510)
        for _ in 0..<20 { #expect(try code("funding_rate/BTC_USDT") == 0) }
        #expect(try code("funding_rate/BTC_USDT") == 510)
        #expect(try stage.get("mexc", root + "funding_rate/BTC_USDT").status == 200)
        stage.now += 2000
        #expect(try code("funding_rate/BTC_USDT") == 0)
        #expect(try code("detail") == 510)
        stage.now += 3000
        #expect(try code("detail") == 0)
    }

    // MARK: - Stream

    private var scene: Scene { Scene(of: "mexc", in: stage.simulator.universe, at: stage.now) }

    private func opened() throws -> StreamSession {
        #expect(exchange.open(SimulatedRequest("GET", "/ws"), in: scene) == nil)
        return try #require(exchange.open(SimulatedRequest("GET", "/edge"), in: scene)).session
    }

    private func said(_ text: String, to session: inout StreamSession) throws -> [JSONView] {
        try exchange.receive(JSONDocument(text).root, on: &session, in: scene).map { try JSONDocument($0).root }
    }

    private func subscribe(_ channel: String, _ symbol: String, to session: inout StreamSession) throws -> JSONView {
        let text = #"{"method":"sub.\#(channel)","param":{"symbol":"\#(symbol)"},"gzip":false}"#
        return try #require(try said(text, to: &session).first)
    }

    private func pushed(to session: inout StreamSession) throws -> [JSONView] {
        try exchange.push(to: &session, in: scene).map { try JSONDocument($0).root }
    }

    @Test func ratesComeAtOnceAndOnceAMinute() throws {
        var session = try opened()
        #expect(try subscribe("funding.rate", "BTC_USDT", to: &session).text("channel") == "rs.sub.funding.rate")
        let message = try #require(try pushed(to: &session).first)
        #expect(try message.text("channel") == "push.funding.rate")
        let data = try message.member("data")
        let polled = try rows("funding_rate/BTC_USDT")
        #expect(try data.number("rate") == polled.number("fundingRate"))
        #expect(try data.integer("nextSettleTime") == polled.integer("nextSettleTime"))
        #expect(try pushed(to: &session).isEmpty)
        stage.now += .millisecondsOfMinute
        #expect(try pushed(to: &session).count == 1)
    }

    @Test func tickersComeWhenThePriceHasMoved() throws {
        var session = try opened()
        _ = try subscribe("ticker", "BTC_USDT", to: &session)
        let data = try #require(try pushed(to: &session).first).member("data")
        #expect(try data.number("fairPrice") == rows("ticker").row("symbol", "BTC_USDT").number("fairPrice"))
        #expect(try pushed(to: &session).isEmpty)
        stage.now += .millisecondsOfMinute
        #expect(try pushed(to: &session).count == 1)
        _ = try said(#"{"method":"unsub.ticker","param":{"symbol":"BTC_USDT"}}"#, to: &session)
        stage.now += .millisecondsOfMinute
        #expect(try pushed(to: &session).isEmpty)
    }

    @Test func allTickersCarryNoRate() throws {
        var session = try opened()
        #expect(try said(#"{"method":"sub.tickers","param":{}}"#, to: &session)[0].text("data") == "success")
        let data = try #require(try pushed(to: &session).first).member("data")
        #expect(data.count > 600)
        #expect(data.elements.allSatisfy { $0["fundingRate"] == nil && $0["holdVol"] == nil })
    }

    @Test func anUnknownContractIsRefusedAndAnUnknownMethodPassedOver() throws {
        var session = try opened()
        let refusal = try subscribe("ticker", "NOPE_USDT", to: &session)
        #expect(try refusal.text("channel") == "rs.error")
        #expect(try refusal.text("data") == "Contract [NOPE_USDT] not exists")
        for text in [#"{"method":"sub.nope"}"#, #"{"method":"dance"}"#, "{}", #""text""#] {
            #expect(try said(text, to: &session).isEmpty)
        }
        #expect(session.topics.isEmpty)
        let pong = try said(#"{"method":"ping"}"#, to: &session)[0]
        #expect(try pong.text("channel") == "pong")
        #expect(try pong.integer("data") == Stage.now)
    }
}
