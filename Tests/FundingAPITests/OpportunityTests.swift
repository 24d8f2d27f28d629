import Foundation
import FundingCore
import FundingJSON
import Testing
import WebServer

@testable import FundingAPI

/// `GET /api/arbitrage/opportunities-v2` and what is made of the same pairs.
struct OpportunityTests {
    private static let now = Date()
    private static let hourly = FundingInterval.hourly

    /// By exchange and asset; what pays whom follows from the rates.
    private static let rates: [String: LiveRate] = {
        let all = [
            SampleSpreads.rate("binance", "A29", -0.0019861059, openInterest: 2e6, at: now),
            SampleSpreads.rate("kucoin", "A29", 0.0018631051, every: FundingInterval(hours: 4)!, at: now),
            SampleSpreads.rate("bybit", "A29", 0.0001, every: hourly, openInterest: nil, at: now),
            SampleSpreads.rate("binance", "BTC", 0.0001, openInterest: 8e9, at: now),
            SampleSpreads.rate("bybit", "BTC", 0.002, openInterest: 3e9, at: now),
            SampleSpreads.rate("kucoin", "BTC", 0.0013, openInterest: 50_000, at: now),
            SampleSpreads.rate("binance", "BTC5", 0.0001, at: now),
            SampleSpreads.rate("kucoin", "BTC5", 0.0001, at: now),
            SampleSpreads.rate("kucoin", "XBTC", 0.0001, at: now), SampleSpreads.rate("bybit", "XBTC", 0.005, at: now),
            SampleSpreads.rate("bybit", "A%", 0.0001, at: now), SampleSpreads.rate("kucoin", "A%", 0.0002, at: now),
            SampleSpreads.rate("bybit", "ONLY", 0.1, at: now),
        ]
        return Dictionary(uniqueKeysWithValues: all.map { ("\($0.contract.exchange) \($0.contract.baseAsset)", $0) })
    }()

    private static func pair(
        _ long: String, _ short: String, fee: Double? = 0.002, z: Double? = nil, points: Int? = nil,
        significance: Double? = nil, risks: SpreadRisks = []
    ) throws -> ListedOpportunity {
        SampleSpreads.listed(
            try #require(rates[long]), try #require(rates[short]), fee: fee,
            statistics: points.map { SpreadStatistics(dataPoints: $0, mean: 10, standardDeviation: 2, zScore: z) },
            significance: significance, risks: risks)
    }

    private static func pairs() throws -> [ListedOpportunity] {
        [
            try pair("binance A29", "kucoin A29", fee: nil, z: 2.7, points: 700, significance: 9),
            try pair("binance A29", "bybit A29", fee: 0.0022),
            try pair("binance BTC", "bybit BTC", z: -3.2, points: 100, significance: 4),
            try pair("binance BTC", "kucoin BTC", fee: 0.03, z: 0.5, points: 40, significance: 1),
            try pair("kucoin XBTC", "bybit XBTC", risks: .zeroSuspect),
        ]
    }

    private static func api(
        _ pairs: [ListedOpportunity], computedAt: Date? = now, beatAt: Date? = Date()
    ) -> DirectAPI {
        DirectAPI(
            SampleSpreads.market(Array(rates.values), at: now),
            SampleSpreads.picture(pairs, generation: 7, computedAt: computedAt, beatAt: beatAt), at: now)
    }

    private static func body(_ query: String) async throws -> JSONView {
        let response = try await api(try pairs()).get("/api/arbitrage/opportunities-v2?\(query)")
        #expect(response.status == 200)
        return try response.json
    }

    /// `ASSET long>short` of the rows.
    private static func names(_ body: JSONView) -> [String] {
        body["opportunities"]?.elements.map { row in
            let member = { (name: String) in row[name]?.string ?? "" }
            return "\(member("asset")) \(member("long_exchange"))>\(member("short_exchange"))"
        } ?? []
    }

    // MARK: - Numbers

