import FundingJSON
import Testing

@testable import ExchangeSimulator

@Suite struct HyperliquidTests {
    private let stage = Stage()

    @Test func historyAscendsFromTheStartInPagesOfFiveHundred() throws {
        let start = Stage.now - 30 * .millisecondsOfDay
        let first = try stage.info(#"{"type":"fundingHistory","coin":"kPEPE","startTime":\#(start)}"#)
        let times = try first.elements.map { try $0.integer("time") }
        #expect(times.count == 500)
        #expect(times == times.sorted())
        #expect(times.allSatisfy { (0..<100).contains($0 % .millisecondsOfHour) })
        let last = try #require(times.last)
        let rest = try stage.info(#"{"type":"fundingHistory","coin":"kPEPE","startTime":\#(last + 1)}"#)
        #expect(rest.count == 220)
    }

    @Test func beforeJune2023FundingWasPaidEveryEightHours() throws {
        let change = 1_686_182_400_000
        let (start, end) = (change - .millisecondsOfDay, change + 2 * .millisecondsOfHour + 1000)
        let query = #"{"type":"fundingHistory","coin":"BTC","startTime":\#(start),"endTime":\#(end)}"#
        let hours = try stage.info(query).elements.map {
            try $0.integer("time").floored(to: .millisecondsOfHour) - change
        }
        .map { $0 / .millisecondsOfHour }
        #expect(hours == [-24, -16, -8, 0, 1, 2])
    }

    @Test func settledIsTheEstimateOfTheLastMoment() throws {
        let payment = Stage.now.floored(to: .millisecondsOfHour) + .millisecondsOfHour
        stage.now = payment - 1
        let body = try stage.info(#"{"type":"metaAndAssetCtxs"}"#)
        let place = try #require(
            body[0]?["universe"]?.elements.enumerated().first { $0.element["name"]?.isString("SOL") == true }?.offset
        )
        let estimate = try #require(body[1]?[place]).number("funding")
        stage.now = payment + 1000
        let row = try #require(
            try stage.info(#"{"type":"fundingHistory","coin":"SOL","startTime":\#(payment),"endTime":\#(stage.now)}"#)[
                0]
        )
        #expect(abs(try row.number("fundingRate") - estimate) < 1e-9)
    }

    @Test func delistedCoinsKeepTheirPlaceWithNulls() throws {
        let body = try stage.info(#"{"type":"metaAndAssetCtxs"}"#)
        let universe = try #require(body[0]).member("universe")
        let contexts = try #require(body[1])
        #expect(universe.count == contexts.count)
        let place = try #require(universe.elements.enumerated().first { $0.element["name"]?.isString("MATIC") == true })
        #expect(place.element["isDelisted"]?.bool == true)
        let context = try #require(contexts[place.offset])
        #expect(try ["premium", "midPx", "impactPxs"].allSatisfy { try context.member($0).isNull })
        #expect(universe.elements.filter { $0["isDelisted"] == nil }.count == 184)
    }

    @Test func unreadableBodiesAreRefused() throws {
        #expect(try stage.post("hyperliquid", "/info", #"{"type":"nonsense"}"#).status == 422)
        #expect(try stage.post("hyperliquid", "/info", "{").status == 422)
        #expect(try stage.post("hyperliquid", "/info", #"{"type":"metaAndAssetCtxs","dex":"none"}"#).status == 500)
    }
}

@Suite struct LighterTests {
    private let stage = Stage()

    private func fundings(_ start: Int, _ end: Int) throws -> [JSONView] {
        let query = [
            "market_id": "0", "resolution": "1h", "start_timestamp": "\(start)", "end_timestamp": "\(end)",
            "count_back": "0",
        ]
        return try Array(stage.json("lighter", "/api/v1/fundings", query).member("fundings").elements)
    }

    @Test func bothBoundsAreExclusiveInSecondsAndMilliseconds() throws {
        let hour = Stage.now.floored(to: .millisecondsOfHour) / 1000
        #expect(try fundings(hour - 7200, hour).map { try $0.integer("timestamp") } == [hour - 3600])
        #expect(try fundings((hour - 7200) * 1000, hour * 1000).count == 1)
        #expect(try fundings(hour - 7201, hour + 1).count == 3)
    }

    @Test func tooManyRowsAreCutToTheNewestInSilence() throws {
        let rows = try fundings(Stage.now / 1000 - 60 * 86_400, Stage.now / 1000)
        #expect(rows.count == 750)
        let times = try rows.map { try $0.integer("timestamp") }
        #expect(times == times.sorted())
        #expect(times.last == Stage.now.floored(to: .millisecondsOfHour) / 1000)
    }

    @Test func settledIsAnEighthOfTheEstimateAsPercentWithItsSignApart() throws {
        let payment = Stage.now.floored(to: .millisecondsOfHour) + .millisecondsOfHour
        stage.now = payment - 1
        let rates = try stage.json("lighter", "/api/v1/funding-rates").member("funding_rates")
        let own = try #require(
            rates.elements.first { $0["exchange"]?.isString("lighter") == true && $0["market_id"]?.int == 0 }
        )
        #expect(try own.text("symbol") == "ETH")
        stage.now = payment + 1000
        let row = try #require(try fundings(payment / 1000 - 1, payment / 1000 + 1).first)
        let sign: Double = try row.text("direction") == "short" ? -1 : 1
        #expect(try row.number("rate") >= 0)
        #expect(abs(try own.number("rate") / 8 - sign * row.number("rate") / 100) < 2e-6)
    }

    @Test func otherExchangesStandBesideAndInactiveMarketsKeepTheirPrice() throws {
        let rates = try stage.json("lighter", "/api/v1/funding-rates").member("funding_rates").elements
        #expect(Set(try rates.map { try $0.text("exchange") }) == ["lighter", "binance", "bybit", "hyperliquid"])
        #expect(rates.filter { $0["exchange"]?.isString("lighter") == true }.count == 115)
        let books = try stage.json("lighter", "/api/v1/orderBookDetails").member("order_book_details")
        let pippin = try books.row("symbol", "PIPPIN")
        #expect(try pippin.text("status") == "inactive")
        #expect(try pippin.number("mark_price") > 0)
    }
}
