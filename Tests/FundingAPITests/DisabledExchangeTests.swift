import Foundation
import FundingCore
import FundingJSON
import PostgresDriver
import TestSupport
import Testing
import WebServer

@testable import FundingAPI

/// Exchanges that the settings switch off, wherever it is told how exchanges fare.
struct DisabledExchangeTests {
    private let now = Date()

    /// ByBit is polled, Drift has not been for long; of Binance's two feeds one has not.
    private func api(off names: [String]) -> DirectAPI {
        let past = now.addingTimeInterval(-600)
        var market = Sample.market(
            (Sample.feed(observedAt: now), [Sample.rate("BTCUSDT", observedAt: now)]),
            (Sample.feed("drift", name: "Drift", status: .failing, observedAt: past), []),
            (Sample.feed("binance-usdm", exchange: "binance", name: "Binance", observedAt: now), []),
            (Sample.feed("binance-coinm", exchange: "binance", name: "Binance", observedAt: past), [])
        )
        var settings = ExchangeSettings()
        for name in names { settings.enabled[name] = false }
        market.switches = FeedSwitches(settings)
        let api = DirectAPI(market, at: now)
        api.health.databaseAnswered(now)
        api.health.redisIsConnected(true)
        return api
    }

    @Test func whatIsSwitchedOffAndNotPolledIsNobodysTrouble() async throws {
        let troubled = try await api(off: []).get("/api/health").json
        #expect(troubled["status"]?.string == "degraded")
        #expect(troubled["exchanges"]?["stale"]?.elements.compactMap { $0.string } == ["Binance", "Drift"])
        #expect(troubled["exchanges"]?["disabled"]?.count == 0)

        let health = try await api(off: ["drift", "binance-coinm"]).get("/api/health").json
        #expect(health["status"]?.string == "healthy")
        let exchanges = try #require(health["exchanges"])
        #expect(exchanges["total"]?.int == 3 && exchanges["fresh"]?.int == 2)
        #expect(exchanges["stale"]?.count == 0 && exchanges["failing"]?.count == 0)
        #expect(exchanges["disabled"]?.elements.compactMap { $0.string } == ["Drift"])
        #expect(exchanges["by_exchange"]?.elements.map { $0["enabled"]?.bool } == [true, true, false])
    }

    @Test func whatIsSwitchedOffAndPolledAllTheSameIsLookedAfter() async throws {
        let details = try await api(off: ["bybit", "drift"]).get("/api/exchanges?details=true").json["exchanges"]
        #expect(details?.elements.map { $0["name"]?.string } == ["Binance", "ByBit", "Drift"])
        #expect(details?.elements.map { $0["enabled"]?.bool } == [true, true, false])
    }

    @Test func noAlertWaitsForWhatIsSwitchedOff() async throws {
        let bytes = try await api(off: ["bybit", "drift"]).get("/metrics").bodyBytes ?? []
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains(#"funding_exchange_up{exchange="bybit"} 1"#))
        #expect(text.contains(#"funding_exchange_data_age_seconds{exchange="binance"}"#))
        #expect(!text.contains("drift"))
    }
}

/// The same, as the settings change under a running API.
@Suite(
    .enabled(if: TemporaryDatabase.isAvailable, "FUNDING_TEST_DATABASE_URL is not set"),
    .enabled(if: TestRedis.isAvailable, "FUNDING_TEST_REDIS_URL is not set"),
    .timeLimit(.minutes(2))
)
struct SwitchedExchangeTests {
    @Test func theSettingsAreFollowed() async throws {
        try await TemporaryDatabase.with { database in
            try await SampleTables.fill(database)
            try await database.withPool { pool in
                try await pool.query(
                    """
                    UPDATE exchange_health SET last_success_at = now() - interval '1 hour', observed_at = now()
                     WHERE feed = 'dydx'
                    """)
                try await pool.query(
                    """
                    INSERT INTO service_heartbeats (service, instance, version, started_at, beat_at)
                    VALUES ('collector', 'test', '1', now(), now() + interval '1 hour')
                    """)
            }
            try await RunningAPI.with(database) { api in
                try await eventually { try await api.get("/ready").json["redis"]?.string == "connected" }
                try await eventually { try await api.get("/ready").status == 200 }
                #expect(try await api.get("/api/health").json["status"]?.string == "degraded")
                let before = try await api.get("/api/health/collection-metrics").json["collection_summary"]
                #expect(before?["failed_exchanges"]?.int == 1 && before?["total_exchanges"]?.int == 3)

                let change = #"{"exchanges":{"enabled":{"dydx":false,"bybit":false}}}"#
                #expect(try await api.send("PUT", "/api/settings", body: change).status == 200)
                try await eventually { try await api.get("/api/health").json["status"]?.string == "healthy" }
                try await eventually {
                    let body = try await api.get("/api/health/collection-metrics").json
                    return body["exchange_breakdown"]?[2]?["status"]?.string == "disabled"
                }
                let report = try await api.get("/api/health/collection-metrics").json
                #expect(report["exchange_breakdown"]?[1]?["name"]?.string == "ByBit")
                #expect(report["exchange_breakdown"]?[1]?["status"]?.string == "success", "its rows are fresh")
                #expect(report["collection_summary"]?["failed_exchanges"]?.int == 0)
                #expect(report["collection_summary"]?["success_rate"]?.double == 100)
                let endpoint = try #require(api.endpoints.first { $0.path == "/api/health/collection-metrics" })
                #expect(endpoint.faults(of: 200, report) == [])

                let back = change.replacing("false", with: "true")
                #expect(try await api.send("PUT", "/api/settings", body: back).status == 200)
                try await eventually { try await api.get("/api/health").json["status"]?.string == "degraded" }
            }
        }
    }
}