    @Test func everyFigureFollowsFromTheTwoRates() async throws {
        let row = try #require(try await Self.body("assets=a29&exchanges=binance,KUCOIN")["opportunities"]?[0])
        let expected: [String: Double] = [
            "long_rate": -0.0019861059, "short_rate": 0.0018631051, "long_interval_hours": 8, "short_interval_hours": 4,
            "long_hourly_rate": -2.482632375e-4, "short_hourly_rate": 4.65776275e-4, "rate_spread": 0.003849211,
            "rate_spread_pct": 0.3849211, "rate_spread_8h": 0.0057123161, "net_spread_8h": 0.0057123161,
            "effective_hourly_spread": 7.140395125e-4, "apr_spread": 625.49861295, "sync_period_hours": 8,
            "long_sync_funding": -0.0019861059, "short_sync_funding": 0.0037262102, "sync_period_spread": 0.0057123161,
            "long_daily_funding": -0.0059583177, "short_daily_funding": 0.0111786306, "daily_spread": 0.0171369483,
            "weekly_spread": 0.1199586381, "monthly_spread": 0.514108449, "quarterly_spread": 1.542325347,
            "yearly_spread": 6.2549861295, "long_apr": -217.47859605, "short_apr": 408.0200169,
            "combined_open_interest": 7e6, "spread_zscore": 2.7, "spread_mean": 10, "spread_std_dev": 2,
            "spread_data_points": 700, "significance_score": 9, "holding_hours": 168,
        ]
        for (name, value) in expected {
            let found = try #require(row[name]?.double, "\(name)")
            #expect(abs(found - value) <= abs(value) * 1e-9, "\(name): \(found)")
        }
        #expect(row["arbitrage_type"]?.string == "opposite_sign" && row["is_significant"]?.bool == true)
        #expect(row["id"]?.string == "A29|Binance:A29USDT|KuCoin:A29USDT")
        #expect(row["confidence"]?.string == "very_high" && row["identity"]?.string == "proven")
        #expect(row["long_trading_url"]?.string == "https://example.com/A29USDT")
        #expect(row["net_apr"]?.isNull == true && row["break_even_hours"]?.isNull == true, "a fee is not known")
    }

    /// Long BTC at 0.0001, short at 0.002, both of 8 h: n = 0.0002375 an hour.
    @Test func netFiguresAreOfTheTimeThatIsAskedFor() async throws {
        let usual = try #require(try await Self.body("assets=BTC&exchanges=binance,bybit")["opportunities"]?[0])
        #expect(try #require(usual["net_return"]?.double).isNear(0.0002375 * 168 - 0.002))
        #expect(try #require(usual["net_apr"]?.double).isNear((0.0002375 * 168 - 0.002) / 168 * 876_000))
        #expect(try #require(usual["break_even_hours"]?.double).isNear(0.002 / 0.0002375))
        #expect(usual["break_even_settlements"]?.int == 2)
        let day = try await Self.body("assets=BTC&exchanges=binance,bybit&holding_hours=24")
        let row = try #require(day["opportunities"]?[0])
        #expect(row["holding_hours"]?.double == 24)
        #expect(try #require(row["net_return"]?.double).isNear(0.0002375 * 24 - 0.002))
        #expect(try #require(row["net_apr"]?.double).isNear((0.0002375 * 24 - 0.002) / 24 * 876_000))
        #expect(row["round_trip_fee"]?.double == 0.002 && day["parameters"]?["holding_hours"]?.double == 24)
    }

    @Test func statisticsAreOfAllThatFitAndNotOfThePage() async throws {
        let body = try await Self.body("page_size=1&min_spread=0")
        let statistics = try #require(body["statistics"])
        #expect(body["opportunities"]?.count == 1 && statistics["total_opportunities"]?.int == 4)
        #expect(statistics["significant_count"]?.int == 2 && statistics["contracts_analyzed"]?.int == 9)
        #expect(try #require(statistics["max_apr_spread"]?.double).isNear(625.49861295))
        #expect(try #require(statistics["max_hourly_spread"]?.double).isNear(7.140395125e-2))
        #expect(try #require(statistics["max_daily_spread"]?.double).isNear(1.71369483))
        #expect(try #require(statistics["max_spread"]?.double).isNear(0.3849211))
        let percents = [0.3849211, (0.0001 + 0.0019861059) * 100, 0.19, 0.12]
        #expect(try #require(statistics["average_spread"]?.double).isNear(percents.reduce(0, +) / 4))
    }

    // MARK: - Filters

