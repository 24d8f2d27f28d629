import FundingJSON
import Testing

@testable import ExchangeSimulator

@Suite struct KuCoinTests {
    private let stage = Stage()
    private let exchange = SimulatedKuCoin()
    private let active = "/api/v1/contracts/active"
    private let rates = "/api/v1/contract/funding-rates"

    private func contracts() throws -> JSONView { try stage.json("kucoin", active).member("data") }

    private func history(_ symbol: String, _ from: Int, _ to: Int) throws -> JSONView {
        try stage.json("kucoin", rates, ["symbol": symbol, "from": "\(from)", "to": "\(to)"])
    }

    // MARK: - Lists

    @Test func theListHasEveryStateAndEveryKind() throws {
        let rows = try contracts().elements.map { $0 }
        func count(_ field: String, _ value: String) -> Int { rows.count { $0[field]?.isString(value) == true } }
        #expect(count("type", "FFWCSX") == 526 + 5)
        #expect(count("type", "FFICSX") == 2)
        #expect(count("status", "Open") == 526 + 2)
        #expect(["Init", "Paused", "CancelOnly", "BeingSettled"].map { count("status", $0) } == [2, 1, 1, 1])
        #expect(count("marketType", "NASDAQ") == 6)
        #expect(count("marketStage", "PRE_MARKET") == 2)
        #expect(rows.count { $0["isInverse"]?.bool == true && $0["fundingFeeRate"] != nil } == 4)
        #expect(rows.contains { $0["expireDate"] == nil })
        #expect(rows.contains { $0["expireDate"]?.isNull == true })
    }

    @Test func whatIsCalledATimeIsWhatIsLeft() throws {
        let row = try contracts().row("symbol", "XBTUSDTM")
        let next = try row.integer("nextFundingRateDateTime")
        #expect(next == Stage.now.floored(to: 8 * .millisecondsOfHour) + 8 * .millisecondsOfHour)
        #expect(try row.integer("nextFundingRateTime") == next - Stage.now)
    }

    @Test func openInterestIsATextOfLots() throws {
        let row = try contracts().row("symbol", "XBTUSDTM")
        let contract = try stage.contract("kucoin", "XBTUSDTM")
        let dollars = stage.simulator.universe.market.openInterestUSD(of: contract, at: Stage.now)
        #expect(try row.member("openInterest").string != nil)
        #expect(try row.number("multiplier") == 0.001)
        let lots = try row.number("openInterest")
        #expect(abs(try lots * 0.001 * row.number("markPrice") / dollars - 1) < 1e-4)
        let inverse = try contracts().row("symbol", "XBTUSDM")
        #expect(try inverse.number("multiplier") == -1)
        #expect(try inverse.text("settleCurrency") == "XBT")
    }

