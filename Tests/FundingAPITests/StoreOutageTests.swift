import Foundation
import FundingCore
import FundingJSON
import FundingRuntime
import Logging
import PostgresDriver
import TestSupport
import Testing
import WebServer

@testable import FundingAPI

/// What clients see while a store is away or has too much to do.
@Suite(
    .enabled(if: TemporaryDatabase.isAvailable, "FUNDING_TEST_DATABASE_URL is not set"),
    .enabled(if: TestRedis.isAvailable, "FUNDING_TEST_REDIS_URL is not set"),
    .timeLimit(.minutes(2))
)
struct StoreOutageTests {
    @Test func withoutPostgresWhatIsKnownIsServedWithItsAgeAndTheRestIsRefusedInOneShape() async throws {
        let log = LogLines()
        try await RunningAPI.withSampleTables(logger: log.logger) { api, database in
            try await database.refuseConnections()
            try await eventually { try await api.get("/api/health").status == 503 }
            #expect(try await api.get("/live").status == 200)
            let ready = try await api.get("/ready")
            #expect(ready.status == 503 && ready.headers["retry-after"] != nil)
            #expect(try ready.json["database"]?.string == "disconnected" && ready.json["loaded"]?.bool == true)
            let known = try await api.get("/api/funding-rates?exchange=bybit")
            #expect(known.status == 200 && known.headers["x-total-count"] != "0")
            #expect(
                try known.json.elements.allSatisfy {
                    $0["hours_since_update"]?.double != nil && $0["last_updated"]?.string != nil
                })
            #expect(try await api.get("/api/statistics").status == 200)
            let asked = ContinuousClock.now
            let refused = try await api.get("/api/historical/BTCUSDT")
            // Not after the patience for a busy database, let alone a statement's.
            #expect(ContinuousClock.now - asked < .seconds(5))
            #expect(refused.status == 503 && refused.headers["retry-after"] != nil)
            #expect(try refused.json["error"]?["code"]?.string == "database_unavailable")
            let body = String(decoding: refused.body, as: UTF8.self)
            #expect(!body.contains("Postgres") && !body.contains("SELECT") && !body.contains(database.name))
            #expect(try await api.send("POST", "/api/backfill/start", body: "{}").status == 503)
            try await eventually { log.levels(of: "pairs not read") == [.warning] }

            try await database.allowConnections()
            try await eventually(within: .seconds(20)) {
                let statuses = [
                    try await api.get("/api/health").status, try await api.get("/ready").status,
                    try await api.get("/api/historical/BTCUSDT").status,
                ]
                return statuses == [200, 200, 200]
            }
            // Each outage has a beginning and an end in the log, and no line for each request that it cost.
            #expect(log.levels(of: "database out of reach, serving what is known").first == .error)
            try await eventually {
                log.levels(of: "database answers again").count
                    == log.levels(of: "database out of reach, serving what is known").count
            }
            try await eventually {
                !log.levels(of: "pairs read again").isEmpty
                    && log.levels(of: "pairs read again").count == log.levels(of: "pairs not read").count
            }
            #expect(Set(log.levels(of: "request failed")) == [.debug])
        }
    }

    @Test func aRowThatCannotBeReadIsToldOfOnceAndIsNoOutage() async throws {
        let log = LogLines()
        try await RunningAPI.withSampleTables(logger: log.logger) { api, database in
            try await database.spoil(contract: 2, of: "bybit", hours: 0)
            try await eventually(within: .seconds(20)) { log.levels(of: "tables not read") == [.error] }
            // The look that finds the second fault has met the first once more.
            try await database.spoil(contract: 4, of: "hibachi", hours: -1)
            try await eventually(within: .seconds(20)) { log.levels(of: "tables not read").count > 1 }
            #expect(log.levels(of: "tables not read") == [.error, .error])
            #expect(log.levels(of: "database out of reach, serving what is known").isEmpty)
            #expect(try await api.get("/ready").status == 200)
        }
    }

    @Test func withoutRedisAnswersOnlyTakeLonger() async throws {
        try await RunningAPI.withSampleTables(redis: "redis://127.0.0.1:1") { api, _ in
            let target = "/api/historical/BTCUSDT"
            let first = try await api.get(target)
            #expect(first.status == 200)
            #expect(try await api.get(target).body == first.body)
            let cache = try await api.get("/api/health/cache").json
            #expect(cache["status"]?.string == "degraded" && cache["connected"]?.bool == false)
            #expect(cache["fallback"]?["entries"]?.int == 1 && cache["metrics"]?["hits"]?.int == 1)
            let cleared = try await api.send("POST", "/api/cache/clear").json
            #expect(cleared["message"]?.string == "Fallback cache cleared successfully")
            #expect(cleared["entries_cleared"]?.int == 1)
        }
    }

    @Test func whoFindsAllConnectionsTakenIsToldToComeAgainAndProbesAreNotHeldUp() async throws {
        try await RunningAPI.withSampleTables { api, database in
            try await database.withPool { pool in
                try await pool.withTransaction { connection in
                    _ = try await connection.query("LOCK TABLE funding_rates_historical IN ACCESS EXCLUSIVE MODE")
                    let answers = try await withThrowingTaskGroup(of: WireClient.Answer.self) { group in
                        for days in 1...12 {
                            group.addTask { try await api.get("/api/historical/BTCUSDT?days=\(days)") }
                        }
                        var answers: [WireClient.Answer] = []
                        for try await answer in group {
                            // While the others wait, probes and what is in memory go on.
                            if answers.isEmpty {
                                #expect(try await api.get("/api/health").status == 200)
                                #expect(try await api.get("/api/funding-rates-grid").status == 200)
                            }
                            answers.append(answer)
                        }
                        return answers
                    }
                    #expect(answers.allSatisfy { $0.status == 503 && $0.headers["retry-after"] == "1" })
                    #expect(try answers[0].json["error"]?["code"]?.string == "unavailable")
                }
            }
            try await eventually { try await api.get("/api/historical/BTCUSDT").status == 200 }
        }
    }

    @Test func moreThanMayWaitAreToldToComeAgainInBoundedTime() async throws {
        try await RunningAPI.withSampleTables { api, database in
            try await database.withPool { pool in
                try await pool.withTransaction { connection in
                    _ = try await connection.query("LOCK TABLE funding_rates_historical IN ACCESS EXCLUSIVE MODE")
                    // No two ask for the same, so that none waits for another's answer.
                    let members = await Crowd(of: 1200, port: api.port).ask(within: .seconds(30)) { client, answers in
                        answers == 0 ? "/api/historical/BTCUSDT?limit=\(client + 1)" : nil
                    }
                    #expect(members.allSatisfy { $0.end == .satisfied })
                    #expect(members.allSatisfy { $0.answers.first?.status == 503 })
                    #expect(members.allSatisfy { $0.answers.first?.headers["retry-after"] == "1" })
                    #expect(try await api.get("/api/health").status == 200)
                    #expect(try await api.get("/api/funding-rates-grid").status == 200)
                }
            }
            try await eventually { try await api.get("/api/historical/BTCUSDT").status == 200 }
        }
    }

    @Test func twoThousandWhoAskWhenAnAnswerExpiresCostOneQuery() async throws {
        try await RunningAPI.withSampleTables { api, database in
            // Whoever reads the table as the API does draws a number, once a query.
            try await database.run(
                "CREATE SEQUENCE readings", "GRANT USAGE ON SEQUENCE readings TO funding_api",
                "ALTER TABLE funding_rates_historical ENABLE ROW LEVEL SECURITY",
                """
                CREATE POLICY counted ON funding_rates_historical FOR SELECT TO funding_api
                 USING ((SELECT nextval('readings')) > 0)
                """)
            let target = "/api/historical/BTCUSDT"
            let first = try await api.get(target)
            #expect(try first.json["data"]?.elements.isEmpty == false)
            #expect(try await database.readings == 1)
            #expect(try await api.send("POST", "/api/cache/clear").status == 200)

            let members = await Crowd(of: 2000, port: api.port).ask(within: .seconds(60)) { _, answers in
                answers == 0 ? target : nil
            }
            #expect(members.count == 2000 && members.allSatisfy { $0.end == .satisfied })
            #expect(members.allSatisfy { $0.answers.map(\.status) == [200] })
            #expect(Set(members.compactMap { $0.answers.first?.length }) == [first.body.count])
            #expect(try await database.readings == 2)
        }
    }
}

