import FundingJSON
import Testing

@testable import ExchangeSimulator

@Suite struct DriftTests {
    private let stage = Stage()

    private func markets() throws -> JSONView { try stage.json("drift", "/stats/markets").member("markets") }

    private func history(_ symbol: String, _ query: [String: String] = [:]) throws -> JSONView {
        try stage.json("drift", "/market/\(symbol)/fundingRates", query)
    }

    @Test func perpetualsStandBesideSpotMarketsBetsAndHiddenOnes() throws {
        let rows = try markets().elements.map { $0 }
        #expect(rows.count { $0["marketType"]?.isString("spot") == true } == 2)
        #expect(try markets().row("marketType", "spot").text("price").isEmpty)
        #expect(try markets().row("symbol", "TRUMP-WIN-2024-BET").text("status") == "settlement")
        #expect(try markets().row("symbol", "MON-PERP").text("uiStatus") == "hidden")
        #expect(rows.count { $0["status"]?.isString("delisted") == true } == 2)
        let live = rows.filter {
            $0["marketType"]?.isString("perp") == true && $0["status"]?.isString("active") == true
                && $0["uiStatus"]?.isString("active") == true
        }
        #expect(live.count == 51)
    }

    @Test func aThousandOfAUnitCostsAThousandTimesAsMuch() throws {
        let one = try markets().row("symbol", "PUMP-PERP").number("oraclePrice")
        let thousand = try markets().row("symbol", "1KPUMP-PERP").number("oraclePrice")
        #expect(abs(thousand / one / 1000 - 1) < 0.001)
    }

    @Test func whatLongsPayIsBelowZeroForThemAndShortsAreCountedBelowZero() throws {
        for row in try markets().elements where row["status"]?.isString("active") == true {
            guard let rate = row["fundingRate"], let interest = row["openInterest"], interest.kind == .object else {
                continue
            }
            #expect(try rate.number("long") == -rate.number("short"))
            #expect(try interest.number("long") >= 0 && interest.number("short") <= 0)
        }
    }

    @Test func historyIsPagedByACursorNewestFirst() throws {
        var query = ["limit": "300"]
        var times: [Int] = []
        var pages = 0
        while pages < 5 {
            let page = try history("SOL-PERP", query)
            times += try page.member("records").elements.map { try $0.integer("ts") }
            pages += 1
            guard let cursor = try page.member("meta").member("nextPage").string else { break }
            query["page"] = cursor
        }
        #expect(pages == 3)
        #expect(times == Array(Set(times)).sorted(by: >))
        // Thirty-one days.
        #expect(times.count == 744)
        #expect(times.allSatisfy { (59...61).contains($0 % 3600) })
    }

    @Test func twentyRowsAreGivenToWhoDoesNotSay() throws {
        #expect(try history("SOL-PERP").member("records").count == 20)
        #expect(try stage.get("drift", "/market/SOL-PERP/fundingRates", ["limit": "751"]).status == 400)
        #expect(try stage.get("drift", "/market/SOL-PERP/fundingRates", ["page": "?"]).status == 400)
        #expect(try stage.get("drift", "/market/NONE-PERP/fundingRates").status == 404)
    }

    @Test func settledIsTheEstimateOfTheLastMomentInAmountsOfTheQuote() throws {
        let payment = Stage.now.floored(to: .millisecondsOfHour) + .millisecondsOfHour
        stage.now = payment - 1
        let percent = -(try markets().row("symbol", "1MPEPE-PERP").member("fundingRate").number("long"))
        stage.now = payment + 70_000
        let newest = try #require(try history("1MPEPE-PERP").member("records")[0])
        let rate = try newest.number("fundingRateLong") / newest.number("oraclePriceTwap")
        #expect(abs(rate - percent / 100) < 2e-9)
    }

    @Test func aPaymentIsNotMadeBeforeTheHoursFirstTransaction() throws {
        let payment = Stage.now.floored(to: .millisecondsOfHour) + .millisecondsOfHour
        stage.now = payment + 30_000
        let before = try #require(try history("SOL-PERP").member("records")[0]).integer("ts")
        #expect(before < payment / 1000)
        #expect(try markets().row("symbol", "SOL-PERP").integer("fundingRateUpdateTs") == before)
        stage.now = payment + 70_000
        #expect(try #require(try history("SOL-PERP").member("records")[0]).integer("ts") > payment / 1000)
    }

    @Test func whoAsksTooMuchMeetsTheCacheInFront() throws {
        let stage = Stage(enforcesLimits: true)
        for _ in 0..<300 { _ = try stage.get("drift", "/market/NONE-PERP/fundingRates") }
        let refused = try stage.get("drift", "/stats/markets")
        #expect(refused.status == 403)
        #expect(refused.contentType == "text/html")
    }
}
