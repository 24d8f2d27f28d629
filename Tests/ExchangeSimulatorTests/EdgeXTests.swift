import FundingJSON
import Testing

@testable import ExchangeSimulator

@Suite struct EdgeXTests {
    private let stage = Stage()
    private let exchange = SimulatedEdgeX()
    private static let page = "/api/v2/public/funding/getFundingRatePage"
    private static let settlements = ["contractId": "30000001", "filterSettlementFundingRate": "true", "size": "100"]

    private func data(_ path: String, _ query: [String: String] = [:]) throws -> JSONView {
        let answer = try stage.json("edgex", path, query)
        #expect(try answer.text("code") == "SUCCESS")
        return try answer.member("data")
    }

    private func latest(_ ids: String) throws -> JSONView {
        try data("/api/v2/public/funding/getLatestFundingRate", ["contractId": ids])
    }

    private var scene: Scene { Scene(of: "edgex", in: stage.simulator.universe, at: stage.now) }

    // MARK: - Requests

    @Test func ratesAreToldOnlyOfContractsThatAreNamed() throws {
        #expect(try latest("").count == 0)
        #expect(try data("/api/v2/public/funding/getLatestFundingRate").count == 0)
        #expect(try latest("30000001,30000003").elements.map { try $0.text("contractId") } == ["30000001", "30000003"])
    }

    @Test func hiddenAndStoppedContractsStayInTheList() throws {
        let contracts = try data("/api/v2/public/meta/getMetaData").member("contractList")
        let open = contracts.elements.filter { $0["enableTrade"]?.bool == true && $0["enableDisplay"]?.bool == true }
        #expect(open.count == 212)
        #expect(try contracts.row("contractName", "ZROUSDC").member("enableDisplay").bool == false)
        #expect(try contracts.row("contractName", "WAVESUSDC").member("enableTrade").bool == false)
        #expect(try contracts.row("contractName", "SPYUSDC").member("isStock").bool == true)
        #expect(try contracts.row("contractName", "XAUUSDC").member("isStock").bool == false)
    }

