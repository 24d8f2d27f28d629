import FundingJSON
import Testing

@testable import ExchangeSimulator

@Suite struct FaultTests {
    private let stage = Stage()
    private let tickers = ["category": "linear"]

    private func ask() throws -> SimulatedAnswer { try stage.get("bybit", "/v5/market/tickers", tickers) }

    @Test func aStatusFaultStrikesItsFeedAndPathSoManyTimes() throws {
        try stage.fault(
            #"{"feed":"bybit","path":"/v5/market/tick","kind":"status","status":429,"retry_after":2,"body":"x","count":2}"#
        )
        #expect(try stage.get("bybit", "/v5/market/time").status == 200)
        #expect(try stage.get("binance-usdm", "/fapi/v1/time").status == 200)
        for _ in 0..<2 {
            let answer = try ask()
            #expect(answer.status == 429)
            #expect(answer.body == Array("x".utf8))
            #expect(answer.headers.contains { $0 == ("Retry-After", "2") })
        }
        #expect(try ask().status == 200)
    }

    @Test(arguments: [(0.5, 10), (0.25, 5), (0.0, 0), (1.0, 20)])
    func aShareOfTheRequestsIsSpoiltEvenly(share: Double, expected: Int) throws {
        try stage.fault(#"{"feed":"bybit","kind":"status","status":500,"share":\#(share)}"#)
        let statuses = try (0..<20).map { _ in try ask().status }
        #expect(statuses.count { $0 == 500 } == expected)
        #expect(share != 0.5 || statuses.prefix(4) == [200, 500, 200, 500])
    }

    @Test func aFaultWithoutCountLastsUntilReset() throws {
        try stage.fault(#"{"kind":"html","status":403}"#)
        for _ in 0..<5 { #expect(try ask().contentType == "text/html") }
        stage.simulator.reset()
        #expect(try ask().contentType == "application/json")
    }

    @Test(arguments: [("empty", ""), ("object", "{}")])
    func bodiesWithoutContentHaveStatus200(kind: String, body: String) throws {
        try stage.fault(#"{"kind":"\#(kind)"}"#)
        #expect(try ask().status == 200)
        #expect(try ask().body == Array(body.utf8))
    }

    @Test func shuffledRowsAreTheSameRowsTwiceAndBackToFront() throws {
        let rows = try JSONDocument(ask().body).root.member("result").member("list").elements.map(\.rawText)
        try stage.fault(#"{"kind":"shuffle"}"#)
        let shuffled = try JSONDocument(ask().body).root
        #expect(try shuffled.integer("retCode") == 0)
        let list = try shuffled.member("result").member("list").elements.map(\.rawText)
        #expect(list == rows.reversed().flatMap { [$0, $0] })
    }

    @Test func garbageIsNoJSON() throws {
        try stage.fault(#"{"kind":"garbage"}"#)
        let body = try ask().body
        #expect(throws: JSONError.self) { try JSONDocument(body) }
    }

    @Test func hugeBodiesAndBombsAreAsLargeAsPromised() throws {
        try stage.fault(#"{"kind":"huge"}"#)
        let huge = try ask().body
        #expect(huge.count > 40_000_000)
        #expect(String(decoding: huge.prefix(6), as: UTF8.self) == "[0,0,0")
        #expect(String(decoding: huge.suffix(5), as: UTF8.self) == "0,0 ]")
        try stage.fault(#"{"kind":"gzip_bomb"}"#)
        let bomb = try ask()
        #expect(bomb.body.count < 200_000)
        #expect(bomb.headers.contains { $0 == ("Content-Encoding", "gzip") })
        // The last four bytes of a gzip member are its length.
        let length = bomb.body.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        #expect(length == 65 << 20)
    }

    @Test func deliveryFaultsKeepTheExchangesOwnBody() throws {
        let whole = try ask().body
        try stage.fault(#"{"kind":"truncated","count":1}"#)
        let cut = try ask()
        #expect(cut.body == whole)
        #expect(cut.delivery == .cut(after: whole.count / 2))
        try stage.fault(#"{"kind":"slow","count":1}"#)
        #expect(try ask().delivery == .dripping)
        try stage.fault(#"{"kind":"drop","count":1}"#)
        #expect(try ask().delivery == .dropped)
        try stage.fault(#"{"kind":"hang","count":1}"#)
        #expect(try ask().delivery == .hanging)
    }

    @Test func errorObjectsAreEachExchangesOwn() throws {
        try stage.fault(#"{"kind":"error_object"}"#)
        #expect(try JSONDocument(ask().body).root.integer("retCode") == 10006)
        let deribit = try stage.json("deribit", "/api/v2/public/ticker")
        #expect(try deribit.member("error").integer("code") == 10028)
        #expect(try stage.json("lighter", "/api/v1/funding-rates").integer("code") == 23000)
        #expect(try stage.get("lighter", "/api/v1/funding-rates").status == 200)
    }

    @Test func scaledRatesAreScaledEverywhere() throws {
        let before = try stage.json("binance-usdm", "/fapi/v1/premiumIndex", ["symbol": "BTCUSDT"])
        try stage.fault(#"{"feed":"binance-usdm","kind":"scale","factor":7000}"#)
        let after = try stage.json("binance-usdm", "/fapi/v1/premiumIndex", ["symbol": "BTCUSDT"])
        let ratio = try after.number("lastFundingRate") / before.number("lastFundingRate")
        #expect(abs(ratio / 7000 - 1) < 0.01)
        #expect(try after.text("markPrice") == before.text("markPrice"))
    }

    @Test func ratesMayBeNoNumbers() throws {
        try stage.fault(#"{"kind":"nan"}"#)
        #expect(
            try stage.json("binance-usdm", "/fapi/v1/premiumIndex", ["symbol": "BTCUSDT"]).text("lastFundingRate")
                == "NaN")
        let lighter = try stage.json("lighter", "/api/v1/funding-rates").member("funding_rates")
        #expect(try #require(lighter[0]).text("rate") == "NaN")
        let contexts = try #require(try stage.info(#"{"type":"metaAndAssetCtxs"}"#)[1])
        #expect(try #require(contexts[0]).text("funding") == "NaN")
    }

    @Test func halfOfTheUniverseMayBeMissing() throws {
        let whole = try stage.json("binance-usdm", "/fapi/v1/premiumIndex").count
        try stage.fault(#"{"kind":"half"}"#)
        #expect(try stage.json("binance-usdm", "/fapi/v1/premiumIndex").count == (whole + 1) / 2)
    }

    @Test func theExchangesClockMayDiffer() throws {
        try stage.fault(#"{"kind":"skew","seconds":300}"#)
        #expect(try stage.json("binance-usdm", "/fapi/v1/time").integer("serverTime") == Stage.now + 300_000)
    }

    @Test(arguments: [
        #"{}"#, #"{"kind":"nonsense"}"#, #"{"kind":"status"}"#, #"{"kind":"scale"}"#, #"{"kind":"html","feed":"none"}"#,
        #"{"kind":"html","count":0}"#,
    ])
    func faultsThatMeanNothingAreRefused(json: String) {
        #expect(throws: Fault.Misread.self) { try stage.fault(json) }
    }

    @Test(arguments: [Int.min, -1, 0, Int.max])
    func absurdTimesAreAnsweredAndNothingBreaks(time: Int) throws {
        let text = "\(time)"
        let window = ["startTime": text, "endTime": text, "symbol": "BTCUSDT", "category": "linear", "limit": text]
        _ = try stage.get("binance-usdm", "/fapi/v1/fundingRate", window)
        _ = try stage.get("binance-usdm", "/fapi/v1/fundingRate", ["startTime": text, "limit": "1"])
        _ = try stage.get("bybit", "/v5/market/funding/history", window)
        _ = try stage.info(#"{"type":"fundingHistory","coin":"BTC","startTime":\#(time),"endTime":\#(time)}"#)
        let stamps = ["start_timestamp": text, "end_timestamp": text, "instrument_name": "BTC-PERPETUAL"]
        _ = try stage.get("deribit", "/api/v2/public/get_funding_rate_history", stamps)
        _ = try stage.get("deribit", "/api/v2/public/get_funding_rate_value", stamps)
        var query = stamps.merging(["market_id": "0", "resolution": "1h", "count_back": text]) { $1 }
        _ = try stage.get("lighter", "/api/v1/fundings", query)
        query["market_id"] = text
        #expect(try stage.get("lighter", "/api/v1/fundings", query).body.isEmpty == false)
    }

    @Test func theJournalKeepsCountsAndTheLastThousand() throws {
        try stage.fault(#"{"feed":"bybit","kind":"status","status":503,"count":1}"#)
        for _ in 0..<1100 { _ = try stage.get("bybit", "/v5/market/time") }
        var writer = JSONWriter()
        stage.simulator.journal.write(to: &writer)
        let journal = try JSONDocument(writer.bytes).root
        let counts = try #require(journal["counts"]?[0])
        #expect(try counts.integer("count") == 1100)
        #expect(try counts.member("statuses").integer("503") == 1)
        #expect(try journal.member("recent").count == 1000)
    }
}