    private static let filters: [(query: String, expected: [String])] = [
        ("", ["A29 Binance>KuCoin", "A29 Binance>ByBit", "BTC Binance>ByBit", "BTC Binance>KuCoin"]),
        ("min_spread=0.0025", ["A29 Binance>KuCoin", "A29 Binance>ByBit"]), ("min_spread=0.006", []),
        ("assets=btc", ["BTC Binance>ByBit", "BTC Binance>KuCoin"]),
        ("asset=A29,nothing&exchange=bybit", ["A29 Binance>ByBit"]),
        ("exchanges=kucoin", ["A29 Binance>KuCoin", "BTC Binance>KuCoin"]),
        ("exchanges=binance&exchanges=ByBit", ["A29 Binance>ByBit", "BTC Binance>ByBit"]),
        ("exchanges=bybit,kucoin", []),
        ("intervals=4", ["A29 Binance>KuCoin"]), ("intervals=1h,4h", ["A29 Binance>KuCoin", "A29 Binance>ByBit"]),
        ("min_apr=600", ["A29 Binance>KuCoin"]), ("max_apr_spread=150", ["BTC Binance>KuCoin"]),
        ("min_apr_spread=200&max_apr=400", ["A29 Binance>ByBit", "BTC Binance>ByBit"]),
        ("min_oi_either=5000000000", ["BTC Binance>ByBit", "BTC Binance>KuCoin"]),
        ("min_oi_both=1000000", ["A29 Binance>KuCoin", "BTC Binance>ByBit"]),
        ("min_oi_combined=8000000000", ["BTC Binance>ByBit", "BTC Binance>KuCoin"]),
        ("mode=opposite_sign", ["A29 Binance>KuCoin", "A29 Binance>ByBit"]), ("min_zscore=3", ["BTC Binance>ByBit"]),
        ("significant_only=true", ["A29 Binance>KuCoin", "BTC Binance>ByBit"]),
        ("min_confidence=high", ["A29 Binance>KuCoin", "BTC Binance>ByBit"]),
        ("min_net_apr=0", ["A29 Binance>ByBit", "BTC Binance>ByBit"]),
        ("min_net_apr=0&holding_hours=8", ["A29 Binance>ByBit"]),
        ("include_unranked=true&min_apr=500", ["A29 Binance>KuCoin", "XBTC KuCoin>ByBit"]),
    ]

    @Test(arguments: filters)
    func filtersLetThroughWhatTheyName(query: String, expected: [String]) async throws {
        let body = try await Self.body(query)
        #expect(Self.names(body) == expected)
        #expect(body["pagination"]?["total"]?.int == expected.count)
    }

    private static let orders: [(query: String, expected: [String])] = [
        (
            "sort_by=rate_spread",
            ["A29 Binance>KuCoin", "A29 Binance>ByBit", "BTC Binance>ByBit", "BTC Binance>KuCoin"]
        ),
        (
            "sort_by=spread_zscore",
            ["BTC Binance>ByBit", "A29 Binance>KuCoin", "BTC Binance>KuCoin", "A29 Binance>ByBit"]
        ),
        (
            "sort_by=spread_zscore&sort_dir=asc",
            ["BTC Binance>KuCoin", "A29 Binance>KuCoin", "BTC Binance>ByBit", "A29 Binance>ByBit"]
        ),
        (
            "sort_by=open_interest",
            ["BTC Binance>ByBit", "BTC Binance>KuCoin", "A29 Binance>KuCoin", "A29 Binance>ByBit"]
        ),
        ("sort_by=net_apr", ["A29 Binance>ByBit", "BTC Binance>ByBit", "BTC Binance>KuCoin", "A29 Binance>KuCoin"]),
        (
            "sort_by=break_even_hours&sort_order=asc",
            ["A29 Binance>ByBit", "BTC Binance>ByBit", "BTC Binance>KuCoin", "A29 Binance>KuCoin"]
        ),
        (
            "sort_by=daily_spread&sort_dir=asc",
            ["BTC Binance>KuCoin", "BTC Binance>ByBit", "A29 Binance>ByBit", "A29 Binance>KuCoin"]
        ),
    ]

    @Test(arguments: orders)
    func unknownValuesComeLastInEitherDirection(query: String, expected: [String]) async throws {
        #expect(Self.names(try await Self.body(query)) == expected)
    }

    @Test(arguments: [
        "page=0", "page_size=0", "page_size=501", "limit=501", "sort_by=luck", "sort_dir=up", "mode=some",
        "exchanges=ftx", "intervals=soon", "min_spread=x", "min_spread=-1", "min_apr=2&max_apr=1", "max_age_seconds=-1",
        "min_confidence=sure", "holding_hours=0", "holding_hours=90000", "significant_only=perhaps", "min_zscore=-1",
    ])
    func whatMakesNoSenseIsRefused(query: String) async throws {
        let response = try await Self.api([]).get("/api/arbitrage/opportunities-v2?\(query)")
        #expect(response.status == 422)
    }

