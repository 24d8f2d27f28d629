import Foundation
import FundingCore
import FundingJSON
import PostgresDriver
import TestSupport
import Testing

@testable import FundingAPI

/// How well predicted rates foretell what is settled.
@Suite(
    .enabled(if: TemporaryDatabase.isAvailable, "FUNDING_TEST_DATABASE_URL is not set"),
    .enabled(if: TestRedis.isAvailable, "FUNDING_TEST_REDIS_URL is not set"),
    .timeLimit(.minutes(2))
)
struct PredictionEndpointTests {
    @Test func scoresAreListedTheWorstFirstAndTheUnknownLast() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let answer = try await api.get("/api/prediction-scores")
            let body = try answer.json
            #expect(body["total"]?.int == 4 && answer.headers["x-total-count"] == "4")
            let rows = body["scores"]?.elements.map { $0 } ?? []
            #expect(rows.map { $0["mean_absolute_error"]?.double } == [0.0002, 0.00004, 0, nil])
            #expect(rows[0]["exchange"]?.string == "Binance" && rows[0]["horizon_minutes"]?.int == 60)
            #expect(rows[0]["mean_error"]?.double == -0.0001 && rows[0]["sign_flip_rate"]?.double == 0.1)
            #expect(rows[2]["symbol"]?.string == "ETHUSDT" && rows[2]["sign_flip_rate"]?.double == 0)
            #expect(rows[3]["predictions"]?.int == 0 && rows[3]["sign_flip_rate"]?.isNull == true)
        }
    }

    /// Contract 3 is off by 0.00005 of an hour's payment, contract 1 by 0.0002 of an eight hours' one.
    @Test func errorsOfDifferentIntervalsAreComparedPerHour() async throws {
        try await TemporaryDatabase.with { database in
            try await SampleTables.fill(database)
            try await database.run(
                "UPDATE prediction_scores SET error_sum = -0.0002, absolute_error_sum = 0.0002 WHERE contract_id = 3")
            try await RunningAPI.with(database) { api in
                try await eventually { try await api.get("/ready").status == 200 }
                let body = try await api.get("/api/prediction-scores").json
                let rows = body["scores"]?.elements.map { $0 } ?? []
                #expect(rows.map { $0["funding_interval_hours"]?.double } == [1, 8, 8, 8])
                #expect(rows.map { $0["mean_absolute_error"]?.double } == [0.00005, 0.0002, 0.00004, nil])
                let byBias = try await api.predictions("sort_by=mean_error&sort_order=asc&limit=2")
                #expect(byBias == ["ETHUSDT", "BTCUSDT"])
                let endpoint = try #require(api.endpoints.first { $0.path == "/api/prediction-scores" })
                #expect(endpoint.faults(of: 200, body) == [])
                let explained = try await api.get("/api/explain/binance/BTCUSDT").json
                #expect(explained["prediction_scores"]?[0]?["funding_interval_hours"]?.double == 8)
            }
        }
    }

    @Test func theyAreFilteredSortedAndPaged() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let bybit = try await api.predictions("exchange=ByBit&sort_by=symbol&sort_order=asc")
            #expect(bybit == ["BTCUSDT", "ETHUSDT"])
            #expect(try await api.predictions("asset=eth") == ["ETHUSDT"])
            #expect(try await api.predictions("horizon=5") == ["BTCUSDT"])
            #expect(try await api.predictions("horizon=60&sort=predictions&limit=1&offset=1") == ["ETHUSDT"])
            #expect(try await api.predictions("include_inactive=true&limit=1") == ["GONEUSDT"])
            #expect(try await api.predictions("horizon=15") == [])
            let beyond = try await api.get("/api/prediction-scores?limit=2&offset=4")
            #expect(beyond.headers["x-total-count"] == "4")
            #expect(try beyond.json["scores"]?.count == 0)
            for query in ["horizon=7", "sort_by=best", "exchange=ftx", "limit=0", "sort_order=up"] {
                #expect(try await api.get("/api/prediction-scores?\(query)").status == 422, "\(query)")
            }
        }
    }

    @Test func oneContractsScoresGoFromLongToShort() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let body = try await api.get("/api/prediction-scores/binance/BTCUSDT").json
            #expect(body["exchange"]?.string == "Binance")
            #expect(body["scores"]?.elements.map { $0["horizon_minutes"]?.int } == [60, 5])
            #expect(try await api.get("/api/prediction-scores/hibachi/BTC/USDT-P").json["scores"]?.count == 0)
            #expect(try await api.get("/api/prediction-scores/bybit/NOPE").status == 404)
            #expect(try await api.get("/api/prediction-scores/ftx/BTCUSDT").status == 422)
        }
    }

    @Test func anExplanationHoldsTheScoresAndWhereTheRateStands() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let body = try await api.get("/api/explain/binance/BTCUSDT").json
            #expect(body["prediction_scores"]?.count == 2)
            let score = try #require(body["formulas"]?.elements.first { $0["name"]?.string == "z_score" })
            #expect(score["numbers"]?.string == "(0.0001 - 0.0002) / 0.0002" && score["result"]?.double == -0.5)
        }
    }
}

extension RunningAPI {
    fileprivate func predictions(_ query: String) async throws -> [String] {
        try await get("/api/prediction-scores?\(query)").json["scores"]?.elements.compactMap {
            $0["symbol"]?.string
        } ?? []
    }
}
