import FundingJSON
import Testing

@testable import ExchangeSimulator

@Suite struct BinanceTests {
    private let stage = Stage()
    private let feed = "binance-usdm"
    private let history = "/fapi/v1/fundingRate"

    @Test func settledIsTheEstimateOfTheLastMoment() throws {
        for symbol in ["BTCUSDT", "1000PEPEUSDT", "币安人生USDT"] {
            let contract = try stage.contract(feed, symbol)
            let payment = contract.schedule.nextPayment(after: Stage.now)
            stage.now = payment - 1
            let premium = try stage.json(feed, "/fapi/v1/premiumIndex", ["symbol": symbol])
            #expect(try premium.integer("nextFundingTime") == payment)
            let estimate = try premium.number("lastFundingRate")
            stage.now = payment + 1000
            let row = try #require(
                try stage.json(feed, history, ["symbol": symbol, "startTime": "\(payment)", "limit": "1"])[0]
            )
            #expect(abs(try row.number("fundingRate") - estimate) < 2e-8)
            #expect((0..<15).contains(try row.integer("fundingTime") - payment))
            stage.now = Stage.now
        }
    }

    @Test func boundsAreInclusive() throws {
        let contract = try stage.contract(feed, "BTCUSDT")
        let slots = contract.schedule.payments(in: 0...Stage.now, limit: 3, newest: true)
        let query = ["symbol": "BTCUSDT", "startTime": "\(slots[0])", "endTime": "\(Stage.now)"]
        let times = try stage.json(feed, history, query).elements.map { try $0.integer("fundingTime") }
        #expect(times.count == 3)
        let exact = ["symbol": "BTCUSDT", "startTime": "\(times[1])", "endTime": "\(times[1])"]
        #expect(try stage.json(feed, history, exact).elements.map { try $0.integer("fundingTime") } == [times[1]])
        let between = ["symbol": "BTCUSDT", "startTime": "\(times[1] + 1)", "endTime": "\(times[2] - 1)"]
        #expect(try stage.json(feed, history, between).count == 0)
    }

    @Test func pagesAscendFromTheStartAndCoverEverySlot() throws {
        let contract = try stage.contract(feed, "BTCUSDT")
        let first = Stage.now - 400 * .millisecondsOfDay
        var start = first
        var slots: [Int] = []
        while true {
            let query = ["symbol": "BTCUSDT", "startTime": "\(start)", "endTime": "\(Stage.now)", "limit": "1000"]
            let page = try stage.json(feed, history, query).elements.map { try $0.integer("fundingTime") }
            #expect(page.count <= 1000)
            slots += page.map { $0.floored(to: .millisecondsOfMinute) }
            guard page.count == 1000, let last = page.last else { break }
            start = last + 1
        }
        #expect(slots == contract.schedule.payments(in: first...Stage.now))
        #expect(slots.count == 1200)
    }

    @Test func limitsAreOneHundredUnlessToldAndOneThousandAtMost() throws {
        let start = "\(Stage.now - 600 * .millisecondsOfDay)"
        #expect(try stage.json(feed, history, ["symbol": "BTCUSDT", "startTime": start]).count == 100)
        #expect(
            try stage.json(feed, history, ["symbol": "BTCUSDT", "startTime": start, "limit": "5000"]).count == 1000)
        let latest = try stage.json(feed, history, ["symbol": "BTCUSDT"])
        #expect(latest.count == 200)
        #expect(try #require(latest[199]).integer("fundingTime") > Stage.now - 8 * .millisecondsOfHour)
    }

    @Test func withoutASymbolAnHourBringsEveryContractThatPaid() throws {
        let midnight = Stage.now.floored(to: .millisecondsOfDay)
        let query = ["startTime": "\(midnight - 60_000)", "endTime": "\(midnight + 60_000)", "limit": "1000"]
        let rows = try stage.json(feed, history, query).elements.filter { $0["rateType"]?.isString("Regular") == true }
        #expect(rows.count == 572)
        #expect(Set(try rows.map { try $0.text("symbol") }).count == 572)
        let times = try rows.map { try $0.integer("fundingTime") }
        #expect(times == times.sorted())
    }

    @Test func aShareMayHaveASpecialRowAtTheSameTime() throws {
        let start = "\(Stage.now - 300 * .millisecondsOfDay)"
        let rows = try stage.json(feed, history, ["symbol": "TSLAUSDT", "startTime": start, "limit": "1000"]).elements
        let special = rows.filter { $0["rateType"]?.isString("Special") == true }
        #expect(!special.isEmpty)
        for row in special {
            let time = try row.integer("fundingTime")
            #expect(try rows.filter { try $0.integer("fundingTime") == time }.count == 2)
        }
    }

    @Test func fundingInfoListsOnlyAdjustedContracts() throws {
        let info = try stage.json(feed, "/fapi/v1/fundingInfo")
        let hours = try info.elements.map { try $0.integer("fundingIntervalHours") }
        #expect(hours.count { $0 == 4 } == 382)
        #expect(hours.count { $0 == 1 } == 25)
        #expect((1..<100).contains(hours.count { $0 == 8 }))
    }

    @Test func datedRowsHaveNoNextFundingTimeAndDeadOnesLinger() throws {
        let premiums = try stage.json(feed, "/fapi/v1/premiumIndex")
        let dated = try premiums.row("symbol", "BTCUSDT_261225")
        #expect(try dated.integer("nextFundingTime") == 0)
        #expect(try dated.text("lastFundingRate") == "0.00000000")
        #expect(try premiums.row("symbol", "MATICUSDT").text("estimatedSettlePrice") == "0.00000000")
        let listing = try stage.json(feed, "/fapi/v1/exchangeInfo").member("symbols").row("symbol", "MATICUSDT")
        #expect(try listing.text("status") == "SETTLING")
        #expect(try stage.get(feed, "/fapi/v1/openInterest", ["symbol": "MATICUSDT"]).status == 400)
        #expect(try stage.json(feed, history, ["symbol": "BTCUSDT_261225"]).count == 0)
    }

    @Test func ethereumInBitcoinIsPricedInBitcoin() throws {
        let ratio = try stage.json(feed, "/fapi/v1/premiumIndex", ["symbol": "ETHBTC"]).number("markPrice")
        let eth = try stage.json(feed, "/fapi/v1/premiumIndex", ["symbol": "ETHUSDT"]).number("markPrice")
        let btc = try stage.json(feed, "/fapi/v1/premiumIndex", ["symbol": "BTCUSDT"]).number("markPrice")
        #expect(abs(ratio / (eth / btc) - 1) < 0.01)
        let listing = try stage.json(feed, "/fapi/v1/exchangeInfo").member("symbols").row("symbol", "ETHBTC")
        #expect(try listing.text("baseAsset") == "ETH")
        #expect(try listing.text("quoteAsset") == "BTC")
    }

    @Test func aScriptedIntervalShowsAtOnceAndLeavesThePast() throws {
        let script = try Script(
            JSONDocument(#"{"feed":"binance-usdm","symbol":"BTCUSDT","interval_hours":1}"#).root, feeds: [feed]
        )
        #expect(stage.perform(script))
        let row = try stage.json(feed, "/fapi/v1/fundingInfo").row("symbol", "BTCUSDT")
        #expect(try row.integer("fundingIntervalHours") == 1)
        let premium = try stage.json(feed, "/fapi/v1/premiumIndex", ["symbol": "BTCUSDT"])
        #expect(
            try premium.integer("nextFundingTime") == Stage.now.floored(to: .millisecondsOfHour) + .millisecondsOfHour)
        stage.now += 2 * .millisecondsOfHour
        let rows = try stage.json(feed, history, ["symbol": "BTCUSDT"]).elements.suffix(3)
        let hours = try rows.map { try $0.integer("fundingTime") / .millisecondsOfHour % 24 }
        #expect(hours == [8, 11, 12])
        stage.simulator.reset()
        #expect(try stage.contract(feed, "BTCUSDT").schedule.hours(at: stage.now) == 8)
    }
}
