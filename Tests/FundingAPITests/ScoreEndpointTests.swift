import Foundation
import FundingCore
import FundingJSON
import PostgresDriver
import TestSupport
import Testing

@testable import FundingAPI

/// Where rates stand among their last 30 days, wherever the API tells of it.
@Suite(
    .enabled(if: TemporaryDatabase.isAvailable, "FUNDING_TEST_DATABASE_URL is not set"),
    .enabled(if: TestRedis.isAvailable, "FUNDING_TEST_REDIS_URL is not set"),
    .timeLimit(.minutes(2))
)
struct ScoreEndpointTests {
    // MARK: Rates

    @Test func aRateStandsWhereTheScannerPutItAndZeroIsZero() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let binance = try await api.get("/api/contracts/binance/BTCUSDT").json
            #expect(binance["mean_30d"]?.double == 0.0002 && binance["std_dev_30d"]?.double == 0.0002)
            #expect(binance["mean_30d_apr"]?.double.map { abs($0 - 21.9) < 1e-9 } == true)
            #expect(binance["std_dev_30d_apr"]?.double.map { abs($0 - 21.9) < 1e-9 } == true)
            #expect(binance["current_z_score"]?.double == -0.5 && binance["current_percentile"]?.double == 30.5)
            #expect(binance["current_percentile_apr"]?.double == 30.5 && binance["confidence"]?.string == "high")
            let eth = try await api.get("/api/contracts-by-asset/ETH").json["contracts"]?[0]
            for field in ["current_z_score", "current_percentile", "mean_30d", "mean_30d_apr"] {
                #expect(eth?[field]?.double == 0, "\(field)")
            }
            // Too few payments, and no statistics at all, look alike here.
            for target in ["/api/contracts/hibachi/BTC/USDT-P", "/api/contracts/dydx/WIF,RAYDIUM-USD"] {
                let row = try await api.get(target).json
                #expect(row["current_z_score"]?.isNull == true && row["std_dev_30d_apr"]?.isNull == true)
                #expect(row["current_percentile"]?.isNull == true && row["confidence"]?.string == "none")
            }
        }
    }

    @Test func ratesAreSortedByZScoreWithTheUnknownLast() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            for (direction, expected) in [("desc", [2.5, 0, -0.5]), ("asc", [-0.5, 0, 2.5])] {
                let rows = try await api.get("/api/funding-rates?sort_by=z_score&sort_order=\(direction)").json
                #expect(rows.count == 5)
                #expect(rows.elements.prefix(3).map { $0["current_z_score"]?.double } == expected)
            }
        }
    }

    @Test func theGridAndTheExportTellTheSame() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let grid = try await api.get("/api/funding-rates-grid").json["data"]?.elements.map { $0 } ?? []
            let btc = try #require(grid.first { $0["asset"]?.string == "BTC" }?["exchanges"])
            #expect(btc["ByBit"]?["z_score"]?.double == 2.5 && btc["ByBit"]?["mean_30d"]?.double == 0)
            #expect(btc["ByBit"]?["percentile"]?.double == 100 && btc["ByBit"]?["confidence"]?.string == "medium")
            #expect(btc["Hibachi"]?["z_score"]?.isNull == true && btc["Hibachi"]?["confidence"]?.string == "none")
            let text = String(decoding: try await api.get("/api/export/rates.csv?exchange=bybit").body, as: UTF8.self)
            let lines = text.components(separatedBy: "\r\n")
            let names = "is_active,z_score,percentile,mean_30d,std_dev_30d,mean_30d_apr,std_dev_30d_apr,confidence"
            #expect(lines[0].hasSuffix(names))
            let cells = lines[1].components(separatedBy: ",").suffix(7)
            #expect(cells.last == "medium")
            let numbers = cells.dropLast().compactMap { Double($0) }
            let expected = [2.5, 100, 0, 0.00008, 0, 8.76]
            #expect(numbers.count == 6 && zip(numbers, expected).allSatisfy { abs($0 - $1) < 1e-9 }, "\(lines[1])")
        }
    }

    @Test func aPairsLegsStandWhereTheirRatesDo() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let pairs = try await api.get("/api/arbitrage/opportunities-v2?min_spread=0").json["opportunities"]
            let known = try #require(Self.pair("Binance", "ByBit", in: pairs))
            #expect(known["long_zscore"]?.double == -0.5 && known["long_percentile"]?.double == 30.5)
            #expect(known["short_zscore"]?.double == 2.5 && known["short_percentile"]?.double == 100)
            let unknown = try #require(Self.pair("Binance", "Hibachi", in: pairs))
            #expect(unknown["short_zscore"]?.isNull == true)
        }
    }

    private static func pair(_ long: String, _ short: String, in pairs: JSONView?) -> JSONView? {
        pairs?.elements.first { $0["long_exchange"]?.string == long && $0["short_exchange"]?.string == short }
    }

    // MARK: Summaries

    @Test func theSummaryCountsWhatIsThere() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let body = try await api.get("/api/statistics/summary").json
            #expect(body["total_contracts"]?.int == 5 && body["total_exchanges"]?.int == 4)
            #expect(body["unique_assets"]?.int == 3)
            let overall = try #require(body["overall"])
            #expect(overall["contracts_with_zscore"]?.int == 3)
            #expect(overall["contracts_with_zscore_percentage"]?.double == 60)
            #expect(overall["mean_abs_zscore"]?.double == 1 && overall["max_abs_zscore"]?.double == 2.5)
            #expect(overall["extreme_count"]?.int == 1 && overall["high_confidence_contracts"]?.int == 2)
            let confidences = overall["confidence_breakdown"]?.members.map { ($0.key, $0.value.int ?? -1) } ?? []
            #expect(confidences.map(\.1) == [1, 1, 1, 0, 2])
            let bybit = body["exchange_breakdown"]?.elements.first { $0["exchange"]?.string == "ByBit" }
            #expect(bybit?["contracts"]?.int == 2 && bybit?["extreme_count"]?.int == 1)
            #expect(bybit?["mean_abs_zscore"]?.double == 1.25 && bybit?["avg_completeness"]?.double == 75)
            let dydx = body["exchange_breakdown"]?.elements.first { $0["exchange"]?.string == "dYdX" }
            #expect(dydx?["mean_abs_zscore"]?.isNull == true && dydx?["avg_completeness"]?.isNull == true)
        }
    }

    @Test func theDistributionHoldsEveryScoreOnce() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let body = try await api.get("/api/zscore-summary").json
            let bins = body["distribution"]?.elements.map { $0 } ?? []
            #expect(bins.count == 18 && bins.reduce(0) { $0 + ($1["count"]?.int ?? 0) } == 3)
            #expect(bins[0]["from"]?.isNull == true && bins[0]["to"]?.double == -4)
            #expect(bins[17]["from"]?.double == 4 && bins[17]["to"]?.isNull == true)
            let filled = bins.filter { $0["count"]?.int == 1 }.map { $0["from"]?.double }
            #expect(filled == [-0.5, 0, 2.5])
            #expect(body["zones"]?["active"]?.int == 1 && body["zones"]?["stable"]?.int == 3)
            #expect(body["duration_ms"]?.double == 12.5)
            #expect(body["last_run"]?.string.flatMap(Timestamp.parse) != nil)
        }
    }

    @Test func whatIsExtremeIsListedTheFarthestFirst() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let usual = try await api.get("/api/statistics/extreme-values").json
            #expect(usual["count"]?.int == 1 && usual["threshold"]?.double == 2)
            #expect(usual["extreme_contracts"]?[0]?["contract"]?.string == "BTCUSDT")
            #expect(usual["extreme_contracts"]?[0]?["z_score_apr"]?.double == 2.5)
            let all = try await api.get("/api/statistics/extreme-values?min_abs_zscore=0&limit=2").json
            #expect(all["count"]?.int == 3 && all["extreme_contracts"]?.count == 2)
            #expect(all["extreme_contracts"]?.elements.map { $0["z_score"]?.double } == [2.5, -0.5])
            #expect(usual["highest_positive"]?[0]?["contract"]?.string == "WIF,RAYDIUM-USD")
            #expect(usual["highest_positive"]?.count == 4 && usual["highest_negative"]?.count == 0)
            for query in ["min_abs_zscore=-0.1", "min_abs_zscore=20.1", "min_abs_zscore=x", "limit=0", "limit=5001"] {
                #expect(try await api.get("/api/statistics/extreme-values?\(query)").status == 422, "\(query)")
            }
        }
    }

    // MARK: The list

    @Test func contractsAreListedWithWhatIsKnownOfThem() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let answer = try await api.get("/api/contracts-with-zscores")
            let body = try answer.json
            #expect(body["total"]?.int == 5 && body["high_deviation_count"]?.int == 1)
            #expect(answer.headers["x-total-count"] == "5")
            let rows = body["contracts"]?.elements.map { $0 } ?? []
            #expect(rows.map { $0["z_score"]?.double } == [2.5, -0.5, 0, nil, nil])
            #expect(rows[0]["data_points"]?.int == 45 && rows[0]["completeness_percentage"]?.double == 50)
            #expect(rows[0]["base_asset"]?.string == "BTC" && rows[0]["mark_price"]?.double == 100.5)
            #expect((rows[0]["next_funding_seconds"]?.double ?? -1) >= 0)
            let few = rows.first { $0["exchange"]?.string == "Hibachi" }
            #expect(few?["data_points"]?.int == 5 && few?["mean_30d"]?.isNull == true)
            let none = rows.first { $0["exchange"]?.string == "dYdX" }
            #expect(none?["data_points"]?.isNull == true && none?["confidence"]?.string == "none")
        }
    }

    @Test func theListIsFilteredSortedAndPaged() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let lowest = try await api.scoredSymbols("sort=zscore_asc&limit=2")
            #expect(lowest == ["BTCUSDT", "ETHUSDT"])
            #expect(try await api.scoredSymbols("sort=zscore_desc&limit=1&offset=2") == ["BTCUSDT"])
            #expect(try await api.scoredSymbols("sort=contract&exchange=ByBit") == ["BTCUSDT", "ETHUSDT"])
            #expect(try await api.scoredSymbols("sort=exchange&limit=1") == ["BTCUSDT"])
            // What has none deviates by nothing that is known.
            #expect(try await api.scoredSymbols("min_abs_zscore=0").count == 3)
            #expect(try await api.scoredSymbols("min_abs_zscore=2.5") == ["BTCUSDT"])
            #expect(try await api.scoredSymbols("confidence=very_high,none").count == 3)
            #expect(try await api.scoredSymbols("exchanges=bybit,dydx&search=wif") == ["WIF,RAYDIUM-USD"])
            // The exact symbol stands before those that merely hold it.
            #expect(try await api.scoredSymbols("search=btc/usdt-p&sort=exchange") == ["BTC/USDT-P"])
            for query in ["sort=best", "min_abs_zscore=21", "exchanges=ftx", "confidence=some", "limit=0", "offset=-1"]
            {
                #expect(try await api.get("/api/contracts-with-zscores?\(query)").status == 422, "\(query)")
            }
        }
    }

    @Test func answersAreConfirmedUntilSomethingChanges() async throws {
        try await RunningAPI.withSampleTables { api, database in
            for target in ["/api/contracts-with-zscores", "/api/statistics/extreme-values"] {
                // The tag holds the time in steps of some seconds: between two of them lies no step.
                try await eventually {
                    let tag = try #require(try await api.get(target).headers["etag"])
                    return try await api.get(target, headers: ["If-None-Match: \(tag)"]).status == 304
                }
            }
            try await database.run(
                "UPDATE funding_statistics SET z_score = -7, sequence = sequence + 1 WHERE contract_id = 2",
                "UPDATE statistics_state SET sequence = sequence + 1")
            try await eventually {
                try await api.get("/api/contracts-with-zscores").json["contracts"]?[0]?["z_score"]?.double == -7
            }
        }
    }

    @Test func withoutStatisticsThereAreNulls() async throws {
        try await TemporaryDatabase.with { database in
            try await RunningAPI.with(database) { api in
                try await eventually { try await api.get("/ready").status == 200 }
                let body = try await api.get("/api/zscore-summary").json
                #expect(body["overall"]?["total_contracts"]?.int == 0)
                #expect(body["overall"]?["contracts_with_zscore_percentage"]?.isNull == true)
                #expect(body["overall"]?["mean_abs_zscore"]?.isNull == true)
                #expect(body["last_run"]?.isNull == true && body["duration_ms"]?.isNull == true)
                #expect(try await api.get("/api/contracts-with-zscores").json["contracts"]?.count == 0)
                #expect(try await api.get("/api/statistics/extreme-values").json["count"]?.int == 0)
                let run = try await api.get("/api/health/performance").json["zscore_calculation"]
                #expect(run?["total_contracts"]?.isNull == true)
                #expect(run?["performance"]?["status"]?.string == "unknown")
            }
        }
    }

    // MARK: Health

    @Test func theRunIsToldWhereHealthIsAskedFor() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let body = try await api.get("/api/health/performance").json
            #expect(body["database"]?["avg_abs_zscore"]?.double == 1)
            let run = try #require(body["zscore_calculation"])
            #expect(run["total_contracts"]?.int == 5 && run["extreme_contracts"]?.int == 1)
            #expect(run["performance"]?["last_ms"]?.double == 12.5 && run["performance"]?["status"]?.string == "met")
            #expect((run["seconds_ago"]?.double ?? -1) >= 0)
            let text = String(decoding: try await api.get("/metrics").body, as: UTF8.self)
            #expect(text.contains("funding_statistics_run_seconds 0.0125\n"))
            #expect(text.contains("funding_statistics_extreme_contracts 1\n"))
            #expect(text.contains(#"funding_statistics_contracts{confidence="none"} 2"#))
        }
    }
}

extension RunningAPI {
    /// The symbols that the list of z-scores holds, in its order.
    fileprivate func scoredSymbols(_ query: String) async throws -> [String] {
        try await get("/api/contracts-with-zscores?\(query)").json["contracts"]?.elements.compactMap {
            $0["contract"]?.string
        } ?? []
    }
}
