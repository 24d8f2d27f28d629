import FundingJSON
import Testing

@testable import ExchangeSimulator

@Suite struct ApeXTests {
    private let stage = Stage()
    private let exchange = SimulatedApeX()

    private func history(_ symbol: String, _ query: [String: String] = [:]) throws -> [JSONView] {
        let query = query.merging(["symbol": symbol]) { $1 }
        return try Array(
            stage.json("apex", "/api/v3/history-funding", query).member("data").member("historyFunds").elements)
    }

    private func ticker(_ symbol: String) throws -> JSONView {
        try #require(try stage.json("apex", "/api/v3/ticker", ["symbol": symbol]).member("data")[0])
    }

    private var scene: Scene { Scene(of: "apex", in: stage.simulator.universe, at: stage.now) }

    // MARK: - Requests

    @Test func theListOfTickersHoldsMoreThanContracts() throws {
        let rows = try stage.json("apex", "/api/v3/data/all-ticker-info").member("data")
        let catalogue = try stage.json("apex", "/api/v3/symbols").member("data").member("contractConfig")
        let listed = try ["perpetualContract", "stockContract"].flatMap { try Array(catalogue.member($0).elements) }
        #expect(rows.count > listed.count)
        #expect(try rows.row("symbol", SimulatedApeX.uncatalogued).text("fundingRate") == "0")
        #expect(listed.count { $0["enableTrade"]?.bool == true && $0["isPrelaunch"]?.bool == false } == 120)
        #expect(try catalogue.member("stockContract").row("crossSymbolName", "SPYUSDT").text("category") == "INDEX")
        #expect(try catalogue.member("stockContract").row("crossSymbolName", "XAUUSDT").text("category") == "COMMODITY")
        #expect(try catalogue.member("predictionContract").count == SimulatedApeX.predictions.count)
    }