    @Test func aPagePastTheEndIsTheLastOne() async throws {
        let body = try await Self.body("page=999&page_size=3")
        #expect(Self.names(body) == ["BTC Binance>KuCoin"])
        #expect(body["parameters"]?["page"]?.int == 999 && body["pagination"]?["page"]?.int == 2)
        #expect(body["pagination"]?["total_pages"]?.int == 2)
        #expect(try await Self.body("page_size=500")["pagination"]?["page_size"]?.int == 500)
    }

    @Test func withoutPairsThereAreNumbersAllTheSame() async throws {
        let api = Self.api([])
        for path in ["/api/arbitrage/opportunities-v2", "/api/arbitrage/opportunities"] {
            let body = try await api.get(path).json
            #expect(body["opportunities"]?.count == 0 && body["pagination"]?["page"]?.int == 1)
            #expect(body["statistics"]?["average_spread"]?.double == 0)
            let endpoint = try #require(api.routes.endpoints.first { $0.path == path })
            #expect(endpoint.faults(of: 200, body) == [])
        }
        #expect(try await DirectAPI(nil).get("/api/arbitrage/opportunities-v2").status == 503)
    }

    // MARK: - Age

    @Test func aScannerThatIsSilentIsToldOf() async throws {
        let then = Self.now.addingTimeInterval(-60)
        let body = try await Self.api(try Self.pairs(), computedAt: then, beatAt: then)
            .get("/api/arbitrage/opportunities-v2").json
        #expect(body["stale"]?.bool == true && body["scanner_running"]?.bool == false)
        #expect(body["computed_at"]?.string == Timestamp.text(then))
        let fresh = try await Self.body("")
        #expect(fresh["stale"]?.bool == false && fresh["generation"]?.int == 7)
        let never = try await Self.api([], computedAt: nil).get("/api/arbitrage/opportunities-v2").json
        #expect(never["stale"]?.bool == true && never["computed_at"]?.isNull == true)
    }

    /// The row says 0.0001, the market 0.0002 by now: what the row says was last true when it was written.
    @Test(arguments: [(30.0, false), (200, true)])
    func aRateThatHasMovedOnMakesItsPairsOld(seconds: TimeInterval, isStale: Bool) async throws {
        let now = Date()
        let (long, short) = (
            SampleSpreads.rate("binance", "BTC", 0.0001, at: now), SampleSpreads.rate("bybit", "BTC", 0.002, at: now)
        )
        var moved = long
        moved.fundingRate = 0.0002
        let api = DirectAPI(
            SampleSpreads.market([moved, short], at: now),
            SampleSpreads.picture(
                [SampleSpreads.listed(long, short)], computedAt: now.addingTimeInterval(-seconds)), at: now)
        let row = try #require(try await api.get("/api/arbitrage/opportunities-v2").json["opportunities"]?[0])
        let age = try #require(row["oldest_leg_age_seconds"]?.double)
        #expect(age >= seconds && age < seconds + 20)
        #expect(row["stale"]?.bool == isStale)
        let young = try await api.get("/api/arbitrage/opportunities-v2?max_age_seconds=25").json
        #expect(young["opportunities"]?.count == 0)
    }

    @Test func aPairIsAsOldAsItsOlderLeg() async throws {
        let now = Date()
        let long = SampleSpreads.rate("binance", "BTC", 0.0001, at: now.addingTimeInterval(-700))
        let short = SampleSpreads.rate("bybit", "BTC", 0.002, at: now)
        let api = DirectAPI(
            SampleSpreads.market([long, short], at: now),
            SampleSpreads.picture([SampleSpreads.listed(long, short)]), at: now)
        #expect(try await api.get("/api/arbitrage/opportunities-v2").json["opportunities"]?.count == 0)
        let old = try await api.get("/api/arbitrage/opportunities-v2?max_age_seconds=900").json
        #expect(old["opportunities"]?[0]?["stale"]?.bool == true)
    }

    // MARK: - Of the same pairs

