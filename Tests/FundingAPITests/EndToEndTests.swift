import Foundation
import FundingCore
import FundingJSON
import FundingRuntime
import FundingStore
import PostgresDriver
import RedisDriver
import TestSupport
import Testing

@testable import FundingAPI

/// The API's own services against Postgres and Redis, asked over HTTP and WebSocket.
@Suite(
    .enabled(if: TemporaryDatabase.isAvailable, "FUNDING_TEST_DATABASE_URL is not set"),
    .enabled(if: TestRedis.isAvailable, "FUNDING_TEST_REDIS_URL is not set"),
    .timeLimit(.minutes(2))
)
struct EndToEndTests {
    private func withRedis(_ body: (EventPublisher) async throws -> Void) async throws {
        let redis = RedisConnection(try TestRedis.configuration(), name: "api-tests")
        try await redis.waitUntilConnected(timeout: .seconds(10))
        do { try await body(EventPublisher(redis)) } catch {
            await redis.close()
            throw error
        }
        await redis.close()
    }

    private func ready(_ api: RunningAPI) async throws {
        try await eventually { try await api.get("/ready").json["redis"]?.isString("connected") == true }
        try await eventually { try await api.get("/ready").status == 200 }
    }

    @Test func whatIsCommittedReachesReadersHoweverTheyRead() async throws {
        try await TemporaryDatabase.with { database in
            try await StandInCollector.with(database) { collector in
                _ = try await collector.poll(["BTCUSDT": 0.0001, "ETHUSDT": 0])
                try await withRedis { publisher in
                    try await RunningAPI.with(database) { api in
                        try await ready(api)
                        #expect(try await api.rate(of: "ETHUSDT") == 0)
                        let client = try await api.webSocket()
                        let snapshot = try await onThread {
                            try client.tell(#"{"op":"subscribe","channel":"grid"}"#)
                            try client.tell(#"{"op":"subscribe","channel":"rates","assets":["ETH"]}"#)
                            try client.tell(#"{"op":"subscribe","channel":"weather"}"#)
                            let snapshot = try client.message("snapshot")
                            let refusal = try client.message("error")
                            guard refusal["code"]?.isString("bad_channel") == true else {
                                throw TestSupportError("refused otherwise: \(refusal.excerpt)")
                            }
                            return snapshot
                        }
                        #expect(snapshot["data"]?["total_assets"]?.int == 2)

                        // An event is applied as it stands.
                        try await publisher.publish(collector.poll(["BTCUSDT": 0.0002, "ETHUSDT": 0]))
                        let applied = try await onThread { try client.message("grid") }
                        #expect(applied["changed"]?.count == 1)
                        #expect(applied["changed"]?[0]?["exchanges"]?["Stand-in"]?["funding_rate"]?.double == 0.0002)
                        try await eventually { try await api.rate(of: "BTCUSDT") == 0.0002 }

                        // One that was lost is found by the next, which also brings a contract nobody knew.
                        _ = try await collector.poll(["BTCUSDT": 0.0002, "ETHUSDT": 0.0003])
                        try await publisher.publish(
                            collector.poll(["BTCUSDT": 0.0004, "ETHUSDT": 0.0003, "NEWUSDT": 0.001]))
                        let healed = try await onThread { (try client.message("rates"), try client.message("grid")) }
                        #expect(healed.0["changed"]?.elements.map { $0["symbol"]?.string } == ["ETHUSDT"])
                        #expect(healed.1["changed"]?.elements.map { $0["asset"]?.string } == ["BTC", "ETH", "NEW"])
                        #expect(healed.1["prev"]?.int == applied["seq"]?.int)
                        try await eventually { try await api.rate(of: "NEWUSDT") == 0.001 }
                        try await theGridsAgree(api)
                    }
                }
            }
        }
    }

    /// The body of the endpoint, its 304, and what a new client is sent are one grid.
    private func theGridsAgree(_ api: RunningAPI) async throws {
        try await eventually { try await api.get("/api/funding-rates-grid").json["total_assets"]?.int == 3 }
        let body = try await api.get("/api/funding-rates-grid")
        let tag = try #require(body.headers["etag"])
        #expect(try await api.get("/api/funding-rates-grid", headers: ["If-None-Match: \(tag)"]).status == 304)
        #expect(body.headers["cache-control"] == "max-age=5")
        let cells = try body.json["data"]?.rawBytes
        // For a second, newcomers may be sent an older snapshot and the deltas since.
        try await eventually {
            let client = try await api.webSocket()
            let snapshot = try await onThread {
                try client.tell(#"{"op":"subscribe","channel":"grid"}"#)
                return try client.message("snapshot")
            }
            return snapshot["data"]?["data"]?.rawBytes == cells
        }
    }

    @Test func withoutRedisPostgresIsFollowedWithinSeconds() async throws {
        try await TemporaryDatabase.with { database in
            try await StandInCollector.with(database) { collector in
                _ = try await collector.poll(["BTCUSDT": 0.0001])
                try await RunningAPI.with(database, redis: "redis://127.0.0.1:1/0") { api in
                    try await eventually { try await api.get("/ready").status == 200 }
                    #expect(try await api.get("/api/health").json["redis"]?.string == "disconnected")
                    _ = try await collector.poll(["BTCUSDT": 0.0007])
                    try await eventually { try await api.rate(of: "BTCUSDT") == 0.0007 }
                    // The same look finds how the feed fares.
                    let client = try await api.webSocket()
                    let told = Task {
                        try await onThread {
                            try client.tell(#"{"op":"subscribe","channel":"grid"}"#)
                            return try client.message("health")
                        }
                    }
                    try await eventually { try await api.get("/api/health").json["websocket_clients"]?.int == 1 }
                    try await collector.fail()
                    #expect(try await told.value["status"]?.string == "circuit_open")
                    let details = try await api.get("/api/exchanges?details=true").json
                    #expect(details["exchanges"]?[0]?["circuit"]?.string == "open")
                }
            }
        }
    }

    @Test func withoutPostgresTheLastKnownIsServedAndSaidToBe() async throws {
        try await TemporaryDatabase.with { database in
            try await StandInCollector.with(database) { collector in
                _ = try await collector.poll(["BTCUSDT": 0.0001])
                try await RunningAPI.with(database) { api in
                    try await ready(api)
                    try await database.refuse(true)
                    try await eventually { try await api.get("/ready").status == 503 }
                    #expect(try await api.get("/api/health").status == 503)
                    #expect(try await api.rate(of: "BTCUSDT") == 0.0001)
                    let contract = try await api.get("/api/contracts/\(collector.sample.exchange)/BTCUSDT").json
                    #expect(contract["funding_rate"]?.double == 0.0001)
                    #expect(contract["terms"]?.isNull == true && contract["completeness"]?.isNull == true)
                    try await database.refuse(false)
                    try await eventually(within: .seconds(20)) { try await api.get("/ready").status == 200 }
                }
            }
        }
    }

    @Test func aForeignPageMayNotOpenTheWebSocket() async throws {
        try await TemporaryDatabase.with { database in
            try await RunningAPI.with(database) { api in
                let (foreign, friend) = try await onThread {
                    (
                        try WireClient(port: api.port).upgrade(origin: "http://evil.example"),
                        try WireClient(port: api.port).upgrade(origin: "http://localhost:3000")
                    )
                }
                #expect(foreign == 403)
                #expect(friend == 101)
            }
        }
    }

    @Test func aSchemaThatIsNotOursEndsTheProcessAsAConfigurationFault() async throws {
        try await TemporaryDatabase.with(isEmpty: true) { database in
            await #expect(throws: ConfigurationError.self) { try await RunningAPI.untilItEnds(database) }
        }
    }
}

extension TemporaryDatabase {
    /// Ends all sessions of the API's role and lets nobody in, or lets everybody in again.
    fileprivate func refuse(_ refuses: Bool) async throws {
        let address = try #require(URLComponents(string: url()))
        var server = address
        server.path = "/postgres"
        let configuration = try PostgresConfiguration(url: server.string ?? "", applicationName: "tests")
        let connection = try await PostgresConnection.connect(configuration)
        do {
            try await connection.script("ALTER DATABASE \"\(name)\" ALLOW_CONNECTIONS \(!refuses)")
            if refuses {
                try await connection.query(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                     WHERE datname = \(name) AND application_name = 'funding-api'
                    """
                )
            }
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }
}
