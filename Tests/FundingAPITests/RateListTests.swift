import Foundation
import FundingCore
import FundingJSON
import Testing
import WebServer

@testable import FundingAPI

struct RateListTests {
    private let now = Date()

    private var api: DirectAPI {
        let old = now.addingTimeInterval(-200)
        let dead = now.addingTimeInterval(-4000)
        return DirectAPI(
            Sample.market(
                (
                    Sample.feed(observedAt: now),
                    [
                        Sample.rate(
                            "BTCUSDT", rate: 0.0001, next: now.addingTimeInterval(-100), openInterestUSD: nil,
                            observedAt: now),
                        Sample.rate("ETHUSDT", rate: 0, openInterestUSD: 0, observedAt: now),
                        Sample.rate("OLDUSDT", rate: -0.0003, observedAt: old),
                        Sample.rate("DEADUSDT", rate: 0.9, observedAt: dead),
                        Sample.rate("GONEUSDT", rate: 0.9, observedAt: now, isActive: false),
                        Sample.rate("HOODUSDT", market: .stock, rate: 0.0002, openInterestUSD: 3, observedAt: now),
                    ]
                ),
                (
                    Sample.feed("hibachi", name: "Hibachi", observedAt: now),
                    [
                        Sample.rate(
                            "BTC/USDT-P", base: "BTC", feed: "hibachi", rate: 0.0004, every: .hourly,
                            isContinuous: true, observedAt: now)
                    ]
                )
            ),
            at: now
        )
    }

    private func symbols(_ target: String) async throws -> [String] {
        let response = try await api.get(target)
        #expect(response.status == 200, "\(target)")
        return try response.json.elements.compactMap { $0["symbol"]?.string }
    }

    @Test func whatIsSentUnderASecondNameMustMakeSenseToo() async throws {
        #expect(try await api.get("/api/funding-rates?limit=1&page_size=2").json.count == 1)
        let refused = try await api.get("/api/funding-rates?limit=1&page_size=99999")
        #expect(refused.status == 422)
        #expect(try refused.json["detail"]?[0]?["loc"]?[1]?.string == "page_size")
    }

    // MARK: Rows

    @Test func zeroIsZeroAndUnknownIsNull() async throws {
        let rows = try await api.get("/api/funding-rates?sort_by=symbol&sort_order=asc").json
        let eth = try #require(rows.elements.first { $0["symbol"]?.string == "ETHUSDT" })
        for member in ["funding_rate", "apr", "hourly_rate", "open_interest"] {
            #expect(eth[member]?.double == 0, "\(member)")
        }
        for member in ["index_price", "mean_30d", "current_z_score"] {
            #expect(eth[member]?.isNull == true, "\(member)")
        }
        let btc = try #require(rows.elements.first { $0["symbol"]?.string == "BTCUSDT" })
        for member in ["open_interest", "open_interest_raw", "open_interest_unit"] {
            #expect(btc[member]?.isNull == true, "\(member)")
        }
        let stock = try #require(rows.elements.first { $0["symbol"]?.string == "HOODUSDT" })
        #expect(stock["open_interest_raw"]?.double == 0.03)
        #expect(stock["open_interest_unit"]?.string == "base")
        #expect(btc["apr"]?.double == 10.95)
        #expect(btc["funding_interval_hours"]?.numberText == "8")
        #expect(btc["confidence"]?.string == "none")
    }

    @Test func theNextFundingTimeLiesAheadAndContinuousOnesHaveNone() async throws {
        let rows = try await api.get("/api/funding-rates?asset=btc").json
        let bybit = try #require(rows.elements.first { $0["exchange_id"]?.string == "bybit" })
        let next = try #require(bybit["next_funding_time"]?.string.flatMap(Timestamp.parse))
        #expect(abs(next.timeIntervalSince(now) - (8 * 3600 - 100)) < 1)
        let seconds = try #require(bybit["seconds_until_funding"]?.int)
        #expect((8 * 3600 - 110...8 * 3600 - 99).contains(seconds))
        let hibachi = try #require(rows.elements.first { $0["exchange_id"]?.string == "hibachi" })
        #expect(hibachi["next_funding_time"]?.isNull == true)
        #expect(hibachi["seconds_until_funding"]?.isNull == true)
        #expect(hibachi["continuous"]?.bool == true)
    }

    @Test func aRateWhosePaymentHasFallenDueIsOfAPeriodThatEnded() async throws {
        let rates = [
            Sample.rate("DUEUSDT", next: now.addingTimeInterval(-1), observedAt: now),
            Sample.rate("AHEADUSDT", next: now.addingTimeInterval(3600), observedAt: now),
            Sample.rate("UNSAIDUSDT", observedAt: now),
            Sample.rate("ALWAYSUSDT", isContinuous: true, next: now.addingTimeInterval(-1), observedAt: now),
        ]
        let api = DirectAPI(Sample.market((Sample.feed(observedAt: now), rates)), at: now)
        let ended = try await api.get("/api/funding-rates?fields=symbol,period_ended").json.elements.filter {
            $0["period_ended"]?.bool == true
        }
        #expect(ended.compactMap { $0["symbol"]?.string } == ["DUEUSDT"])
        for (asset, isEnded) in [("due", true), ("ahead", false), ("unsaid", false), ("always", false)] {
            let body = try await api.get("/api/current-funding/\(asset)").json
            #expect(body["period_ended"]?.bool == isEnded, "\(asset)")
            #expect(body["contracts"]?[0]?["period_ended"]?.bool == isEnded, "\(asset)")
        }
    }