    @Test func aPlannedIntervalIsConfiguredBeforeItIsInForce() throws {
        let at = Stage.now + .millisecondsOfHour
        let script = try Script(
            JSONDocument(#"{"feed":"kucoin","symbol":"ETHUSDTM","interval_hours":2,"at":\#(at)}"#).root,
            feeds: ["kucoin"])
        #expect(stage.perform(script))
        func hours(_ field: String) throws -> Int {
            try contracts().row("symbol", "ETHUSDTM").integer(field) / .millisecondsOfHour
        }
        #expect(try hours("fundingRateGranularity") == 2)
        #expect(try hours("currentFundingRateGranularity") == 8)
        stage.now = at
        #expect(try hours("currentFundingRateGranularity") == 2)
    }

    @Test func whoIsDelistedIsSettledForADayAndThenGone() throws {
        let script = try Script(JSONDocument(#"{"feed":"kucoin","delist":"ADAUSDTM"}"#).root, feeds: ["kucoin"])
        #expect(stage.perform(script))
        #expect(try contracts().row("symbol", "ADAUSDTM").text("status") == "BeingSettled")
        stage.now += .millisecondsOfDay
        #expect(try !contracts().elements.contains { $0["symbol"]?.isString("ADAUSDTM") == true })
    }

    // MARK: - History

    @Test func historyIsTheNewestHundredOfItsWindow() throws {
        let from = Stage.now - 90 * .millisecondsOfDay
        let rows = try history("XBTUSDTM", from, Stage.now).member("data")
        let times = try rows.elements.map { try $0.integer("timepoint") }
        #expect(times.count == 100)
        #expect(times == times.sorted(by: >))
        #expect(times[0] == Stage.now.floored(to: 8 * .millisecondsOfHour))
        let older = try history("XBTUSDTM", from, times[99] - 1).member("data")
        #expect(try older[0]?.integer("timepoint") == times[99] - 8 * .millisecondsOfHour)
        #expect(try history("XBTUSDTM", times[99], times[98]).member("data").count == 2)
    }

    @Test func noHistoryIsAnEmptyListOrNull() throws {
        let listed = try stage.contract("kucoin", "XBTUSDTM").schedule.listedAt
        #expect(try history("XBTUSDTM", listed - 1000, listed - 1).member("data").isNull)
        #expect(try history("XBTUSDTM", Stage.now - 1, Stage.now).member("data").count == 0)
        #expect(try history("XBTUSDTM", Stage.now, 0).member("data").isNull)
        #expect(try history("NOPEUSDTM", 0, Stage.now).text("code") == "415000")
        #expect(try stage.json("kucoin", rates, ["symbol": "XBTUSDTM"]).text("code") == "400100")
    }

    @Test func settledIsTheEstimateOfTheLastMoment() throws {
        let contract = try stage.contract("kucoin", "1000BONKUSDTM")
        let payment = contract.schedule.nextPayment(after: Stage.now)
        stage.now = payment - 1
        let estimate = try contracts().row("symbol", "1000BONKUSDTM").number("fundingFeeRate")
        stage.now = payment
        let row = try #require(try history("1000BONKUSDTM", payment, payment).member("data")[0])
        #expect(try row.integer("timepoint") == payment)
        #expect(abs(try row.number("fundingRate") - estimate) < 2e-6)
    }

    // MARK: - Limits

    @Test func aFullPoolRefusesAndSaysWhenItIsEmptyAgain() throws {
        let stage = Stage(enforcesLimits: true, at: Stage.now.floored(to: 30_000) + 10_000)
        func header(_ name: String, _ answer: SimulatedAnswer) -> String? { answer.headers.first { $0.0 == name }?.1 }
        let first = try stage.get("kucoin", active)
        #expect(header("gw-ratelimit-remaining", first) == "1997")
        for _ in 0..<399 { #expect(try stage.get("kucoin", rates).status == 200) }
        let refused = try stage.get("kucoin", rates)
        #expect(refused.status == 429)
        #expect(header("gw-ratelimit-reset", refused) == "20000")
        #expect(try JSONDocument(refused.body).root.text("code") == "429000")
        #expect(try JSONDocument(exchange.errorObject(at: 0).body).root.text("code") == "200002")
    }

    // MARK: - Stream

    private var scene: Scene { Scene(of: "kucoin", in: stage.simulator.universe, at: stage.now) }

    private func ticket() throws -> JSONView {
        let request = SimulatedRequest("POST", "/api/v1/bullet-public")
        return try JSONDocument(exchange.answer(to: request, in: scene).body).root.member("data")
    }

    private func opened() throws -> StreamSession {
        let token = try ticket().text("token")
        let request = SimulatedRequest("GET", "/", query: ["token": token, "connectId": "7"])
        let opening = try #require(exchange.open(request, in: scene))
        #expect(opening.greeting.map { String(decoding: $0, as: UTF8.self) } == [#"{"id":"7","type":"welcome"}"#])
        return opening.session
    }

    private func said(_ text: String, to session: inout StreamSession) throws -> [JSONView] {
        try exchange.receive(JSONDocument(text).root, on: &session, in: scene).map { try JSONDocument($0).root }
    }

    private func subscribe(_ symbols: [String], to session: inout StreamSession) throws -> [JSONView] {
        let topic = "/contract/instrument:" + symbols.joined(separator: ",")
        return try said(#"{"id":"2","type":"subscribe","topic":"\#(topic)","response":true}"#, to: &session)
    }

    private func pushed(to session: inout StreamSession) throws -> [JSONView] {
        try exchange.push(to: &session, in: scene).map { try JSONDocument($0).root }
    }

    @Test func aTicketNamesTheHostAndTheRhythm() throws {
        let server = try #require(try ticket().member("instanceServers")[0])
        #expect(try server.text("endpoint") == "wss://ws-api-futures.kucoin.com/")
        #expect(try server.integer("pingInterval") == 18_000)
    }

    @Test func noOneGetsInWithoutAFreshTicket() throws {
        let token = try ticket().text("token")
        func isLetIn(_ query: [String: String], _ path: String = "/") -> Bool {
            exchange.open(SimulatedRequest("GET", path, query: query), in: scene) != nil
        }
        #expect(isLetIn(["token": token]))
        #expect(!isLetIn([:]))
        #expect(!isLetIn(["token": token + "x"]))
        #expect(!isLetIn(["token": token.replacing("\(Stage.now)", with: "\(Stage.now + 1)")]))
        #expect(!isLetIn(["token": token], "/elsewhere"))
        stage.now += .millisecondsOfDay
        #expect(isLetIn(["token": token]))
        stage.now += 1
        #expect(!isLetIn(["token": token]))
    }

    @Test func pricesComeEverySecondAndRatesOnTheMinute() throws {
        var session = try opened()
        #expect(try subscribe(["XBTUSDTM", "NOPEUSDTM"], to: &session).map { try $0.text("type") } == ["ack"])
        var subjects = try pushed(to: &session).map { try $0.text("subject") }
        #expect(subjects == ["mark.index.price"])
        stage.now += 1000
        #expect(try pushed(to: &session).count == 1)
        stage.now = Stage.now.floored(to: .millisecondsOfMinute) + .millisecondsOfMinute + 345
        let messages = try pushed(to: &session)
        subjects = try messages.map { try $0.text("subject") }
        #expect(subjects == ["mark.index.price", "funding.rate"])
        let rate = try messages[1].member("data")
        #expect(try rate.integer("period") == 1)
        #expect(try rate.integer("granularity") == 60_000)
        #expect(try rate.integer("timestamp") == stage.now - 345)
        #expect(try rate.number("fundingRate") == contracts().row("symbol", "XBTUSDTM").number("fundingFeeRate"))
        #expect(try messages[0].text("topic") == "/contract/instrument:XBTUSDTM")
        let price = try messages[0].member("data").number("markPrice")
        #expect(try price == contracts().row("symbol", "XBTUSDTM").number("markPrice"))
    }

    @Test func aRequestMayNameAHundredSymbolsAndASessionFourHundred() throws {
        var session = try opened()
        let symbols = scene.contracts.map(\.symbol)
        let excess = try subscribe(Array(symbols.prefix(101)), to: &session)
        #expect(try excess.map { try $0.integer("code") } == [509])
        #expect(session.topics.isEmpty)
        for start in stride(from: 0, to: 400, by: 100) {
            #expect(try subscribe(Array(symbols[start..<start + 100]), to: &session)[0].text("type") == "ack")
        }
        #expect(try subscribe([symbols[400]], to: &session)[0].integer("code") == 509)
        #expect(session.topics.count == 400)
        #expect(try pushed(to: &session).count == 400)
        _ = try said(
            #"{"id":"3","type":"unsubscribe","topic":"/contract/instrument:\#(symbols[0])"}"#, to: &session)
        #expect(session.topics.count == 399)
    }

    @Test(arguments: [
        (#"{"id":"1","type":"subscribe","topic":"/contractMarket/nope:XBTUSDTM"}"#, 404),
        (#"{"id":"1","type":"subscribe"}"#, 406), (#"{"id":"1","type":"dance"}"#, 415), (#""text""#, 400),
    ])
    func whatIsNotUnderstoodIsRefused(text: String, code: Int) throws {
        var session = try opened()
        let answers = try said(text, to: &session)
        #expect(try answers.map { try $0.text("type") } == ["error"])
        #expect(try answers[0].integer("code") == code)
    }

    @Test func aPingIsAnsweredUnderItsName() throws {
        var session = try opened()
        let pong = try said(#"{"id":"9","type":"ping"}"#, to: &session)[0]
        #expect(try pong.text("type") == "pong")
        #expect(try pong.text("id") == "9")
        #expect(try pong.integer("timestamp") == Stage.now * 1000)
    }
}
