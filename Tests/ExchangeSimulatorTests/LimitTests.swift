import FundingJSON
import Testing

@testable import ExchangeSimulator

@Suite struct LimitTests {
    /// The start of a minute and of five.
    private let stage = Stage(enforcesLimits: true, at: Stage.now.floored(to: 300_000))

    private func header(_ name: String, of answer: SimulatedAnswer) -> String? {
        answer.headers.first { $0.0 == name }?.1
    }

    @Test func binanceCountsWeightAndSaysSo() throws {
        let first = try stage.get("binance-usdm", "/fapi/v1/premiumIndex")
        #expect(header("X-MBX-USED-WEIGHT-1M", of: first) == "10")
        let second = try stage.get("binance-usdm", "/fapi/v1/openInterest", ["symbol": "BTCUSDT"])
        #expect(header("X-MBX-USED-WEIGHT-1M", of: second) == "11")
        stage.now += 60_000
        let nextMinute = try stage.get("binance-usdm", "/fapi/v1/openInterest", ["symbol": "BTCUSDT"])
        #expect(header("X-MBX-USED-WEIGHT-1M", of: nextMinute) == "1")
    }

    @Test func binanceRefusesThenBansWhoGoesOn() throws {
        func ask() throws -> SimulatedAnswer { try stage.get("binance-usdm", "/fapi/v1/time") }
        for _ in 0..<2400 { #expect(try ask().status == 200) }
        stage.now += 10_000
        let refused = try ask()
        #expect(refused.status == 429)
        #expect(header("Retry-After", of: refused) == "50")
        #expect(try JSONDocument(refused.body).root.integer("code") == -1003)
        for _ in 0..<RequestLimit.patience { #expect(try ask().status == 429) }
        let banned = try ask()
        #expect(banned.status == 418)
        #expect(header("Retry-After", of: banned) == "120")
        // A ban is the address's: what has a budget of its own is shut too.
        #expect(try stage.get("binance-usdm", "/fapi/v1/fundingInfo").status == 418)
        stage.now += 121_000
        #expect(try ask().status == 200)
    }

    @Test func limitsGoByAFasterClockWhereToldTo() throws {
        let fast = Stage(enforcesLimits: true, limitSpeed: 10, at: Stage.now.floored(to: 300_000))
        for _ in 0..<500 { #expect(try fast.get("binance-usdm", "/fapi/v1/fundingInfo").status == 200) }
        fast.now += 1000
        let refused = try fast.get("binance-usdm", "/fapi/v1/fundingInfo")
        #expect(refused.status == 429)
        #expect(header("Retry-After", of: refused) == "29")
        fast.now += 29_000
        #expect(try fast.get("binance-usdm", "/fapi/v1/fundingInfo").status == 200)
    }

    @Test func whoWaitsAfterARefusalIsNotBanned() throws {
        for _ in 0..<2401 { _ = try stage.get("binance-usdm", "/fapi/v1/time") }
        stage.now += 60_000
        #expect(try stage.get("binance-usdm", "/fapi/v1/time").status == 200)
    }

    @Test func binancesFundingHasABudgetOfItsOwn() throws {
        for _ in 0..<500 { #expect(try stage.get("binance-usdm", "/fapi/v1/fundingInfo").status == 200) }
        let refused = try stage.get("binance-usdm", "/fapi/v1/fundingRate", ["symbol": "BTCUSDT"])
        #expect(refused.status == 429)
        #expect(header("Retry-After", of: refused) == "300")
        #expect(try stage.get("binance-usdm", "/fapi/v1/time").status == 200)
    }

    @Test func bybitShutsOutForTenMinutes() throws {
        for _ in 0..<600 { #expect(try stage.get("bybit", "/v5/market/time").status == 200) }
        let refused = try stage.get("bybit", "/v5/market/time")
        #expect(refused.status == 403)
        #expect(String(decoding: refused.body, as: UTF8.self) == "access too frequent")
        stage.now += 599_000
        #expect(try stage.get("bybit", "/v5/market/time").status == 403)
        stage.now += 2000
        #expect(try stage.get("bybit", "/v5/market/time").status == 200)
    }

    @Test func hyperliquidChargesHistoryByItsRows() throws {
        let start = Stage.now - 40 * .millisecondsOfDay
        let history = #"{"type":"fundingHistory","coin":"BTC","startTime":\#(start)}"#
        // 500 rows: 20 + 25.
        for _ in 0..<26 { #expect(try stage.post("hyperliquid", "/info", history).status == 200) }
        for _ in 0..<2 { _ = try stage.post("hyperliquid", "/info", #"{"type":"allMids"}"#) }
        #expect(try stage.post("hyperliquid", "/info", history).status == 200)
        #expect(try stage.post("hyperliquid", "/info", history).status == 429)
        stage.now += 60_000
        #expect(try stage.post("hyperliquid", "/info", history).status == 200)
    }

    @Test func lighterAllowsSixtyAMinute() throws {
        for _ in 0..<60 { #expect(try stage.get("lighter", "/api/v1/funding-rates").status == 200) }
        let refused = try stage.get("lighter", "/api/v1/funding-rates")
        #expect(refused.status == 429)
        #expect(try JSONDocument(refused.body).root.integer("code") == 23000)
        stage.now += 60_000
        #expect(try stage.get("lighter", "/api/v1/funding-rates").status == 200)
    }

    @Test func deribitAllowsOneInstrumentListASecondSustained() throws {
        let query = ["currency": "any", "kind": "future"]
        for _ in 0..<10 { #expect(try stage.get("deribit", "/api/v2/public/get_instruments", query).status == 200) }
        let refused = try stage.get("deribit", "/api/v2/public/get_instruments", query)
        #expect(refused.status == 429)
        let error = try JSONDocument(refused.body).root.member("error")
        #expect(try error.integer("code") == 10028)
        #expect(try error.member("data").integer("wait") == 1)
        for _ in 0..<30 {
            stage.now += 1000
            #expect(try stage.get("deribit", "/api/v2/public/get_instruments", query).status == 200)
        }
    }

    @Test func clientsAreCountedApart() throws {
        for _ in 0..<61 { _ = try stage.get("lighter", "/api/v1/funding-rates") }
        let other = SimulatedRequest("GET", "/api/v1/funding-rates", client: "10.0.0.2")
        let answer = stage.simulator.answer(other, to: "lighter", at: SimulatedTime(stage.now))
        #expect(answer?.status == 200)
    }

    @Test func withoutLimitsNobodyIsRefused() throws {
        let free = Stage()
        for _ in 0..<1000 { #expect(try free.get("lighter", "/api/v1/none").status == 404) }
    }
}