    @Test func theOldListShowsTheBestPairOfTwoExchangesBySignificance() async throws {
        var other = try #require(Self.rates["bybit BTC"])
        other.contract.symbol = "BTCPERP"
        other.fundingRate = 0.0019
        other.id += 1
        let second = SampleSpreads.listed(try #require(Self.rates["binance BTC"]), other)
        let api = Self.api(try Self.pairs() + [second])
        let body = try await api.get("/api/arbitrage/opportunities").json
        #expect(
            Self.names(body) == ["A29 Binance>KuCoin", "BTC Binance>ByBit", "BTC Binance>KuCoin", "A29 Binance>ByBit"])
        #expect(body["opportunities"]?[1]?["short_contract"]?.string == "BTCUSDT", "the other pays less")
        let statistics = try #require(body["statistics"])
        #expect(statistics["total_opportunities"]?.int == 4 && statistics["extreme_count"]?.int == 1)
        #expect(statistics["most_common_long_exchange"]?.string == "Binance")
        #expect(statistics["most_common_short_exchange"]?.string == "ByBit" && statistics["with_statistics"]?.int == 3)
        #expect(try #require(statistics["avg_significance_score"]?.double).isNear(14.0 / 3))
        #expect(
            Self.names(try await api.get("/api/arbitrage/opportunities?top_n=1&page=2").json) == ["BTC Binance>ByBit"])
        for query in ["top_n=0", "top_n=101", "min_spread=x"] {
            #expect(try await api.get("/api/arbitrage/opportunities?\(query)").status == 422)
        }
    }

    private static let searches: [(query: String, expected: [String])] = [
        ("btc", ["BTC", "BTC5", "XBTC"]), ("BTC5", ["BTC5"]), ("29", ["A29"]), ("%", ["A%"]), ("A_", []),
        ("a", ["A29", "A%"]),
        ("only", []),
    ]

    @Test(arguments: searches)
    func assetsAreFoundByNameThenBeginningThenPart(wanted: String, expected: [String]) async throws {
        let query = wanted.replacing("%", with: "%25")
        let body = try await Self.api(try Self.pairs()).get("/api/arbitrage/assets/search?q=\(query)").json
        #expect(body["results"]?.elements.map { $0["symbol"]?.string } == expected)
        #expect(body["count"]?.int == expected.count && body["query"]?.string == wanted.uppercased())
    }

    @Test func anAssetsSpreadsAreThoseOfItsPairs() async throws {
        let api = Self.api(try Self.pairs())
        let asset = try #require(try await api.get("/api/arbitrage/assets/search?q=BTC&limit=1").json["results"]?[0])
        #expect(asset["exchanges"]?.int == 3 && asset["total_opportunities"]?.int == 2)
        #expect(try #require(asset["avg_spread_pct"]?.double).isNear((0.19 + 0.12) / 2))
        #expect(try #require(asset["max_spread_pct"]?.double).isNear(0.19))
        for query in ["", "?q=", "?q=%20", "?q=B&limit=0", "?q=B&limit=51"] {
            #expect(try await api.get("/api/arbitrage/assets/search\(query)").status == 422, "\(query)")
        }
    }

    @Test func aShareAndACoinOfOneTickerAreFoundApart() async throws {
        let coins = [("binance", 0.0001), ("bybit", 0.002)].map {
            SampleSpreads.rate(ExchangeID(rawValue: $0), "HOOD", $1, at: Self.now)
        }
        let shares = [("kucoin", 0.0001), ("mexc", 0.003)].map {
            SampleSpreads.rate(ExchangeID(rawValue: $0), "HOOD", $1, at: Self.now, market: .stock)
        }
        let api = DirectAPI(
            SampleSpreads.market(coins + shares, at: Self.now),
            SampleSpreads.picture([
                SampleSpreads.listed(coins[0], coins[1]), SampleSpreads.listed(shares[0], shares[1]),
            ]), at: Self.now)
        let found = try await api.get("/api/arbitrage/assets/search?q=hood").json["results"]?.elements.map { $0 } ?? []
        #expect(found.map { $0["symbol"]?.string } == ["HOOD", "HOOD (stock)"])
        #expect(found.map { $0["exchanges"]?.int } == [2, 2])
        #expect(found.map { $0["total_opportunities"]?.int } == [1, 1])
        let spreads = found.compactMap { $0["max_spread_pct"]?.double }
        #expect(spreads.count == 2 && spreads[0].isNear(0.19) && spreads[1].isNear(0.29))
        let pairs = try await api.get("/api/arbitrage/opportunities-v2?assets=hood%20(stock)").json
        #expect(pairs["opportunities"]?.elements.map { $0["market_type"]?.string } == ["stock"])
    }

    @Test func everyAnswerIsAsDeclared() async throws {
        let api = Self.api(try Self.pairs())
        for path in ["/api/arbitrage/opportunities-v2", "/api/arbitrage/opportunities", "/api/arbitrage/assets/search"]
        {
            let endpoint = try #require(api.routes.endpoints.first { $0.path == path })
            #expect(endpoint.faults(of: 200, try await api.get(path + "?q=B&include_unranked=1").json) == [])
        }
    }
}

extension Double {
    /// Whether it is the other, but for the last digits.
    func isNear(_ other: Double) -> Bool { abs(self - other) <= abs(other) * 1e-9 + 1e-15 }
}
