import Foundation
import FundingCore
import FundingJSON
import FundingStore
import PostgresDriver
import RedisDriver
import TestSupport
import Testing

@testable import FundingAPI

/// What the scanner writes reaches readers: by an event, or without one a few seconds later.
@Suite(
    .enabled(if: TemporaryDatabase.isAvailable, "FUNDING_TEST_DATABASE_URL is not set"),
    .enabled(if: TestRedis.isAvailable, "FUNDING_TEST_REDIS_URL is not set"),
    .timeLimit(.minutes(2))
)
struct StatisticsFollowingTests {
    @Test func eventsAreFollowedAndLostOnesAreReadFromPostgres() async throws {
        try await TemporaryDatabase.with { database in
            try await StandInCollector.with(database) { collector in
                _ = try await collector.poll(["BTCUSDT": 0.0001, "ETHUSDT": 0])
                let scanner = try await StandInScanner(database, exchange: collector.sample.exchange)
                _ = try await scanner.write(["BTCUSDT": 1])
                let redis = RedisConnection(try TestRedis.configuration(), name: "api-tests")
                try await redis.waitUntilConnected(timeout: .seconds(10))
                let publisher = EventPublisher(redis)
                try await RunningAPI.with(database) { api in
                    try await eventually { try await api.get("/ready").json["redis"]?.isString("connected") == true }
                    try await eventually { try await api.get("/ready").status == 200 }
                    #expect(try await api.zScore(of: "BTCUSDT") == 1, "what was there is read")
                    let client = try await api.webSocket()
                    try await onThread {
                        try client.tell(#"{"op":"subscribe","channel":"grid"}"#)
                        try client.tell(#"{"op":"subscribe","channel":"statistics"}"#)
                        _ = try client.message("snapshot")
                    }
                    let tag = try #require(try await api.get("/api/funding-rates-grid").headers["etag"])

                    try await publisher.publish(try await scanner.write(["BTCUSDT": 0]))
                    let told = try await onThread { (try client.message("statistics"), try client.message("grid")) }
                    #expect(told.0["changed"]?[0]?["z_score"]?.double == 0)
                    let cell = told.1["changed"]?[0]?["exchanges"]?["Stand-in"]
                    // What is as it was is not told again.
                    #expect(cell?["z_score"]?.double == 0 && cell?["confidence"] == nil)
                    // Answers that many share follow the frames within a second.
                    try await eventually { try await api.zScore(of: "BTCUSDT") == 0 }
                    try await eventually {
                        try await api.get("/api/funding-rates-grid", headers: ["If-None-Match: \(tag)"]).status == 200
                    }

                    // One is lost and the next one shows it.
                    _ = try await scanner.write(["ETHUSDT": -3])
                    try await publisher.publish(try await scanner.write(["BTCUSDT": 2]))
                    let healed = try await onThread { try client.message("statistics") }
                    #expect(healed["changed"]?.count == 2)
                    try await eventually { try await api.zScore(of: "ETHUSDT") == -3 }

                    // One is lost and no other follows.
                    _ = try await scanner.write(["ETHUSDT": 4.5])
                    try await eventually { try await api.zScore(of: "ETHUSDT") == 4.5 }
                }
                await redis.close()
            }
        }
    }

    @Test func aDatabaseThatWasRestoredIsReadAnew() async throws {
        try await TemporaryDatabase.with { database in
            try await StandInCollector.with(database) { collector in
                _ = try await collector.poll(["BTCUSDT": 0.0001, "ETHUSDT": 0])
                let scanner = try await StandInScanner(database, exchange: collector.sample.exchange)
                _ = try await scanner.write(["BTCUSDT": 1, "ETHUSDT": 2])
                try await RunningAPI.with(database, redis: "redis://127.0.0.1:1/0") { api in
                    try await eventually { try await api.get("/ready").status == 200 }
                    #expect(try await api.zScore(of: "ETHUSDT") == 2)
                    try await database.withPool { pool in
                        try await pool.query("DELETE FROM funding_statistics WHERE symbol = 'ETHUSDT'")
                        try await pool.query("UPDATE funding_statistics SET z_score = -1, sequence = 3")
                        try await pool.query("UPDATE statistics_state SET sequence = 3, last_run_at = now()")
                    }
                    try await eventually { try await api.zScore(of: "BTCUSDT") == -1 }
                    #expect(try await api.zScore(of: "ETHUSDT") == nil)
                }
            }
        }
    }
}

extension RunningAPI {
    /// The z-score that the list shows of a symbol.
    fileprivate func zScore(of symbol: String) async throws -> Double? {
        try await get("/api/contracts-with-zscores?search=\(symbol)").json["contracts"]?[0]?["z_score"]?.double
    }
}
