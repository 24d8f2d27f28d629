import FundingJSON
import Testing

@testable import ExchangeSimulator

@Suite struct BinanceCoinTests {
    private let stage = Stage()
    private let feed = "binance-coinm"

    @Test func openInterestIsCountedInContractsOfAFixedSize() throws {
        let listing = try stage.json(feed, "/dapi/v1/exchangeInfo").member("symbols")
        for (symbol, size) in [("BTCUSD_PERP", 100), ("ETHUSD_PERP", 10)] {
            #expect(try listing.row("symbol", symbol).integer("contractSize") == size)
            let contract = try stage.contract(feed, symbol)
            let market = stage.simulator.universe.market
            let count = try stage.json(feed, "/dapi/v1/openInterest", ["symbol": symbol]).integer("openInterest")
            let dollars = market.openInterestUSD(of: contract, at: Stage.now)
            #expect((0...1).contains(dollars / Double(size) - Double(count)))
        }
    }

    @Test func itsStateStandsInAFieldOfItsOwn() throws {
        let rows = try stage.json(feed, "/dapi/v1/exchangeInfo").member("symbols").elements
        #expect(rows.allSatisfy { $0["status"] == nil })
        #expect(rows.count { $0["contractStatus"]?.isString("TRADING") == true } == 32)
        let gone = try #require(rows.first { $0["contractStatus"]?.isString("DELIVERING") == true })
        #expect(try gone.text("contractType") == "PERPETUAL DELIVERING")
    }

    @Test func datedRowsHaveAnEmptyRate() throws {
        let row = try stage.json(feed, "/dapi/v1/premiumIndex").row("symbol", "BTCUSD_261225")
        #expect(try row.text("lastFundingRate") == "")
        #expect(try row.integer("nextFundingTime") == 0)
        #expect(try row.text("pair") == "BTCUSD")
    }

    @Test func oneSymbolsRateIsAListToo() throws {
        let answer = try stage.json(feed, "/dapi/v1/premiumIndex", ["symbol": "BTCUSD_PERP"])
        #expect(answer.kind == .array)
        #expect(answer.count == 1)
    }

    @Test func historyNeedsASymbol() throws {
        #expect(try stage.get(feed, "/dapi/v1/fundingRate").status == 400)
        #expect(try stage.json(feed, "/dapi/v1/fundingRate", ["symbol": "BTCUSD_PERP"]).count == 200)
        #expect(try stage.json(feed, "/dapi/v1/fundingRate", ["symbol": "BTCUSD_261225"]).count == 0)
        #expect(try stage.get(feed, "/fapi/v1/fundingRate", ["symbol": "BTCUSD_PERP"]).status == 404)
    }

    @Test func onlyWhatWasAdjustedHasTerms() throws {
        #expect(try stage.json(feed, "/dapi/v1/fundingInfo").count == 0)
        let script = try Script(
            JSONDocument(#"{"feed":"binance-coinm","symbol":"BTCUSD_PERP","interval_hours":4}"#).root, feeds: [feed]
        )
        #expect(stage.perform(script))
        let terms = try stage.json(feed, "/dapi/v1/fundingInfo")
        #expect(try terms.elements.map { try $0.integer("fundingIntervalHours") } == [4])
    }

    @Test func aHostHasItsOwnBudget() throws {
        let stage = Stage(enforcesLimits: true, at: Stage.now.floored(to: 300_000))
        for _ in 0..<240 { #expect(try stage.get(feed, "/dapi/v1/premiumIndex").status == 200) }
        let refused = try stage.get(feed, "/dapi/v1/premiumIndex")
        #expect(refused.status == 429)
        #expect(refused.headers.contains { $0.0 == "Retry-After" })
        #expect(try stage.get("binance-usdm", "/fapi/v1/premiumIndex").status == 200)
    }
}