extension TemporaryDatabase {
    /// Stores an interval that there is not, as a poll of the feed would.
    fileprivate func spoil(contract: Int, of feed: String, hours: Double) async throws {
        try await withPool { pool in
            try await pool.query(
                """
                UPDATE exchange_data SET funding_interval_hours = \(hours), sequence = 2 WHERE contract_id = \(contract)
                """)
            try await pool.query("UPDATE exchange_health SET rates_sequence = 2 WHERE feed = \(feed)")
        }
    }

    /// How many queries have drawn a number.
    fileprivate var readings: Int { get async throws { try await one("SELECT last_value FROM readings").decode(0) } }
}

/// Answers that are kept.
struct AnswerCacheTests {
    private enum Failed: Error { case once }

    @Test func twoThousandWhoAskAtOnceAreAnsweredByOneReading() async throws {
        let cache = AnswerCache(nil)
        let readings = Lock(0)
        let tags = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<2000 {
                group.addTask {
                    try await cache.answer("name", for: .seconds(60)) {
                        readings.withLock { $0 += 1 }
                        return Array(#"{"a":1}"#.utf8)
                    }.header("Cache-Control")
                }
            }
            return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
        }
        #expect(readings.withLock { $0 } == 1)
        #expect(tags.allSatisfy { $0?.hasPrefix("max-age=") == true })
    }

