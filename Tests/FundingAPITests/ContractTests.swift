import Foundation
import FundingCore
import FundingJSON
import FundingStore
import PostgresDriver
import RedisDriver
import TestSupport
import Testing

@testable import FundingAPI

/// What clients are promised, endpoint by endpoint, by the API's own services on Postgres and Redis.
@Suite(
    .enabled(if: TemporaryDatabase.isAvailable, "FUNDING_TEST_DATABASE_URL is not set"),
    .enabled(if: TestRedis.isAvailable, "FUNDING_TEST_REDIS_URL is not set"),
    .timeLimit(.minutes(2))
)
struct ContractTests {
    @Test func everyGETAnswersInItsDeclaredShape() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            for endpoint in api.endpoints where endpoint.method == .get && endpoint.path != "/api/events" {
                let target = endpoint.exampleTarget()
                let answer = try await api.get(target)
                let declared = endpoint.answers.first { $0.status == answer.status }
                #expect(
                    answer.status == (["/docs", "/redoc"].contains(target) ? 307 : 200),
                    "\(target): \(String(decoding: answer.body.prefix(300), as: UTF8.self))")
                if declared?.schema != nil {
                    #expect(endpoint.faults(of: answer.status, try answer.json) == [], "\(target)")
                }
                let head = try await api.send("HEAD", target)
                #expect(head.status == answer.status && head.body.isEmpty, "HEAD \(target)")
                let wrong = try await api.send("DELETE", target)
                #expect(wrong.status == 405 && wrong.headers["allow"]?.contains("GET") == true, "DELETE \(target)")
            }
        }
    }

    // MARK: History

    @Test func historyIsSettledOnlyAndZeroIsZero() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let all = try await api.get("/api/historical/BTCUSDT?days=2").json
            let rows = all["data"]?.elements.map { $0 } ?? []
            // Six slots of Binance, and five of ByBit, which lacks one.
            #expect(all["data_points"]?.int == 11 && rows.count == 11)
            #expect(
                rows.map { $0["timestamp"]?.string ?? "" } == rows.map { $0["timestamp"]?.string ?? "" }.sorted(by: >))
            let binance = rows.filter { $0["exchange"]?.string == "Binance" }
            #expect(binance.allSatisfy { $0["funding_rate"]?.double == 0 && $0["apr"]?.double == 0 })
            #expect(binance.contains { $0["mark_price"]?.isNull == true })
            #expect(binance[0]["timestamp"]?.string == Timestamp.text(SampleTables.lastSlot))
            let one = try await api.get("/api/historical/BTCUSDT?days=2&exchange=BYBIT").json
            #expect(one["data_points"]?.int == 5)
            #expect(one["data"]?[0]?["apr"]?.double.map { abs($0 - 21.9) < 1e-9 } == true)
        }
    }

    @Test func pagesOfHistoryMeetWithoutAGapOrAnOverlap() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let target = "/api/historical-funding/BTCUSDT?exchange=*&limit=4"
            let whole = try await api.get("/api/historical-funding/BTCUSDT?exchange=*").json
            #expect(whole["truncated"]?.bool == false && whole["next_cursor"]?.isNull == true)
            var collected: [String] = []
            var cursor: String? = ""
            while let at = cursor {
                let page = try await api.get(target + (at.isEmpty ? "" : "&cursor=\(at)")).json
                collected += page["data"]?.elements.map { $0.excerpt } ?? []
                cursor = page["next_cursor"]?.string
                #expect(page["truncated"]?.bool == (cursor != nil))
            }
            #expect(collected == whole["data"]?.elements.map { $0.excerpt })
            #expect(collected.count == 19)
            // Numbers at the ends of what the processor knows, too.
            for cursor in ["-1y2p0ij32e8e8.0", "1y2p0ij32e8e7.1", "0.-1", "0.1y2p0ij32e8e7", "zz", "."] {
                let status = try await api.get("\(target)&cursor=\(cursor)").status
                #expect(status == (cursor == "0.1y2p0ij32e8e7" ? 200 : 422), "\(cursor)")
            }
        }
    }

    @Test func aRangeOfHistoryIsInclusiveAndBadTimesAreRefused() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let from = Timestamp.text(SampleTables.slot(-16))
            let to = Timestamp.text(SampleTables.slot(-8))
            let range = try await api.get("/api/historical-funding/BTCUSDT?start_time=\(from)&end_time=\(to)").json
            #expect(range["exchange"]?.string == "Binance")
            #expect(range["data"]?.elements.compactMap { $0["funding_time"]?.string } == [to, from])
            for query in [
                "start_time=yesterday", "start_time=", "start_time=\(to)&end_time=\(from)", "limit=-1", "exchange=ftx",
            ] {
                #expect(try await api.get("/api/historical-funding/BTCUSDT?\(query)").status == 422, "\(query)")
            }
        }
    }

    @Test func anAssetsContractsStandSideBySide() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let body = try await api.get("/api/historical-funding-by-asset/btc?timeRange=7D&interval=8h").json
            let keys = ["BTC/USDT-P", "BTCUSDT (Binance)", "BTCUSDT (ByBit)"]
            #expect(body["contracts"]?.elements.compactMap { $0.string } == keys)
            #expect(body["exchanges"]?.elements.compactMap { $0.string } == ["Binance", "ByBit", "Hibachi"])
            let rows = body["data"]?.elements.map { $0 } ?? []
            let last = try #require(rows.last)
            #expect(last["timestamp"]?.string == Timestamp.text(SampleTables.lastSlot))
            #expect(last["BTCUSDT (Binance)"]?.double == 0)
            #expect(last["BTCUSDT (ByBit)_apr"]?.double.map { abs($0 - 21.9) < 1e-9 } == true)
            // The payment that ByBit lacks lies a day back.
            let lacking = rows.first { $0["timestamp"]?.string == Timestamp.text(SampleTables.slot(-24)) }
            #expect(lacking?["BTCUSDT (ByBit)"]?.isNull == true && lacking?["BTCUSDT (Binance)"]?.double == 0)
            #expect(try await api.get("/api/historical-funding-by-asset/nothing").status == 404)
            // `days` goes before, and what it goes before must make sense all the same.
            let ranges = "/api/historical-funding-by-asset/btc?days=2&timeRange="
            #expect(try await api.get(ranges + "7D").status == 200)
            #expect(try await api.get(ranges + "soon").status == 422)
        }
    }

    @Test func hourlyPaymentsAreAddedUpInBuckets() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let body = try await api.get("/api/historical-funding-by-asset/ETH?days=2&interval=8h&include_live=true")
                .json
            let series = try #require(body["series"]?[0])
            let end = SampleTables.lastSlot.timeIntervalSince1970 * 1000
            let last = series["points"]?.elements.first { $0[0]?.double == end }
            #expect(last?[1]?.double.map { abs($0 - 8 * 0.0003) < 1e-12 } == true)
            #expect(last?[2]?.double.map { abs($0 - 0.0003 * 876_000) < 1e-6 } == true)
            #expect(series["live"]?["rate"]?.double == 0)
        }
    }

    @Test func bucketsAreWholeAndNoneLiesAhead() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let body = try await api.get("/api/historical-funding-by-asset/ETH?days=2&interval=8h").json
            let points = body["series"]?[0]?["points"]?.elements.map { $0 } ?? []
            let ends = (-5...0).map { SampleTables.slot(Double($0) * 8).timeIntervalSince1970 * 1000 }
            #expect(points.compactMap { $0[0]?.double } == ends)
            #expect(points.allSatisfy { $0[1]?.double?.isNear(8 * 0.0003) == true })
            #expect(body["data_points"]?.int == 6)
        }
    }

    @Test func aPredictedRateIsToldWithItsTimeThoughNothingWasPaid() async throws {
        try await RunningAPI.withSampleTables { api, database in
            try await database.withPool { pool in
                _ = try await pool.query("DELETE FROM funding_rates_historical WHERE contract_id = 3")
            }
            let target = "/api/historical-funding-by-asset/ETH?days=2"
            #expect(try await api.get(target).json["series"]?.count == 0)
            let body = try await api.get(target + "&include_live=true").json
            #expect(body["contracts"]?.elements.compactMap { $0.string } == ["ETHUSDT"])
            #expect(body["data_points"]?.int == 0 && body["series"]?[0]?["points"]?.count == 0)
            let live = try #require(body["series"]?[0]?["live"])
            let seen = try #require(live["timestamp"]?.string.flatMap(Timestamp.parse))
            #expect(abs(seen.timeIntervalSinceNow) < 60)
            #expect(live["funding_rate_kind"]?.string == "predicted" && live["rate"]?.double == 0)
            let endpoint = try #require(
                api.endpoints.first { $0.path == "/api/historical-funding-by-asset/{asset*}" })
            #expect(endpoint.faults(of: 200, body) == [])
        }
    }

    @Test func aShareAndACoinOfOneTickerHaveHistoriesOfTheirOwn() async throws {
        try await RunningAPI.withSampleTables { api, database in
            try await database.withPool { pool in
                _ = try await pool.query(
                    "UPDATE contract_metadata SET base_asset = 'BTC', market_type = 'stock' WHERE id = 6")
            }
            let coin = try await api.get("/api/historical-funding-by-asset/BTC").json
            #expect(coin["contracts"]?.count == 3 && coin["exchanges"]?.count == 3)
            let share = try await api.get("/api/historical-funding-by-asset/btc%20(stock)").json
            #expect(share["contracts"]?.elements.compactMap { $0.string } == ["GONEUSDT"])
            #expect(try await api.get("/api/historical-funding-by-asset/BTC%20(index)").status == 404)
        }
    }

    @Test func aContractsHistoryBeginsWithTheLiveRowAndComesAsCSVToo() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let target = "/api/historical-funding-by-contract/binance/BTCUSDT?days=1"
            let body = try await api.get(target).json
            #expect(body["exchange"]?.string == "Binance" && body["base_asset"]?.string == "BTC")
            #expect(body["data"]?[0]?["kind"]?.string == "live")
            #expect(body["data"]?[0]?["open_interest"]?.double == 1e6)
            #expect(body["data"]?[1]?["kind"]?.string == "settled")
            #expect(body["data"]?[1]?["open_interest"]?.isNull == true)
            let settled = try await api.get(target + "&include_live=false").json
            #expect(settled["data"]?[0]?["kind"]?.string == "settled")
            let csv = try await api.get(target + "&format=csv&include_live=false")
            #expect(csv.headers["content-type"]?.hasPrefix("text/csv") == true)
            #expect(csv.headers["content-disposition"] == "attachment; filename=\"binance-BTCUSDT-1d.csv\"")
            let lines = String(decoding: csv.body, as: UTF8.self).components(separatedBy: "\r\n")
            #expect(lines[0].hasPrefix("exchange,symbol,timestamp,funding_rate"))
            #expect(lines[1] == "Binance,BTCUSDT,\(Timestamp.text(SampleTables.lastSlot)),0,0,8,100,,settled")
        }
    }

    @Test func aContractIsToldWithItsTermsAndWhatOfItsHistoryIsThere() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let endpoint = try #require(api.endpoints.first { $0.path == "/api/contracts/{exchange}/{symbol*}" })
            let eth = try await api.get("/api/contracts/bybit/ETHUSDT").json
            #expect(eth["terms"]?.elements.map { $0["change"]?["after"]?["funding_interval_hours"]?.double } == [8, 1])
            #expect(eth["terms"]?[1]?["change"]?["before"]?["funding_interval_hours"]?.double == 8)
            #expect(endpoint.faults(of: 200, eth) == [])
            let btc = try await api.get("/api/contracts/bybit/BTCUSDT").json
            #expect(btc["funding_rate"]?.double == 0.0002 && btc["terms"]?.count == 1)
            let gaps = try #require(btc["completeness"]?["gaps"]).elements
            let missing = Timestamp.text(SampleTables.lastSlot.addingTimeInterval(-24 * 3600))
            #expect(gaps.contains { $0["start"]?.string == missing && $0["missing_points"]?.int == 1 })
            #expect(btc["completeness"]?["actual_points"]?.int == 9)
            #expect(endpoint.faults(of: 200, btc) == [])
        }
    }

    @Test func aRateThatIsFixedIsNotCalledPredicted() async throws {
        try await TemporaryDatabase.with { database in
            try await SampleTables.fill(database)
            try await database.run("UPDATE exchange_health SET rate_kind = 'fixed' WHERE feed = 'bybit'")
            try await RunningAPI.with(database) { api in
                try await eventually { try await api.get("/ready").status == 200 }
                let rates = try await api.get("/api/funding-rates").json.elements
                #expect(rates.count == 5)
                for rate in rates {
                    let isFixed = rate["exchange"]?.string == "ByBit"
                    #expect(rate["funding_rate_kind"]?.string == (isFixed ? "fixed" : "predicted"))
                }
                for target in [
                    "/api/explain/bybit/ETHUSDT", "/api/contracts/bybit/ETHUSDT", "/api/current-funding/ETH",
                ] {
                    #expect(try await api.get(target).json["funding_rate_kind"]?.string == "fixed", "\(target)")
                }
                let history = try await api.get("/api/historical-funding-by-asset/ETH?include_live=true").json
                #expect(history["series"]?[0]?["live"]?["funding_rate_kind"]?.string == "fixed")
            }
        }
    }

    /// As while exchanges are out of reach and their payments are fetched all the same.
    @Test func whatHasNotBeenSeenForLongIsKnownButNotLive() async throws {
        try await TemporaryDatabase.with { database in
            try await SampleTables.fill(database)
            try await database.run(
                "UPDATE exchange_data SET observed_at = now() - interval '2 hours'",
                "UPDATE exchange_health SET observed_at = now() - interval '2 hours'")
            try await RunningAPI.with(database) { api in
                try await eventually { try await api.get("/ready").status == 200 }
                let history = try await api.get("/api/historical-funding-by-contract/binance/BTCUSDT?days=1").json
                #expect(history["data"]?[0]?["kind"]?.string == "settled")
                let byAsset = "/api/historical-funding-by-asset/BTC?days=1&include_live=true"
                let series = try await api.get(byAsset).json["series"]?.elements.map { $0 } ?? []
                #expect(series.count == 3)
                #expect(series.allSatisfy { $0["live"]?.isNull == true && $0["points"]?.count != 0 })
                let coming = try await api.get("/api/current-funding/btc")
                #expect(coming.status == 200)
                #expect(try coming.json["stale"]?.bool == true && coming.json["contracts"]?.count == 0)
                #expect(try await api.get("/api/current-funding/gone").status == 404, "delisted")
                for path in ["/api/assets", "/api/top-apr/500", "/api/group-by-asset"] {
                    #expect(try await api.get(path).json.count == 0, "\(path)")
                }
                let assets = try await api.get("/api/assets?include_inactive=true").json
                #expect(assets.elements.compactMap { $0.string } == ["BTC", "ETH", "GONE", "WIF"])
                #expect(try await api.get("/api/top-apr/500?include_inactive=true").json.count == 6)
                #expect(try await api.get("/api/group-by-asset?include_inactive=true").json.count == 4)
                let scored = "/api/contracts-with-zscores?include_inactive="
                #expect(try await api.get(scored + "false").json["total"]?.int == 0)
                #expect(try await api.get(scored + "true").json["total"]?.int == 6)
                let extremes = "/api/statistics/extreme-values?include_inactive="
                #expect(try await api.get(extremes + "false").json["highest_positive"]?.count == 0)
                #expect(try #require(await api.get(extremes + "true").json["highest_positive"]?.count) > 0)
            }
        }
    }

    @Test(arguments: ["hibachi/BTC/USDT-P", "hibachi/BTC%2FUSDT-P", "Hibachi/BTC/USDT-P"])
    func symbolsMayHoldASlash(path: String) async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let body = try await api.get("/api/historical-funding-by-contract/\(path)").json
            #expect(body["symbol"]?.string == "BTC/USDT-P")
            #expect(try await api.get("/api/contracts/\(path)").json["symbol"]?.string == "BTC/USDT-P")
            #expect(try await api.get("/api/contract-terms/\(path)").json["terms"]?.count == 1)
        }
    }

    @Test func symbolsMayHoldACommaAndUnknownOnesAreNotFound() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let path = "dydx/WIF,RAYDIUM-USD"
            #expect(try await api.get("/api/historical-funding-by-contract/\(path)").status == 200)
            #expect(try await api.get("/api/contracts/\(path)").json["exchange"]?.string == "dYdX")
            let sparkline = try await api.get("/api/funding-sparkline/WIF,RAYDIUM-USD?exchange=dydx").json
            #expect(try #require(sparkline["data_points"]?.int) > 0)
            #expect(try await api.get("/api/contracts/dydx/NOPE").status == 404)
            #expect(try await api.get("/api/historical/NOPE").status == 404)
            let unknown = try await api.get("/api/contracts/ftx/BTCUSDT")
            #expect(unknown.status == 422)
            #expect(try unknown.json["detail"]?[0]?["msg"]?.string?.contains("binance, bybit, dydx, hibachi") == true)
        }
    }

    // MARK: The market

    @Test func aListOfRatesIsTaggedAndMayBeUsedAgainForSeconds() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let list = try await api.get("/api/funding-rates?limit=3")
            #expect(list.headers["cache-control"] == "max-age=5" && list.headers["x-total-count"] == "5")
            #expect(list.headers["etag"]?.hasPrefix("W/\"") == true)
        }
    }

    @Test func currentFundingIsOfTheLargestContractUnlessSaidOtherwise() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let body = try await api.get("/api/current-funding/btc").json
            #expect(body["exchange"]?.string == "Hibachi" && body["contracts"]?.count == 3)
            #expect(try await api.get("/api/current-funding/BTC?exchange=bybit").json["exchange"]?.string == "ByBit")
            let unknown = try await api.get("/api/current-funding/nothing")
            #expect(unknown.status == 404)
            #expect(try unknown.json["asset"]?.string == "NOTHING")
            #expect(try unknown.json["error"]?["code"]?.string == "not_found")
        }
    }

    @Test func theMarketsNumbersAgree() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let statistics = try await api.get("/api/statistics").json
            #expect(statistics["total_contracts"]?.int == 5)
            #expect(statistics["inactive_contracts"]?.int == 1)
            #expect(statistics["total_open_interest"]?.double == 15e6)
            #expect(statistics["contracts_by_exchange"]?["ByBit"]?.int == 2)
            #expect(statistics["highest_symbol"]?.string == "WIF,RAYDIUM-USD")
            #expect(statistics["lowest_apr"]?.double == 0)
            let top = try await api.get("/api/top-apr/2").json
            #expect(top.count == 2 && top[0]?["symbol"]?.string == "WIF,RAYDIUM-USD")
            #expect(try await api.get("/api/top-apr/1?order=asc").json[0]?["symbol"]?.string == "ETHUSDT")
            for limit in ["0", "501", "-3", "x"] { #expect(try await api.get("/api/top-apr/\(limit)").status == 422) }
            let groups = try await api.get("/api/group-by-asset")
            #expect(try groups.json.elements.compactMap { $0["base_asset"]?.string } == ["WIF", "BTC", "ETH"])
            #expect(groups.headers["x-total-count"] == "3")
            #expect(try await api.get("/api/group-by-asset?limit=1&offset=1").json[0]?["base_asset"]?.string == "BTC")
            #expect(try await api.get("/api/assets").json.elements.compactMap { $0.string } == ["BTC", "ETH", "WIF"])
            #expect(try await api.get("/api/assets?details=true").json["total"]?.int == 3)
            try await eventually {
                try await api.get("/api/exchanges/bybit").json["health_score"]?.double == 100
            }
            let details = try await api.get("/api/exchanges?details=true").json
            let exchanges = try #require(details["exchanges"])
            let scores = Dictionary(exchanges.elements.map { ($0["id"]?.string ?? "", $0["health_score"]?.double) }) {
                $1
            }
            #expect(scores == ["binance": 100, "bybit": 100, "dydx": 0, "hibachi": nil])
            #expect(try await api.get("/api/exchanges/dydx").json["health_score"]?.double == 0)
        }
    }

    @Test func aRateIsExplainedWithItsNumbers() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let body = try await api.get("/api/explain/bybit/ETHUSDT").json
            let apr = try #require(body["formulas"]?.elements.first { $0["name"]?.string == "apr" })
            #expect(apr["numbers"]?.string == "0.0 * 8760 / 1.0 * 100" && apr["result"]?.double == 0)
            #expect(body["latest_settlements"]?.count == 3 && body["terms"]?.count == 2)
            #expect(body["checks"]?.elements.allSatisfy { $0["passed"]?.bool == true } == true)
            let dydx = try await api.get("/api/explain/dydx/WIF,RAYDIUM-USD").json
            let failed = dydx["checks"]?.elements.filter { $0["passed"]?.bool == false }.compactMap {
                $0["check"]?.string
            }
            #expect(failed == ["the feed's polls succeed"])
            #expect(try await api.get("/api/explain/dydx/NOPE").status == 404)
        }
    }

    @Test func anExplanationQuotesTheExchange() async throws {
        let redis = RedisConnection(try TestRedis.configuration(), name: "explain-tests")
        try await redis.waitUntilConnected(timeout: .seconds(10))
        let said = RawExcerpt(
            request: "tickers", receivedAt: Sample.start, text: #"{"symbol":"ETHUSDT","fundingRate":"0"}"#)
        try await RawExcerptStore(redis).keep(["ETHUSDT": [said]], of: "bybit", isComplete: true)
        try await RunningAPI.withSampleTables { api, _ in
            let raw = try await api.get("/api/explain/bybit/ETHUSDT").json["raw"]
            #expect(raw?.count == 1 && raw?[0]?["request"]?.string == "tickers")
            #expect(raw?[0]?["text"]?.string == said.text)
            #expect(try await api.get("/api/explain/dydx/WIF,RAYDIUM-USD").json["raw"]?.isNull == true)
        }
        _ = try await redis.send(["DEL", "funding:raw:bybit"])
        await redis.close()
    }

    @Test func changedTermsAreTold() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let terms = try await api.get("/api/contract-terms/bybit/ETHUSDT").json["terms"]
            #expect(terms?.count == 2)
            #expect(terms?[0]?["change"]?["kinds"]?[0]?.string == "listed")
            #expect(terms?[1]?["change"]?["kinds"]?[0]?.string == "interval")
            #expect(terms?[1]?["change"]?["before"]?["funding_interval_hours"]?.double == 8)
            let changes = try await api.get("/api/contract-changes").json["changes"]
            #expect(changes?.elements.compactMap { $0["exchange"]?.string }.sorted() == ["ByBit", "dYdX"])
            #expect(try await api.get("/api/contract-changes?exchange=dydx").json["changes"]?.count == 1)
        }
    }

    // MARK: Health

    @Test func howPollsWentIsToldAsItWas() async throws {
        try await RunningAPI.withSampleTables { api, database in
            let body = try await api.get("/api/health/collection-metrics").json
            #expect(body["collection_summary"]?["batch_id"]?.string == "b2")
            #expect(body["collection_summary"]?["successful_exchanges"]?.int == 2)
            #expect(body["collection_summary"]?["failed_exchanges"]?.int == 1)
            #expect(body["collection_summary"]?["total_contracts"]?.int == 4)
            let names = body["exchange_breakdown"]?.elements.compactMap { $0["name"]?.string }
            #expect(names == ["Binance", "ByBit", "dYdX"])
            #expect(body["exchange_breakdown"]?[2]?["status"]?.string == "error")
            #expect(body["performance_insights"]?["fastest_exchange"]?["name"]?.string == "ByBit")
            #expect(body["performance_insights"]?["slow_exchanges_count"]?.int == 1)
            #expect(body["exchange_breakdown"]?.elements.map { $0["partial"]?.bool } == [false, false, false])
            // For a second the last answer stands.
            try await database.withPool { pool in
                _ = try await pool.query("UPDATE collection_cycles SET outcome = 'partial' WHERE feed = 'binance-usdm'")
            }
            try await eventually {
                let binance = try await api.get("/api/health/collection-metrics").json["exchange_breakdown"]?[0]
                return binance?["status"]?.string == "success" && binance?["partial"]?.bool == true
            }
            try await database.withPool { _ = try await $0.query("DELETE FROM collection_cycles") }
            try await eventually { try await api.get("/api/health/collection-metrics").status == 404 }
            let missing = try await api.get("/api/health/collection-metrics")
            #expect(try missing.json["status"]?.string == "not_available")
        }
    }

    @Test func whatHealthAsksPostgresForIsReadOnceASecond() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            for path in ["/api/health/performance", "/api/health/collection-metrics"] {
                let start = ContinuousClock.now
                var bodies: Set<[UInt8]> = []
                for _ in 0..<20 { bodies.insert(try await api.get(path).body) }
                #expect(bodies.count <= 2 + Int((ContinuousClock.now - start) / .seconds(1)), "\(path)")
            }
            let cache = try await api.get("/api/health/performance").json["cache_stats"]
            #expect(cache?["oldest_entry"]?.isNull == true)
        }
    }

    @Test func requestsAreMeasuredByRoute() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            for _ in 0..<3 { _ = try await api.get("/api/contracts/bybit/ETHUSDT") }
            let metrics = try await api.get("/api/health/performance").json["performance_metrics"]?["metrics"]
            #expect(metrics?["GET /api/contracts/{exchange}/{symbol}"]?["count"]?.int == 3)
            #expect(metrics?["GET /api/contracts/{exchange}/{symbol}"]?["p99_ms"]?.double != nil)
            let text = String(decoding: try await api.get("/metrics").body, as: UTF8.self)
            #expect(
                text.contains(
                    #"http_requests_total{method="GET",route="/api/contracts/{exchange}/{symbol}",code="2xx"} 3"#))
            #expect(text.contains(#"funding_exchange_contracts{exchange="bybit"} 2"#))
            #expect(!text.contains("ETHUSDT"))
        }
    }

    // MARK: Exports

    @Test func exportsAreWholeAndSafeToOpen() async throws {
        try await RunningAPI.withSampleTables { api, database in
            try await database.withPool { pool in
                try await pool.query("UPDATE contract_metadata SET base_asset = '=cmd()' WHERE id = 5")
            }
            let history = try await api.get("/api/export/history.csv?days=5")
            let lines = String(decoding: history.body, as: UTF8.self).components(separatedBy: "\r\n").dropLast()
            let count = try await database.count("SELECT count(*) AS count FROM funding_rates_historical")
            #expect(lines.count == count + 1)
            #expect(lines.contains { $0.hasPrefix(#"dYdX,"WIF,RAYDIUM-USD",'=cmd(),"#) })
            let rates = String(decoding: try await api.get("/api/export/rates.csv?exchange=bybit").body, as: UTF8.self)
            #expect(rates.components(separatedBy: "\r\n").count == 4)
        }
    }

    // MARK: The cache

    @Test func answersAreKeptAndTheCacheDropsItsOwnOnly() async throws {
        try await RunningAPI.withSampleTables { api, database in
            let target = "/api/historical/ETHUSDT?days=1"
            let first = try await api.get(target)
            try await database.withPool { _ = try await $0.query("DELETE FROM funding_rates_historical") }
            let again = try await api.get(target + "&unknown=1")
            #expect(again.body == first.body && again.headers["etag"] == first.headers["etag"])
            let unchanged = try await api.get(target, headers: ["If-None-Match: \(first.headers["etag"] ?? "")"])
            #expect(unchanged.status == 304)
            let stats = try await api.get("/api/health/cache").json
            #expect(stats["type"]?.string == "Redis" && stats["metrics"]?["hits"]?.int == 2)
            let cleared = try await api.send("POST", "/api/cache/clear").json
            #expect(cleared["message"]?.string == "Redis cache cleared successfully")
            #expect(try await api.get(target).json["data_points"]?.int == 0)
        }
    }
}

extension TemporaryDatabase {
    /// The one number that a query tells.
    func count(_ query: PostgresQuery) async throws -> Int {
        var count = 0
        try await withPool { count = try await $0.query(query)[0].decode("count") }
        return count
    }
}
