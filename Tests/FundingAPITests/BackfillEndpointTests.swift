import Foundation
import FundingCore
import FundingJSON
import PostgresDriver
import TestSupport
import Testing

@testable import FundingAPI

/// Backfills as clients ask for them; the test plays the backfiller.
@Suite(
    .enabled(if: TemporaryDatabase.isAvailable, "FUNDING_TEST_DATABASE_URL is not set"),
    .enabled(if: TestRedis.isAvailable, "FUNDING_TEST_REDIS_URL is not set"),
    .timeLimit(.minutes(2))
)
struct BackfillEndpointTests {
    /// Sends a request and holds its answer against the declaration.
    @discardableResult
    private func post(
        _ api: RunningAPI, _ path: String, query: String = "", body: String? = nil, status: Int
    ) async throws -> JSONView {
        let answer = try await api.send("POST", path + query, body: body)
        let text = String(decoding: answer.body.prefix(300), as: UTF8.self)
        #expect(answer.status == status, "\(path): \(text)")
        let endpoint = try #require(api.endpoints.first { $0.path == path && $0.method == .post })
        let json = try answer.json
        #expect(endpoint.faults(of: answer.status, json) == [])
        return json
    }

    @Test func withoutAJobThereIsNothingGoingOn() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let short = try await api.get("/api/backfill-status").json
            #expect(short["running"]?.bool == false && short["completed"]?.bool == true)
            #expect(short["progress"]?.int == 100 && short["message"]?.string == "No backfill in progress")
            let whole = try await api.get("/api/backfill/status").json
            #expect(whole["backfill"]?["status"]?.string == "idle" && whole["job_id"]?.isNull == true)
            // Of ByBit's three contracts one lacks a third of its certified day.
            #expect(whole["completeness"]?["bybit"]?["complete"]?.int == 2)
            #expect(whole["completeness"]?["bybit"]?["percentage"]?.double == 66.7)
            #expect(try await post(api, "/api/backfill/stop", status: 200)["stopped"]?.bool == false)
        }
    }

    @Test func oneJobIsAskedForAtATimeAndStoppedBeforeItBegins() async throws {
        try await RunningAPI.withSampleTables { api, database in
            let started = try await post(
                api, "/api/backfill/start",
                body: #"{"days":7,"exchanges":["ByBit"],"symbols":["BTCUSDT"],"gaps_only":true}"#,
                status: 202)
            let job = try #require(started["job_id"]?.int)
            let row = try await database.one("SELECT days, exchanges, symbols, gaps_only FROM backfill_jobs")
            #expect(try row.decode("days", as: Int.self) == 7)
            #expect(try row.decode("exchanges", as: [String].self) == ["bybit"])
            #expect(try row.decode("symbols", as: [String].self) == ["BTCUSDT"])
            #expect(try row.decode("gaps_only", as: Bool.self))
            let second = try await post(api, "/api/backfill/start", body: "{}", status: 409)
            #expect(second["status"]?.string == "error" && second["job_id"]?.int == job)
            #expect(second["error"]?["code"]?.string == "already_running")
            #expect(try await api.get("/api/backfill-status").json["running"]?.bool == true)
            let stopped = try await post(api, "/api/backfill/stop", status: 200)
            #expect(stopped["stopped"]?.bool == true && stopped["job_id"]?.int == job)
            #expect(try await api.get("/api/backfill/status").json["backfill"]?["status"]?.string == "cancelled")
        }
    }

    @Test func ofManyWhoAskAtTheSameInstantOneIsAccepted() async throws {
        try await RunningAPI.withSampleTables { api, database in
            for _ in 0..<5 {
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<8 {
                        group.addTask { try await api.send("POST", "/api/backfill/start", body: "{}").status }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(statuses.sorted() == [202] + Array(repeating: 409, count: 7))
                try await database.run("UPDATE backfill_jobs SET status = 'done', finished_at = now()")
            }
            #expect(try await database.count("SELECT count(*) AS count FROM backfill_jobs") == 5)
        }
    }

    @Test func exchangesAreAskedOneAfterTheOtherIfWanted() async throws {
        try await RunningAPI.withSampleTables { api, database in
            let started = try await post(
                api, "/api/backfill/start", body: #"{"parallel":false,"batch_size":5}"#, status: 202)
            #expect(started["without_effect"]?.elements.compactMap(\.string) == ["batch_size"])
            #expect(try await database.one("SELECT parallel FROM backfill_jobs").decode(0) == false)
        }
    }

    @Test(arguments: [
        #"{"days":"30; x"}"#, #"{"days":0}"#, #"{"days":91}"#, #"{"exchanges":["ftx"]}"#, #"{"exchanges":"bybit"}"#,
        #"{"batch_size":0}"#, #"{"parallel":"maybe"}"#,
    ])
    func whatMakesNoSenseIsRefused(body: String) async throws {
        try await RunningAPI.withSampleTables { api, database in
            try await post(api, "/api/backfill/start", body: body, status: 422)
            #expect(try await database.count("SELECT count(*) AS count FROM backfill_jobs") == 0)
        }
    }

    @Test func aDryRunCountsAndStartsNothing() async throws {
        try await RunningAPI.withSampleTables { api, database in
            let told = try await post(
                api, "/api/backfill/start",
                body: #"{"days":2,"exchanges":["bybit"],"symbols":["BTCUSDT"],"dry_run":true}"#,
                status: 200)
            #expect(told["contracts"]?.int == 1 && told["contracts_with_gaps"]?.int == 1)
            #expect(told["missing_points"]?.int == 1)
            #expect(try await database.count("SELECT count(*) AS count FROM backfill_jobs") == 0)
        }
    }

    @Test func aRunningJobIsToldExchangeByExchangeAndEndsWhenItsWorkerSeesIt() async throws {
        try await RunningAPI.withSampleTables { api, database in
            try await database.run(
                """
                INSERT INTO backfill_jobs (requested_by, days, gaps_only, status, worker, started_at)
                VALUES ('api', 30, false, 'running', 'w', now() - interval '10 seconds')
                """,
                """
                INSERT INTO backfill_progress (
                       job_id, feed, status, symbols_total, symbols_done, requests, rows_inserted, rows_updated, missing,
                       started_at, finished_at, eta, updated_at)
                SELECT id, 'bybit', 'processing', 4, 1, 9, 100, 20, 3, now() - interval '8 seconds', NULL,
                       now() + interval '30 seconds', now() FROM backfill_jobs
                UNION ALL
                SELECT id, 'dydx', 'completed', 4, 4, 8, 50, 0, 0, now() - interval '8 seconds',
                       now() - interval '5 seconds', NULL, now() FROM backfill_jobs
                UNION ALL
                SELECT id, 'hibachi', 'pending', 8, 0, 0, 0, 0, 0, NULL, NULL, NULL, now() FROM backfill_jobs
                UNION ALL
                SELECT id, 'binance-usdm', 'upload_failed', 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, now() FROM backfill_jobs
                """)
            let status = try await api.get("/api/backfill/status").json
            #expect(status["overall_progress"]?.int == 31 && status["total_records"]?.int == 170)
            let bybit = status["exchanges"]?["bybit"]
            #expect(bybit?["status"]?.string == "processing" && bybit?["progress"]?.int == 25)
            #expect(bybit?["estimated_remaining"]?.double.map { (1...30).contains($0) } == true)
            let dydx = status["exchanges"]?["dydx"]
            #expect(dydx?["status"]?.string == "completed" && dydx?["estimated_remaining"]?.double == 0)
            #expect(dydx?["elapsed_time"]?.double == 3, "its own time, not the job's")
            let waiting = status["exchanges"]?["hibachi"]
            #expect(waiting?["status"]?.string == "pending" && waiting?["progress"]?.int == 0)
            #expect(waiting?["start_time"]?.isNull == true && waiting?["estimated_remaining"]?.isNull == true)
            #expect(status["exchanges"]?["binance"]?["status"]?.string == "upload_failed")
            let short = try await api.get("/api/backfill-status").json
            #expect(short["exchanges_complete"]?.int == 2 && short["exchanges_total"]?.int == 4)
            #expect(short["symbols_processed"]?.int == 5 && short["total_symbols"]?.int == 16)

            async let stopped = post(api, "/api/backfill/stop", status: 200)
            try await eventually {
                try await database.count(
                    "SELECT count(*) AS count FROM backfill_jobs WHERE cancel_requested_at IS NOT NULL") == 1
            }
            try await database.run("UPDATE backfill_jobs SET status = 'cancelled', finished_at = now()")
            #expect(try await stopped["stopped"]?.bool == true)
            let ended = try await api.get("/api/backfill/status").json["exchanges"]
            #expect(ended?["hibachi"]?["status"]?.string == "cancelled", "its turn never came")
            #expect(ended?["dydx"]?["status"]?.string == "completed")
        }
    }

    @Test func aSweepIsInNobodysWay() async throws {
        try await RunningAPI.withSampleTables { api, database in
            try await database.run(
                """
                INSERT INTO backfill_jobs (requested_by, days, gaps_only, status, worker, started_at)
                VALUES ('hourly', 30, false, 'running', 'w', now())
                """)
            try await post(api, "/api/backfill/start", body: "{}", status: 202)
        }
    }

    @Test func theContractsThatLackMostAreTriedAgain() async throws {
        try await RunningAPI.withSampleTables { api, database in
            // Three days are stored: of thirty, every contract lacks most.
            let retried = try await post(api, "/api/backfill/retry", query: "?limit=2", status: 202)
            #expect(retried["retry_count"]?.int == 2 && retried["contracts"]?.count == 2)
            let named = retried["contracts"]?.elements.compactMap(\.string) ?? []
            let exchanges: Set = ["Binance", "ByBit", "Hibachi", "dYdX"]
            #expect(named.allSatisfy { exchanges.contains(String($0.prefix { $0 != ":" })) }, "\(named)")
            #expect(!named.contains("ByBit:GONEUSDT"), "what is delisted is not tried again unasked")
            #expect(
                try await database.count("SELECT count(*) AS count FROM backfill_jobs WHERE days = 30 AND gaps_only")
                    == 1,
                "exchanges are asked again for what they did not have")
            try await database.run("UPDATE backfill_jobs SET status = 'done', finished_at = now()")
            let idle = try await post(api, "/api/backfill/retry", query: "?threshold=0", status: 200)
            #expect(idle["message"]?.string == "No contracts need retry" && idle["retry_count"]?.int == 0)
            try await post(api, "/api/backfill/retry", query: "?threshold=101", status: 422)
        }
    }

    @Test func whatIsThereAndWhatIsMissingIsVerified() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let one = try await api.get("/api/backfill/verify?days=2&exchange=bybit&symbol=BTCUSDT").json
            #expect(one["gaps_detected"]?.int == 1 && one["needs_retry"]?.bool == true)
            #expect(one["gaps"]?[0]?["start"]?.string == Timestamp.text(SampleTables.slot(-24)))
            #expect(one["gaps"]?[0]?["missing_points"]?.int == 1)
            #expect(one["gaps"]?[0]?["duration_hours"]?.double == 16, "from the payment before to the one after")
            #expect(one["actual_points"]?.int.map { $0 + 1 } == one["expected_points"]?.int)
            let exchange = try await api.get("/api/backfill/verify?days=2&exchange=bybit").json
            #expect(exchange["summary"]?["total_contracts"]?.int == 2, "those that are listed")
            #expect(exchange["summary"]?["needs_retry"]?.elements.compactMap { $0.string } == ["BTCUSDT"])
            let all = try await api.get("/api/backfill/verify?days=2").json
            #expect(all["summary"]?["total_contracts"]?.int == 5 && all["total_retry_needed"]?.int == 1)
            #expect(all["retry_candidates"]?[0]?["exchange"]?.string == "ByBit")
            let certificates = try await api.get("/api/backfill/certificates?exchange=bybit&symbol=BTCUSDT").json
            #expect(certificates["pagination"]?["total_pages"]?.int == 1)
            let backwards = "from=2026-09-02T00:00:00Z&to=2026-09-01T00:00:00Z"
            #expect(try await api.get("/api/backfill/certificates?\(backwards)").status == 422)
            #expect(certificates["total"]?.int == 1 && certificates["certificates"]?[0]?["present"]?.int == 2)
            for query in ["days=0", "days=91", "threshold=-1", "symbol=BTCUSDT", "exchange=ftx"] {
                #expect(try await api.get("/api/backfill/verify?\(query)").status == 422, "\(query)")
            }
            #expect(try await api.get("/api/backfill/verify?exchange=bybit&symbol=NOPE").status == 404)
        }
    }
}

extension TemporaryDatabase {
    /// The first row that a query tells.
    func one(_ query: PostgresQuery) async throws -> PostgresRow {
        var row: PostgresRow?
        try await withPool { row = try await $0.query(query).first }
        return try #require(row)
    }

    /// Runs statements one after the other.
    func run(_ statements: PostgresQuery...) async throws {
        try await withPool { pool in
            for statement in statements { _ = try await pool.query(statement) }
        }
    }
}