    @Test func whatIsOldSaysSo() async throws {
        let row = try #require(try await api.get("/api/funding-rates?asset=OLD").json[0])
        #expect(row["stale"]?.bool == true)
        #expect((row["age_seconds"]?.double ?? 0) >= 200)
        #expect(row["last_updated"]?.string == Timestamp.text(now.addingTimeInterval(-200)))
    }

    @Test func everyMemberIsThereUnlessFewerAreAskedFor() async throws {
        let row = try #require(try await api.get("/api/funding-rates?limit=1").json[0])
        for field in RateField.allCases { #expect(row[field.rawValue] != nil, "\(field)") }
        let part = try #require(try await api.get("/api/funding-rates?fields=apr,symbol&limit=1").json[0])
        #expect(part.count == 2)
    }

    // MARK: Choosing

    @Test(arguments: [
        ("", ["BTC/USDT-P", "HOODUSDT", "BTCUSDT", "ETHUSDT", "OLDUSDT"]),
        ("sort_order=asc", ["OLDUSDT", "ETHUSDT", "BTCUSDT", "HOODUSDT", "BTC/USDT-P"]),
        ("sort_by=open_interest&exchange=ByBit", ["OLDUSDT", "HOODUSDT", "ETHUSDT", "BTCUSDT"]),
        ("sort_by=open_interest&sort_order=asc&exchange=bybit", ["ETHUSDT", "HOODUSDT", "OLDUSDT", "BTCUSDT"]),
        (
            "sort_by=symbol&sort_order=asc&exchange=HIBACHI,bybit&exchange=bybit&asset=btc",
            ["BTC/USDT-P", "BTCUSDT"]
        ),
        ("base_asset=eth,old&sort_by=symbol", ["OLDUSDT", "ETHUSDT"]),
        ("min_apr=0&max_apr=20", ["BTCUSDT", "ETHUSDT"].sorted()),
        ("search=usdt-", ["BTC/USDT-P"]),
        ("interval=1h", ["BTC/USDT-P"]),
        ("asset=HOOD%20(stock)", ["HOODUSDT"]),
        ("asset=DEAD&include_inactive=true", ["DEADUSDT"]),
        ("asset=GONE", []),
        ("asset=GONE&include_inactive=1", ["GONEUSDT"]),
        ("quote_asset=usdc", []),
        ("limit=2&offset=1", ["HOODUSDT", "BTCUSDT"]),
        ("limit=2&page=3", ["OLDUSDT"]),
        ("nonsense=1&limit=1", ["BTC/USDT-P"]),
    ])
    func chooses(query: String, expected: [String]) async throws {
        #expect(try await symbols("/api/funding-rates?\(query)") == expected)
    }

    @Test func thePartTellsOfTheWhole() async throws {
        let response = try await api.get("/api/funding-rates?limit=2&offset=2&asset=btc,eth,old,hood")
        #expect(response.header("X-Total-Count") == "5")
        let links = try #require(response.header("Link"))
        #expect(links.contains("limit=2&offset=4>; rel=\"next\""))
        #expect(links.contains("limit=2&offset=0>; rel=\"prev\""))
        #expect(links.contains("asset=btc%2Ceth%2Cold%2Chood&"))
        #expect(try await api.get("/api/funding-rates").header("Link") == nil)
    }

    @Test(arguments: [
        ("limit=0", "greater_than_equal", "limit"), ("limit=5001", "less_than_equal", "limit"),
        ("limit=ten", "int_parsing", "limit"), ("offset=-1", "greater_than_equal", "offset"),
        ("page=0", "greater_than_equal", "page"), ("min_apr=nan", "float_parsing", "min_apr"),
        ("max_apr=1e999", "float_parsing", "max_apr"), ("sort_by=price", "enum", "sort_by"),
        ("sort_order=up", "enum", "sort_order"), ("exchange=ftx", "value_error", "exchange"),
        ("interval=week", "value_error", "interval"), ("fields=secret", "value_error", "fields"),
        ("include_inactive=maybe", "bool_parsing", "include_inactive"),
        ("min_apr=2&max_apr=1", "value_error", "min_apr"), ("min_apr=1&min_apr=2", "value_error", "min_apr"),
    ])
    func refuses(query: String, type: String, parameter: String) async throws {
        let response = try await api.get("/api/funding-rates?\(query)")
        #expect(response.status == 422)
        let body = try response.json
        #expect(body["detail"]?[0]?["type"]?.string == type)
        #expect(body["detail"]?[0]?["loc"]?.elements.map { $0.string } == ["query", parameter])
        #expect(body["error"]?["code"]?.string == "validation_error")
        #expect(body["error"]?["request_id"]?.string == "direct")
    }

    @Test func allFaultsAreToldAtOnceAndKnownExchangesNamed() async throws {
        let body = try await api.get("/api/funding-rates?limit=x&exchange=ftx&sort_by=y").json
        #expect(body["detail"]?.count == 3)
        #expect(body["detail"]?.elements.contains { $0["msg"]?.string?.contains("bybit, hibachi") == true } == true)
    }

    // MARK: One asset

    @Test func contractsOfAnAssetComeFromAllExchanges() async throws {
        let body = try await api.get("/api/contracts-by-asset/btc").json
        #expect(body["asset"]?.string == "BTC")
        #expect(body["total"]?.int == 2)
        #expect(body["exchanges"]?.elements.map { $0.string } == ["ByBit", "Hibachi"])
        #expect(body["contracts"]?[0]?["symbol"]?.string == "BTC/USDT-P")
    }

    @Test func aListOfOneAssetDeclaresNoFilterOfAssets() async throws {
        let api = self.api
        let endpoint = try #require(api.routes.endpoints.first { $0.path == "/api/contracts-by-asset/{asset*}" })
        let names = endpoint.parameters(in: .query).flatMap { [$0.name] + $0.aliases }
        #expect(!names.contains("base_asset") && !names.contains("asset"))
        #expect(names.contains("quote_asset") && names.contains("exchange"))
        let tooLong = String(repeating: "x", count: 300)
        let response = try await api.get("/api/contracts-by-asset/btc?base_asset=\(tooLong)&asset=eth")
        #expect(try response.status == 200 && response.json["total"]?.int == 2)
    }

    /// A coin and a share of one ticker, the share's contracts the larger ones.
    private var twoKinds: DirectAPI {
        DirectAPI(
            Sample.market(
                (
                    Sample.feed(observedAt: now),
                    [
                        Sample.rate("XUSDT", isContinuous: true, openInterestUSD: 1, observedAt: now),
                        Sample.rate("XSTOCK", base: "X", market: .stock, openInterestUSD: 9, observedAt: now),
                        Sample.rate(
                            "XOLD", base: "X", market: .stock, openInterestUSD: 8, observedAt: now, isActive: false),
                    ]
                )
            )
        )
    }

    @Test(arguments: ["/api/contracts-by-asset", "/api/current-funding"])
    func kindsOfOneTickerAreListedApart(path: String) async throws {
        let api = twoKinds
        func listed(_ target: String) async throws -> [String?]? {
            try await api.get("\(path)/\(target)").json["contracts"]?.elements.map { $0["symbol"]?.string }
        }
        #expect(try await listed("x") == ["XUSDT"])
        #expect(try await listed("x?include_inactive=true") == ["XUSDT"])
        #expect(try await listed("X%20(stock)") == ["XSTOCK"])
        #expect(try await api.get("\(path)/X%20(index)").status == 404)
    }

    @Test func currentFundingSaysWhatPaysAllTheTimeAndIsOldInASecond() async throws {
        let coin = try await twoKinds.get("/api/current-funding/x")
        #expect(try coin.json["symbol"]?.string == "XUSDT" && coin.json["continuous"]?.bool == true)
        #expect(try coin.json["contracts"]?[0]?["continuous"]?.bool == true)
        #expect(try await twoKinds.get("/api/current-funding/x%20(stock)").json["continuous"]?.bool == false)
        #expect(coin.header("Cache-Control") == "max-age=1")
        let tag = try #require(coin.header("ETag"))
        let second = try #require(tag.split(separator: "-").last.flatMap { Int($0.dropLast()) })
        #expect(abs(second - Int(Date().timeIntervalSince1970)) < 60, "the tag is another in the next one")
    }

    @Test func currentFundingBeginsWithAFreshContract() async throws {
        let old = now.addingTimeInterval(-200)
        let rates = [
            Sample.rate("XUSDC", base: "X", openInterestUSD: 7, observedAt: now),
            Sample.rate("XUSDT", openInterestUSD: 8, observedAt: now),
            Sample.rate("XUSD", base: "X", openInterestUSD: 9, observedAt: old),
        ]
        let body = try await DirectAPI(Sample.market((Sample.feed(observedAt: now), rates)), at: now)
            .get("/api/current-funding/x").json
        #expect(body["symbol"]?.string == "XUSDT" && body["stale"]?.bool == false)
        #expect(body["contracts"]?.elements.compactMap { $0["symbol"]?.string } == ["XUSDT", "XUSDC", "XUSD"])
    }

    @Test func totalsCountAShareAndACoinAsTwo() async throws {
        #expect(try await twoKinds.get("/api").json["assets"]?.int == 2)
        #expect(try await twoKinds.get("/api/statistics").json["unique_assets"]?.int == 2)
        #expect(try await twoKinds.get("/api/assets").json.elements.compactMap { $0.string } == ["X", "X (stock)"])
    }

    @Test(arguments: [("nothing", 404), ("GONE", 200), ("btc?exchange=ftx", 422), ("btc?sort_by=x", 422)])
    func assetsAreKnownOrNot(target: String, status: Int) async throws {
        #expect(try await api.get("/api/contracts-by-asset/\(target)").status == status)
    }
}