    @Test func oneWordIsThePaidRateHereAndTheEstimateThere() throws {
        let row = try #require(try latest("30000001")[0])
        let ticker = try #require(
            try data("/api/v2/public/quote/getTicker", ["contractId": "30000001"])[0])
        #expect(try ticker.text("fundingRate") == row.text("forecastFundingRate"))
        #expect(try ticker.text("fundingRate") != row.text("fundingRate"))
        let newest = try #require(try data(Self.page, Self.settlements).member("dataList")[0])
        #expect(try newest.text("fundingRate") == row.text("fundingRate"))
        #expect(try newest.text("fundingTime") == row.text("fundingTime"))
        #expect(try ticker.integer("nextFundingTime") == row.integer("fundingTime") + 4 * .millisecondsOfHour)
    }

    @Test func historyGoesBackPageByPageUntilTheOffsetIsEmpty() throws {
        let end = Stage.now.floored(to: 4 * .millisecondsOfHour)
        let begin = end - 30 * .millisecondsOfDay
        var query = Self.settlements
        query["filterBeginTimeInclusive"] = "\(begin)"
        query["filterEndTimeExclusive"] = "\(end)"
        let first = try data(Self.page, query)
        query["offsetData"] = try first.text("nextPageOffsetData")
        let second = try data(Self.page, query)
        #expect(try second.text("nextPageOffsetData").isEmpty)
        let rows = try [first, second].flatMap { try Array($0.member("dataList").elements) }
        let times = try rows.map { try $0.integer("fundingTime") }
        #expect(
            times
                == stride(from: end - 4 * .millisecondsOfHour, through: begin, by: -4 * .millisecondsOfHour).map(\.self)
        )
        #expect(rows.allSatisfy { $0["isSettlement"]?.bool == true && $0["forecastFundingRate"]?.isString("") == true })
    }

    @Test func withoutTheFilterThereIsARowForEveryMinute() throws {
        let rows = try data(Self.page, ["contractId": "30000001", "size": "100"]).member("dataList")
        let times = try rows.elements.map { try $0.integer("fundingTimestamp") }
        #expect(times.count == 100)
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 - $1 == .millisecondsOfMinute })
    }

    @Test func settledIsTheEstimateOfTheLastMoment() throws {
        let payment = Stage.now.floored(to: 4 * .millisecondsOfHour) + 4 * .millisecondsOfHour
        stage.now = payment - 1
        let estimate = try #require(try latest("30000002")[0]).number("forecastFundingRate")
        stage.now = payment + 1000
        #expect(abs(try #require(try latest("30000002")[0]).number("fundingRate") - estimate) < 1e-7)
    }

    @Test(arguments: [
        ("/api/v2/public/quote/getTicker", [:]), ("/api/v2/public/quote/getTicker", ["contractId": "1,2"]),
        (Self.page, ["contractId": "7"]), (Self.page, ["contractId": "30000001", "offsetData": "?"]),
    ])
    func errorsComeWithStatus200(path: String, query: [String: String]) throws {
        let answer = try stage.get("edgex", path, query)
        #expect(answer.status == 200)
        #expect(try JSONDocument(answer.body).root.text("code").hasPrefix("INVALID_"))
    }

    @Test func whoAsksTooOftenMeetsTheGuardInFront() throws {
        let stage = Stage(enforcesLimits: true, at: Stage.now.floored(to: 10_000))
        for _ in 0..<100 { #expect(try stage.get("edgex", "/api/v2/public/quote/getTicker").status == 200) }
        let refused = try stage.get("edgex", "/api/v2/public/quote/getTicker")
        #expect(refused.status == 429)
        #expect(refused.contentType.hasPrefix("text/html"))
    }

    // MARK: - Stream

    private func session() throws -> StreamSession {
        try #require(exchange.open(SimulatedRequest("GET", "/api/v1/public/ws"), in: scene)).session
    }

    private func say(_ text: String, _ session: inout StreamSession) throws -> [JSONView] {
        try exchange.receive(JSONDocument(text).root, on: &session, in: scene).map { try JSONDocument($0).root }
    }

    private func pushed(_ session: inout StreamSession) throws -> [JSONView] {
        try exchange.push(to: &session, in: scene).map { try JSONDocument($0).root }
    }

    @Test func theServerGreets() throws {
        let opening = try #require(exchange.open(SimulatedRequest("GET", "/api/v1/public/ws"), in: scene))
        #expect(try opening.greeting.map { try JSONDocument($0).root.text("type") } == ["connected"])
        #expect(exchange.open(SimulatedRequest("GET", "/api/v2/public/ws"), in: scene) == nil)
    }

    @Test func allTickersOnceThenWhatHasChanged() throws {
        var session = try session()
        #expect(
            try say(#"{"type":"subscribe","channel":"ticker.all.1s"}"#, &session)[0].text("type") == "subscribed")
        let snapshot = try #require(try pushed(&session).first).member("content")
        #expect(try snapshot.text("dataType") == "Snapshot")
        #expect(try snapshot.member("data").count == 212)
        #expect(try pushed(&session).isEmpty)
        stage.now += 25_000
        let change = try #require(try pushed(&session).first).member("content")
        #expect(try change.text("dataType") == "Changed")
        let mark = try #require(try latest("30000001")[0]).text("markPrice")
        let bitcoin = try change.member("data").row("contractId", "30000001")
        #expect(try bitcoin.text("markPrice") == mark)
        #expect(bitcoin["contractName"] == nil)
        #expect(bitcoin["nextFundingTime"] == nil)
        #expect(
            try say(#"{"type":"unsubscribe","channel":"ticker.all.1s"}"#, &session)[0].text("type") == "unsubscribed")
        stage.now += 1000
        #expect(try pushed(&session).isEmpty)
    }

    @Test func theServerAsksForASignOfLife() throws {
        var session = try session()
        stage.now += 29_000
        #expect(try pushed(&session).isEmpty)
        stage.now += 1000
        let ping = try #require(try pushed(&session).first)
        #expect(try ping.text("type") == "ping")
        #expect(try say(#"{"type":"pong","time":"\#(try ping.text("time"))"}"#, &session).isEmpty)
        #expect(try pushed(&session).isEmpty)
        #expect(try say(#"{"type":"ping","time":"1"}"#, &session)[0].text("type") == "pong")
    }

    @Test(arguments: [
        #"{"type":"subscribe","channel":"ticker.1"}"#, #"{"type":"subscribe"}"#,
        #"{"type":"shout","channel":"ticker.all"}"#,
    ])
    func whatIsUnknownIsRefused(text: String) throws {
        var session = try session()
        #expect(try say(text, &session)[0].text("type") == "error")
        #expect(try pushed(&session).isEmpty)
    }
}
