import FundingJSON
import Testing

@testable import ExchangeSimulator

@Suite struct AsterTests {
    private let stage = Stage()
    private let feed = "aster"
    private let history = "/fapi/v3/fundingRate"

    @Test func bothVersionsAnswerAlike() throws {
        for name in ["exchangeInfo", "fundingInfo", "premiumIndex"] {
            let old = try stage.get(feed, "/fapi/v1/\(name)")
            #expect(old.status == 200)
            #expect(try stage.get(feed, "/fapi/v3/\(name)").body == old.body)
        }
        #expect(try stage.get(feed, "/fapi/v2/premiumIndex").status == 404)
    }

    @Test func theTermsListEveryContract() throws {
        let terms = Set(try stage.json(feed, "/fapi/v3/fundingInfo").elements.map { try $0.text("symbol") })
        let rates = Set(try stage.json(feed, "/fapi/v3/premiumIndex").elements.map { try $0.text("symbol") })
        let listed = try stage.json(feed, "/fapi/v3/exchangeInfo").member("symbols").elements
        #expect(terms == rates)
        #expect(rates.isSuperset(of: try listed.map { try $0.text("symbol") }))
        #expect(rates.subtracting(try listed.map { try $0.text("symbol") }) == ["BTCUSD", "ETHUSD"])
        #expect(listed.count { $0["status"]?.isString("TRADING") == true } == 165)
        #expect(listed.count { $0["contractType"]?.isString("") == true } == 1)
        #expect(listed.count { $0["status"]?.isString("SETTLING") == true } == 1)
    }

    @Test func whatIsPricedStandsInTheSubType() throws {
        let listed = try stage.json(feed, "/fapi/v3/exchangeInfo").member("symbols")
        for (symbol, type) in [("TSLAUSDT", "STOCK"), ("XAUUSDT", "Commodities"), ("QQQUSDT", "ETF")] {
            let row = try listed.row("symbol", symbol)
            #expect(try row.member("underlyingSubType").elements.compactMap(\.string) == [type])
            #expect(try row.text("underlyingType") == "COIN")
        }
        #expect(try listed.row("symbol", "BTCUSDT").member("underlyingSubType").count == 0)
        #expect(try listed.row("symbol", "COPPERUSD1").text("baseAsset") == "COPPER")
    }

    @Test func historyIsBareAndPunctual() throws {
        let rows = try stage.json(feed, history, ["symbol": "BTCUSDT"]).elements
        #expect(rows.count == 100)
        for row in rows {
            #expect(row.members.map(\.key) == ["symbol", "fundingTime", "fundingRate"])
            #expect(try row.integer("fundingTime") % (8 * .millisecondsOfHour) == 0)
        }
        #expect(try stage.get(feed, history).status == 400)
        #expect(try stage.get(feed, history, ["symbol": "NOBODY"]).status == 400)
    }

    @Test func ofTooManyRowsTheFirstComeFirst() throws {
        let hourly = try #require(
            stage.simulator.universe.contracts[feed]?.first { $0.schedule.hours(at: Stage.now) == 1 })
        let start = Stage.now - 1500 * .millisecondsOfHour
        let query = ["symbol": hourly.symbol, "startTime": "\(start)", "endTime": "\(Stage.now)", "limit": "5000"]
        let times = try stage.json(feed, history, query).elements.map { try $0.integer("fundingTime") }
        #expect(times.count == 1000)
        #expect(times == hourly.schedule.payments(in: start...Stage.now, limit: 1000))
    }

    @Test func openInterestIsInUnitsOfTheSymbol() throws {
        let contract = try stage.contract(feed, "1000PEPEUSDT")
        let market = stage.simulator.universe.market
        let units = try stage.json(feed, "/fapi/v3/openInterest", ["symbol": "1000PEPEUSDT"]).number("openInterest")
        let dollars = units * market.price(of: contract.asset, at: Stage.now) * 1000
        #expect(abs(dollars / market.openInterestUSD(of: contract, at: Stage.now) - 1) < 1e-6)
        #expect(try stage.get(feed, "/fapi/v3/openInterest", ["symbol": "BTCUSD"]).status == 400)
    }

    @Test func beyondTheLimitItRefusesWithoutSayingHowLong() throws {
        let stage = Stage(enforcesLimits: true, at: Stage.now.floored(to: 60_000))
        for _ in 0..<2400 { _ = try stage.get(feed, "/fapi/v3/time") }
        let refused = try stage.get(feed, "/fapi/v3/time")
        #expect(refused.status == 429)
        #expect(refused.headers.map(\.0) == ["X-MBX-USED-WEIGHT-1M"])
        for _ in 0..<RequestLimit.patience { _ = try stage.get(feed, "/fapi/v3/time") }
        #expect(try stage.get(feed, "/fapi/v3/time").status == 418)
    }
}
