import FundingJSON
import Testing

@testable import ExchangeSimulator

@Suite struct ScriptTests {
    private let stage = Stage()
    private let feed = "binance-usdm"
    private let hour = Int.millisecondsOfHour

    private func perform(_ json: String) throws {
        let scripts = try Script.list(JSONDocument(json).root, feeds: ["binance-usdm", "bybit"])
        #expect(stage.simulator.perform(scripts, at: SimulatedTime(stage.now)) == nil)
    }

    private func premium(_ symbol: String) throws -> JSONView {
        try stage.json(feed, "/fapi/v1/premiumIndex", ["symbol": symbol])
    }

    private func openUnits(_ symbol: String) throws -> Double {
        try stage.json(feed, "/fapi/v1/openInterest", ["symbol": symbol]).number("openInterest")
    }

    @Test func intervalsChangeAtTheirTimesInWhateverOrderAListNamesThem() throws {
        let midnight = Stage.now.floored(to: .millisecondsOfDay) + .millisecondsOfDay
        try perform(
            """
            [{"feed":"binance-usdm","symbol":"BTCUSDT","interval_hours":8,"at":\(midnight + 23 * hour)},
             {"feed":"binance-usdm","symbol":"BTCUSDT","interval_hours":1,"at":\(midnight + 20 * hour)},
             {"feed":"binance-usdm","symbol":"BTCUSDT","interval_hours":4,"at":\(midnight + 9 * hour)}]
            """
        )
        let schedule = try stage.contract(feed, "BTCUSDT").schedule
        let payments = schedule.payments(in: midnight...midnight + 32 * hour)
        #expect(payments == [0, 8, 12, 16, 20, 21, 22, 23, 24, 32].map { midnight + $0 * hour })
        #expect(try premium("BTCUSDT").integer("nextFundingTime") == Stage.now.floored(to: 8 * hour) + 8 * hour)
        stage.now = midnight + 20 * hour + 1
        #expect(try premium("BTCUSDT").integer("nextFundingTime") == midnight + 21 * hour)
    }

    @Test func changesPostedOneByOneAddUp() throws {
        let midnight = Stage.now.floored(to: .millisecondsOfDay) + .millisecondsOfDay
        for (hours, at) in [(4, midnight), (1, midnight + 8 * hour)] {
            try perform(#"{"feed":"binance-usdm","symbol":"BTCUSDT","interval_hours":\#(hours),"at":\#(at)}"#)
        }
        let schedule = try stage.contract(feed, "BTCUSDT").schedule
        #expect(
            schedule.payments(in: midnight...midnight + 10 * hour) == [0, 4, 8, 9, 10].map { midnight + $0 * hour })
    }