    @Test func historyIsNewestFirstWithTheBeginInAndTheEndOut() throws {
        let hour = Stage.now.floored(to: .millisecondsOfHour)
        let latest = try history("BTC-USDT", ["limit": "1000"])
        #expect(latest.count == 100)
        #expect(
            try latest.map { try $0.integer("fundingTime") }
                == (0..<100).map { hour - $0 * .millisecondsOfHour }
        )
        let begin = hour - 5 * .millisecondsOfHour
        let bounded = try history("BTC-USDT", ["beginTimeInclusive": "\(begin)", "endTimeExclusive": "\(hour)"])
        #expect(
            try bounded.map { try $0.integer("fundingTime") } == (1...5).map { hour - $0 * .millisecondsOfHour })
    }

    @Test func settledIsTheEstimateOfTheLastMoment() throws {
        let payment = Stage.now.floored(to: .millisecondsOfHour) + .millisecondsOfHour
        stage.now = payment - 1
        let row = try ticker("SOLUSDT")
        #expect(try InstantText.parse(row.text("nextFundingTime")) == payment)
        let estimate = try row.number("fundingRate")
        stage.now = payment + 1000
        #expect(abs(try #require(try history("SOL-USDT", ["limit": "1"]).first).number("rate") - estimate) < 1e-7)
    }

    @Test func oneSpellingForTickersAndAnotherForHistory() throws {
        let answer = try stage.get("apex", "/api/v3/history-funding", ["symbol": "BTCUSDT"])
        #expect(answer.status == 200)
        #expect(String(decoding: answer.body, as: UTF8.self) == #"{"code":3,"msg":"invalid symbol: BTCUSDT"}"#)
        #expect(try stage.json("apex", "/api/v3/ticker", ["symbol": "BTC-USDT"]).member("data").count == 0)
        #expect(try stage.json("apex", "/api/v3/ticker").member("data").count == 0)
    }

    @Test func sixHundredRequestsAMinute() throws {
        let stage = Stage(enforcesLimits: true, at: Stage.now.floored(to: 60_000))
        for _ in 0..<600 { #expect(try stage.get("apex", "/api/v3/ticker").status == 200) }
        let refused = try stage.get("apex", "/api/v3/ticker")
        #expect(refused.status == 429)
        #expect(try JSONDocument(refused.body).root.integer("code") == 10003)
        stage.now += 60_000
        #expect(try stage.get("apex", "/api/v3/ticker").status == 200)
    }

    // MARK: - Stream

    private func session() throws -> StreamSession {
        let request = SimulatedRequest("GET", "/realtime_public", query: ["v": "2", "timestamp": "1789338600000"])
        return try #require(exchange.open(request, in: scene)).session
    }

    private func say(_ text: String, _ session: inout StreamSession) throws -> [JSONView] {
        try exchange.receive(JSONDocument(text).root, on: &session, in: scene).map { try JSONDocument($0).root }
    }

    private func pushed(_ session: inout StreamSession) throws -> [JSONView] {
        try exchange.push(to: &session, in: scene).map { try JSONDocument($0).root }
    }

    @Test func theAddressSaysVersionAndTime() {
        #expect(exchange.open(SimulatedRequest("GET", "/realtime_public"), in: scene) == nil)
        #expect(exchange.open(SimulatedRequest("GET", "/realtime_public", query: ["v": "2"]), in: scene) == nil)
    }

    @Test func theSnapshotComesBeforeTheAnswerAndThenOnlyChanges() throws {
        var session = try session()
        let answers = try say(#"{"op":"subscribe","args":["instrumentInfo.H.BTCUSDT"]}"#, &session)
        #expect(answers.count == 2)
        #expect(try answers[0].text("type") == "snapshot")
        #expect(try answers[0].member("data").rawText == ticker("BTCUSDT").rawText)
        #expect(try answers[0].integer("ts") == Stage.now * 1000)
        #expect(answers[1]["success"]?.bool == true)
        #expect(try pushed(&session).isEmpty)
        stage.now += 10_000
        let change = try #require(try pushed(&session).first)
        #expect(try change.text("type") == "delta")
        let data = try change.member("data")
        #expect(try data.text("markPrice") == ticker("BTCUSDT").text("markPrice"))
        #expect(data["nextFundingTime"] == nil)
        #expect(data["predictedFundingRate"] == nil)
        _ = try say(#"{"op":"unsubscribe","args":["instrumentInfo.H.BTCUSDT"]}"#, &session)
        #expect(try pushed(&session).isEmpty)
    }

    @Test func everythingComesWholeEveryTwoSecondsByShortNames() throws {
        var session = try session()
        let first = try #require(try say(#"{"op":"subscribe","args":["instrumentInfo.all"]}"#, &session).first)
        let rows = try first.member("data")
        #expect(rows.count == scene.contracts.count + SimulatedApeX.predictions.count)
        let bitcoin = try rows.row("s", "BTCUSDT")
        #expect(try bitcoin.text("fr") == ticker("BTCUSDT").text("fundingRate"))
        #expect(try bitcoin.text("mp") == ticker("BTCUSDT").text("markPrice"))
        stage.now += 1000
        #expect(try pushed(&session).isEmpty)
        stage.now += 1000
        let second = try #require(try pushed(&session).first)
        #expect(try second.text("type") == "snapshot")
        #expect(try second.member("data").count == rows.count)
    }

    @Test func bothSidesAskForASignOfLife() throws {
        var session = try session()
        #expect(
            try say(#"{"op":"ping","args":["7"]}"#, &session).map(\.rawText) == [#"{"op":"pong","args":["7"]}"#])
        #expect(try pushed(&session).isEmpty)
        stage.now += 15_000
        let ping = try #require(try pushed(&session).first)
        #expect(ping.rawText == #"{"op":"ping","args":["\#(stage.now)"]}"#)
        #expect(try say(#"{"op":"pong","args":["\#(stage.now)"]}"#, &session).isEmpty)
    }

    @Test(arguments: [
        #"{"op":"subscribe","args":["instrumentInfo.H.NOPEUSDT"]}"#, #"{"op":"subscribe"}"#,
        #"{"op":"subscribe","args":["instrumentInfo.H.BTCUSDT","nonsense"]}"#, #"{"op":"shout"}"#,
    ])
    func whatIsUnknownIsRefused(text: String) throws {
        var session = try session()
        let answers = try say(text, &session)
        #expect(answers.count == 1)
        #expect(answers[0]["success"]?.bool == false)
        #expect(try pushed(&session).isEmpty)
    }
}