    @Test func aFailureIsToldToThoseWhoWaitAndNotKept() async throws {
        let cache = AnswerCache(nil)
        await #expect(throws: Failed.once) { try await cache.bytes("name", for: .seconds(60)) { throw Failed.once } }
        #expect(try await cache.bytes("name", for: .seconds(60)) { [1] } == [1])
        #expect(try await cache.bytes("name", for: .seconds(60)) { [2] } == [1])
    }

    @Test func whatIsKeptEndsAndHasBounds() async throws {
        let cache = AnswerCache(nil)
        #expect(try await cache.bytes("short", for: .zero) { [1] } == [1])
        #expect(try await cache.bytes("short", for: .zero) { [2] } == [2])
        for number in 0..<600 { _ = try await cache.bytes("\(number)", for: .seconds(60)) { [0] } }
        #expect(await cache.localCount <= 256)
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        for number in 0..<20 { _ = try await cache.bytes("long \(number)", for: .seconds(90)) { long } }
        #expect(await (1...16 << 20).contains(cache.localBytes))
        // What is good for longest stays.
        #expect(try await cache.bytes("long 19", for: .seconds(90)) { [1] } == long)
    }

    @Test func aStoredAnswerSaysUntilWhenItIsGood() throws {
        let now = ContinuousClock.now
        let time = Date()
        let answer = KeptAnswer([1, 2], "application/json", goodUntil: now + .seconds(30), level: 1)
        let stored = answer.stored(now: now, time: time)
        let later = try #require(
            KeptAnswer(
                stored: stored, "application/json", now: now + .seconds(10), time: time.addingTimeInterval(10), level: 1
            ))
        #expect(later.bytes == [1, 2] && (19...20).contains(later.secondsLeft(at: now + .seconds(10))))
        #expect(
            KeptAnswer(stored: stored, "application/json", now: now, time: time.addingTimeInterval(31), level: 1) == nil
        )
        #expect(KeptAnswer(stored: [1, 2, 3], "application/json", now: now, level: 1) == nil)
    }

    @Test func requestsThatSayTheSameShareANameAndNoOthersDo() throws {
        func name(_ target: String) throws -> String {
            return Arguments(
                try WebRequest(method: "GET", target: target), declaring: ["a", "b", "c"], in: MarketView().shared,
                body: nil
            ).name
        }
        #expect(try name("/x?a=1&b=2") == name("/x?b=2&a=1&nobody=reads"))
        #expect(try Set(["/x?a=1&b=2", "/x?a=1%26b%3D2", "/x?a=1", "/y?a=1&b=2", "/x?a=1&c=2"].map(name)).count == 5)
    }
}