    @Test func aMultiplierChangesPriceAmountAndBaseButNotTheSymbol() throws {
        let (price, units) = (try premium("1000PEPEUSDT").number("indexPrice"), try openUnits("1000PEPEUSDT"))
        try perform(#"{"feed":"binance-usdm","symbol":"1000PEPEUSDT","multiplier":10000}"#)
        #expect(abs(try premium("1000PEPEUSDT").number("indexPrice") / price / 10 - 1) < 1e-3)
        #expect(abs(try openUnits("1000PEPEUSDT") / units * 10 - 1) < 1e-3)
        let symbols = try stage.json(feed, "/fapi/v1/exchangeInfo").member("symbols")
        #expect(try symbols.row("symbol", "1000PEPEUSDT").text("baseAsset") == "10000PEPE")
        try perform(#"{"feed":"binance-usdm","symbol":"1000PEPEUSDT","multiplier":1,"base":"PEPE2"}"#)
        #expect(try stage.contract(feed, "1000PEPEUSDT").base == "PEPE2")
        #expect(try stage.contract(feed, "1000PEPEUSDT").units == 1)
    }

    @Test func whatIsPlannedWaitsForItsTime() throws {
        let at = Stage.now + hour
        try perform(#"{"feed":"binance-usdm","symbol":"1000PEPEUSDT","multiplier":10000,"at":\#(at)}"#)
        _ = try premium("1000PEPEUSDT")
        #expect(try stage.contract(feed, "1000PEPEUSDT").units == 1000)
        stage.now = at
        _ = try premium("1000PEPEUSDT")
        #expect(try stage.contract(feed, "1000PEPEUSDT").units == 10000)
    }

    @Test func aZeroStormHidesAShareOfTheRatesForItsTime() throws {
        func zeros() throws -> Set<String> {
            let rows = try stage.json(feed, "/fapi/v1/premiumIndex").elements
            return Set(
                try rows.filter { try $0.number("lastFundingRate") == 0 && $0.integer("nextFundingTime") > 0 }
                    .map { try $0.text("symbol") })
        }
        let before = try zeros()
        try perform(#"{"feed":"binance-usdm","zero_storm":0.27,"seconds":60}"#)
        let struck = try zeros().subtracting(before)
        #expect((120...190).contains(struck.count), "0.27 of 572, and of those that ended")
        let symbol = try #require(struck.first { $0 != "ETHBTC" && (try? openUnits($0)) != nil })
        #expect(try openUnits(symbol) > 0)
        let paid = try stage.json(feed, "/fapi/v1/fundingRate", ["symbol": symbol]).elements
        #expect(try paid.contains { try $0.number("fundingRate") != 0 })
        stage.now += 59_000
        #expect(try zeros().subtracting(before).contains(symbol))
        stage.now += 1000
        #expect(try !zeros().contains(symbol))
    }

    @Test func aSkewedClockRunsAheadInEveryAnswerOfThatExchange() throws {
        try perform(#"{"feed":"binance-usdm","clock_skew_seconds":300}"#)
        for _ in 0..<2 {
            #expect(try stage.json(feed, "/fapi/v1/time").integer("serverTime") == Stage.now + 300_000)
        }
        #expect(try stage.json("bybit", "/v5/market/time").integer("time") == Stage.now)
        // Two minutes before the hour the exchange believes to have paid.
        let midnight = Stage.now.floored(to: .millisecondsOfDay) + .millisecondsOfDay
        stage.now = midnight - 120_000
        #expect(try premium("BTCUSDT").integer("nextFundingTime") == midnight + 8 * hour)
        let rows = try stage.json(feed, "/fapi/v1/fundingRate", ["symbol": "BTCUSDT"]).elements
        #expect(try #require(rows.map { try $0.integer("fundingTime") }.max()) >= midnight)
        try perform(#"{"feed":"binance-usdm","clock_skew_seconds":0}"#)
        #expect(try stage.json(feed, "/fapi/v1/time").integer("serverTime") == stage.now)
    }

    @Test func aBanShutsEverybodyOutAndSaysForHowLong() throws {
        try perform(#"{"feed":"bybit","ban_seconds":720}"#)
        for (passed, left) in [(0, "720"), (700_000, "20"), (719_001, "1")] {
            stage.now = Stage.now + passed
            let answer = try stage.get("bybit", "/v5/market/time")
            #expect(answer.status == 418)
            #expect(answer.headers.contains { $0 == ("Retry-After", left) })
        }
        #expect(try stage.get(feed, "/fapi/v1/time").status == 200)
        stage.now = Stage.now + 720_000
        #expect(try stage.get("bybit", "/v5/market/time").status == 200)
    }

    @Test func aListWithAnUnknownContractChangesNothing() throws {
        let scripts = try Script.list(
            JSONDocument(#"[{"feed":"bybit","delist":"BTCUSDT"},{"feed":"bybit","delist":"NOTHING"}]"#).root,
            feeds: ["bybit"]
        )
        #expect(stage.simulator.perform(scripts, at: SimulatedTime(stage.now)) == scripts[1])
        #expect(try stage.contract("bybit", "BTCUSDT").isLive(at: stage.now))
    }

    @Test func aResetUndoesEveryScript() throws {
        let before = try stage.get(feed, "/fapi/v1/premiumIndex").body
        try perform(
            """
            [{"feed":"binance-usdm","symbol":"BTCUSDT","interval_hours":1},
             {"feed":"binance-usdm","symbol":"ETHUSDT","multiplier":10},
             {"feed":"binance-usdm","symbol":"SOLUSDT","multiplier":10,"at":\(stage.now + 1)},
             {"feed":"binance-usdm","zero_storm":0.5},{"feed":"binance-usdm","clock_skew_seconds":-7200},
             {"feed":"bybit","ban_seconds":720}]
            """
        )
        #expect(try stage.get(feed, "/fapi/v1/premiumIndex").body != before)
        stage.simulator.reset()
        #expect(try stage.get(feed, "/fapi/v1/premiumIndex").body == before)
        #expect(try stage.get("bybit", "/v5/market/time").status == 200)
        stage.now += 1
        #expect(try premium("SOLUSDT").number("indexPrice") > 0)
        #expect(try stage.contract(feed, "SOLUSDT").units == 1)
    }

    @Test(arguments: [
        #"{}"#, #"{"feed":"bybit"}"#, #"{"feed":"none","ban_seconds":1}"#, #"{"feed":"bybit","zero_storm":1.1}"#,
        #"{"feed":"bybit","zero_storm":0.1,"seconds":0}"#, #"{"feed":"bybit","ban_seconds":-1}"#, "[]",
        #"{"feed":"bybit","symbol":"BTCUSDT","interval_hours":0}"#, #"{"feed":"bybit","symbol":"X","multiplier":0}"#,
        #"[{"feed":"bybit","delist":"BTCUSDT"},{}]"#,
    ])
    func scriptsThatMeanNothingAreRefused(json: String) {
        #expect(throws: Fault.Misread.self) { try perform(json) }
    }
}
