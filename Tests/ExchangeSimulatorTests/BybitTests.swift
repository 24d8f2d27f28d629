import FundingJSON
import Testing

@testable import ExchangeSimulator

@Suite struct BybitTests {
    private let stage = Stage()
    private let history = "/v5/market/funding/history"

    private func rows(_ query: [String: String]) throws -> [JSONView] {
        try Array(stage.json("bybit", history, query).member("result").member("list").elements)
    }

    @Test func historyIsNewestFirstAndTwoHundredRowsLong() throws {
        let latest = try rows(["category": "linear", "symbol": "BTCUSDT"])
        let times = try latest.map { try $0.integer("fundingRateTimestamp") }
        #expect(times.count == 200)
        #expect(times == times.sorted(by: >))
        #expect(times[0] == Stage.now.floored(to: 8 * .millisecondsOfHour))
        let older = try rows(["category": "linear", "symbol": "BTCUSDT", "endTime": "\(times[199] - 1)"])
        #expect(try #require(older.first).integer("fundingRateTimestamp") == times[199] - 8 * .millisecondsOfHour)
    }

    @Test func aStartAloneIsAnError() throws {
        let answer = try stage.json(
            "bybit", history, ["category": "linear", "symbol": "BTCUSDT", "startTime": "1790000000000"]
        )
        #expect(try answer.integer("retCode") == 10001)
        #expect(try answer.member("result").count == 0)
        let bounded = try rows([
            "category": "linear", "symbol": "BTCUSDT", "startTime": "\(Stage.now - .millisecondsOfDay)",
            "endTime": "\(Stage.now)",
        ])
        #expect(bounded.count == 3)
    }

    @Test func settledIsTheEstimateOfTheLastMoment() throws {
        let contract = try stage.contract("bybit", "SHIB1000USDT")
        let payment = contract.schedule.nextPayment(after: Stage.now)
        stage.now = payment - 1
        let query = ["category": "linear", "symbol": "SHIB1000USDT"]
        let ticker = try #require(
            try stage.json("bybit", "/v5/market/tickers", query).member("result").member("list")[0])
        #expect(try ticker.integer("nextFundingTime") == payment)
        stage.now = payment
        let row = try #require(try rows(query).first)
        #expect(try row.integer("fundingRateTimestamp") == payment)
        #expect(abs(try row.number("fundingRate") - ticker.number("fundingRate")) < 2e-8)
    }

    @Test func instrumentsComeInPagesUnderAnOpaqueCursor() throws {
        var symbols: [String] = []
        var query = ["category": "linear"]
        var pages = 0
        repeat {
            let result = try stage.json("bybit", "/v5/market/instruments-info", query).member("result")
            symbols += try result.member("list").elements.map { try $0.text("symbol") }
            query["cursor"] = try result.text("nextPageCursor")
            pages += 1
        } while query["cursor"] != "" && pages < 10
        #expect(pages == 2)
        #expect(Set(symbols).count == symbols.count)
        #expect(symbols.count == 602 + 4)
        query = ["category": "linear", "limit": "1000"]
        let whole = try stage.json("bybit", "/v5/market/instruments-info", query).member("result")
        #expect(try whole.member("list").count == symbols.count)
        let wrong = try stage.json("bybit", "/v5/market/instruments-info", ["category": "linear", "cursor": "first=A"])
        #expect(try wrong.integer("retCode") == 10001)
    }

    @Test func tickersCoverBothCategoriesWithDatedAndPremarketRows() throws {
        let linear = try stage.json("bybit", "/v5/market/tickers", ["category": "linear"]).member("result").member(
            "list")
        let perpetual = linear.elements.filter {
            $0["deliveryTime"]?.isString("0") == true && $0["curPreListingPhase"]?.isString("") == true
        }
        #expect(perpetual.count == 602)
        let dated = try linear.row("symbol", "BTC-25DEC26")
        #expect(try dated.text("fundingRate").isEmpty)
        #expect(try linear.row("symbol", "MEGAUSDT").text("curPreListingPhase") == "ContinuousTrading")
        let inverse = try stage.json("bybit", "/v5/market/tickers", ["category": "inverse"]).member("result").member(
            "list")
        #expect(inverse.elements.filter { $0["deliveryTime"]?.isString("0") == true }.count == 23)
        let btc = try inverse.row("symbol", "BTCUSD")
        // Inverse: dollars, and their value in coins.
        let dollars = try btc.number("openInterestValue") * btc.number("markPrice")
        #expect(abs(try btc.number("openInterest") / dollars - 1) < 0.001)
        #expect(abs(try btc.number("singleOpenInterest") * 2 / btc.number("openInterest") - 1) < 0.001)
    }

    @Test func aDelistedContractVanishesAndComesBack() throws {
        func isListed() throws -> Bool {
            let list = try stage.json("bybit", "/v5/market/tickers", ["category": "linear"]).member("result").member(
                "list")
            return list.elements.contains { $0["symbol"]?.isString("XRPUSDT") == true }
        }
        func perform(_ json: String) throws {
            let script = try Script(JSONDocument(json).root, feeds: ["bybit"])
            #expect(stage.perform(script))
        }
        #expect(try isListed())
        try perform(#"{"feed":"bybit","delist":"XRPUSDT"}"#)
        #expect(try !isListed())
        stage.now += .millisecondsOfHour
        try perform(#"{"feed":"bybit","relist":"XRPUSDT"}"#)
        #expect(try isListed())
    }
}
