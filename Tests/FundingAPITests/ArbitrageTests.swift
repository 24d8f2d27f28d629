import Foundation
import FundingCore
import FundingJSON
import FundingStore
import PostgresDriver
import RedisDriver
import TestSupport
import Testing

@testable import FundingAPI

/// Pairs as they stand in the tables, by the API's own services on Postgres and Redis.
@Suite(
    .enabled(if: TemporaryDatabase.isAvailable, "FUNDING_TEST_DATABASE_URL is not set"),
    .enabled(if: TestRedis.isAvailable, "FUNDING_TEST_REDIS_URL is not set"),
    .timeLimit(.minutes(2))
)
struct ArbitrageTests {
    private static let all = "/api/arbitrage/opportunities-v2?min_spread=0"

    private static func ids(_ body: JSONView) -> [String] {
        body["opportunities"]?.elements.compactMap { $0["id"]?.string } ?? []
    }

    private static let one = "BTC|Binance:BTCUSDT|ByBit:BTCUSDT"
    private static let two = "BTC|Binance:BTCUSDT|Hibachi:BTC/USDT-P"
    private static let three = "BTC|ByBit:BTCUSDT|Hibachi:BTC/USDT-P"

    // MARK: - Reading

    @Test func theTableIsReadAsItStands() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let answer = try await api.get(Self.all)
            let body = try answer.json
            #expect(Self.ids(body) == [Self.two, Self.three, Self.one])
            #expect(body["stale"]?.bool == false && body["generation"]?.int == 1000)
            let row = try #require(body["opportunities"]?[2])
            #expect(try #require(row["apr_spread"]?.double).isNear(10.95))
            #expect(row["risk_flags"]?[0]?.string == "low_oi" && row["spread_data_points"]?.int == 700)
            #expect(row["oldest_leg_age_seconds"]?.double.map { $0 < 60 } == true)
            #expect(try #require(row["net_return"]?.double).isNear(0.0001 / 8 * 168 - 0.0021))
            #expect(body["opportunities"]?[0]?["net_apr"]?.isNull == true, "a fee is not known")
            let unchanged = try await api.get(Self.all, headers: ["If-None-Match: \(answer.headers["etag"] ?? "")"])
            #expect(unchanged.status == 304 || unchanged.headers["etag"] != answer.headers["etag"])
        }
    }

    @Test func whatRedisLostPostgresTells() async throws {
        try await RunningAPI.withSampleTables(redis: "redis://127.0.0.1:1") { api, database in
            #expect(Self.ids(try await api.get(Self.all).json).count == 3)
            try await database.withPool { pool in
                try await pool.query(
                    """
                    WITH gone AS (DELETE FROM arbitrage_opportunities WHERE short_contract_id = 2),
                         moved AS (UPDATE arbitrage_opportunities SET short_rate = 0.0009, generation = 1003
                                    WHERE long_contract_id = 1 AND short_contract_id = 4)
                    UPDATE arbitrage_state SET generation = 1003, computed_at = now()
                    """)
            }
            try await eventually { Self.ids(try await api.get(Self.all).json) == [Self.two, Self.three] }
            let body = try await api.get(Self.all).json
            #expect(body["opportunities"]?[0]?["short_rate"]?.double == 0.0009 && body["generation"]?.int == 1003)
        }
    }

    /// Far above the generations of other tests, with which this one shares Redis.
    @Test func anEventIsFollowedAndAHoleIsHealed() async throws {
        try await TemporaryDatabase.with { database in
            try await SampleTables.fill(database)
            try await database.withPool { _ = try await $0.query("UPDATE arbitrage_state SET generation = 700000") }
            try await RunningAPI.with(database) { api in
                try await eventually { try await api.get("/ready").status == 200 }
                // The row still stands in the table, so that only the event can have told of it.
                try await eventually {
                    try await Self.publish(700_001, removed: [FundingSpread.Key(long: 1, short: 2)])
                    return Self.ids(try await api.get(Self.all).json) == [Self.two, Self.three]
                }
                try await database.withPool { pool in
                    try await pool.query("DELETE FROM arbitrage_opportunities WHERE short_contract_id = 2")
                    try await pool.query("UPDATE arbitrage_opportunities SET short_rate = 0.0009, generation = 700004")
                    try await pool.query("UPDATE arbitrage_state SET generation = 700005, computed_at = now()")
                }
                try await Self.publish(700_005)
                try await eventually { try await api.get(Self.all).json["generation"]?.int == 700_005 }
                let body = try await api.get(Self.all).json
                #expect(body["opportunities"]?.elements.map { $0["short_rate"]?.double } == [0.0009, 0.0009])
            }
        }
    }

    private static func publish(_ sequence: Int, removed: [FundingSpread.Key] = []) async throws {
        let redis = RedisConnection(try TestRedis.configuration(), name: "arbitrage-tests")
        try await redis.waitUntilConnected(timeout: .seconds(10))
        try await EventPublisher(redis).publish(
            ArbitrageEvent(
                sequence: sequence, computedAt: Date(), isWhole: false, added: [], updated: [], removed: removed,
                summary: ArbitrageSummary(contracts: 5, pairs: 2, ranked: 2)))
        await redis.close()
    }

    @Test func aScannerThatDiedIsToldOfWithinSeconds() async throws {
        try await RunningAPI.withSampleTables { api, database in
            #expect(try await api.get("/api/health").json["scanner"]?["running"]?.bool == true)
            try await database.withPool { pool in
                try await pool.query("UPDATE service_heartbeats SET beat_at = now() - interval '1 minute'")
            }
            try await eventually { try await api.get(Self.all).json["stale"]?.bool == true }
            let health = try await api.get("/api/health").json
            #expect(health["scanner"]?["running"]?.bool == false && health["status"]?.string == "degraded")
            #expect(health["scanner"]?["age_seconds"]?.double.map { $0 >= 60 } == true)
            let metrics = String(decoding: try await api.get("/metrics").body, as: UTF8.self)
            #expect(metrics.contains("funding_scanner_up 0") && metrics.contains("funding_arbitrage_pairs 3"))
            #expect(metrics.contains("funding_arbitrage_generation 1000") && !metrics.contains("BTCUSDT"))
        }
    }

    @Test func emptyTablesGiveEmptyAnswers() async throws {
        try await TemporaryDatabase.with { database in
            try await RunningAPI.with(database) { api in
                try await eventually { try await api.get("/ready").status == 200 }
                for path in [Self.all, "/api/arbitrage/opportunities", "/api/arbitrage/assets/search?q=B"] {
                    let body = try await api.get(path).json
                    #expect((body["opportunities"] ?? body["results"])?.count == 0, "\(path)")
                }
                #expect(try await api.get(Self.all).json["stale"]?.bool == true)
                let unknown = "/api/arbitrage/opportunity-detail/BTC/bybit/binance"
                #expect(try await api.get(unknown).status == 422, "there is no exchange yet")
                let csv = String(decoding: try await api.get("/api/export/opportunities.csv").body, as: UTF8.self)
                #expect(csv.hasPrefix("id,asset,") && csv.hasSuffix("stale\r\n"))
            }
        }
    }

    // MARK: - One pair

    @Test func aPairIsToldWithItsPast() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let body = try await api.get("/api/arbitrage/opportunity-detail/btc/Binance/BYBIT").json
            #expect(body["opportunity"]?["id"]?.string == Self.one && body["is_listed"]?.bool == true)
            let past = try #require(body["historical"])
            #expect(past["hourly"]?.count == 48 && past["statistics"]?["data_hours"]?.int == 48)
            #expect(past["statistics"]?["coverage_pct"]?.double == 6.67, "48 of 720")
            #expect(try #require(past["statistics"]?["avg_30d_spread"]?.double).isNear(24.5))
            #expect(past["statistics"]?["max_30d_spread"]?.double == 48.5)
            #expect(past["statistics"]?["min_30d_spread"]?.double == 0.5, "the lowest sample, not the lowest day")
            #expect(past["hourly"]?[0]?["observed"]?.bool == false && past["hourly"]?[47]?["observed"]?.bool == true)
            #expect(past["hourly"]?[0]?["short_hourly_rate"]?.double == 0.00002)
            let days = past["daily_data"]?.elements.map { $0 } ?? []
            #expect(days.compactMap { $0["data_points"]?.int }.reduce(0, +) == 48 && days.count >= 2)
            #expect(days.compactMap { $0["date"]?.string } == days.compactMap { $0["date"]?.string }.sorted())
            let averages = try #require(past["spread_history"])
            #expect(averages.count == 48 && averages[0]?["apr_spread"]?.double == 48)
            #expect(body["all_time"]?["data_points"]?.int == 48 && body["all_time"]?["median"]?.double == 24.5)
            #expect(body["historical_mean"]?.double == 4 && body["confidence"]?.string == "very_high")
        }
    }

    /// Another coin of the same ticker would nearly always pay more.
    @Test func ofSeveralContractsThosePairThatAreSurelyOfOneAsset() async throws {
        try await TemporaryDatabase.with { database in
            try await SampleTables.fill(database)
            try await database.run(
                """
                INSERT INTO contract_metadata (
                       id, exchange, feed, symbol, base_asset, quote_asset, settle_asset, denomination, contract_type,
                       market_type, funding_interval_hours, status, first_seen_at, last_seen_at)
                OVERRIDING SYSTEM VALUE
                VALUES (7, 'bybit', 'bybit', 'BTCOTHER', 'BTC', 'USDT', 'USDT', 1, 'linear', 'crypto', 8, 'active', now(),
                        now())
                """,
                """
                INSERT INTO exchange_data (
                       contract_id, exchange, symbol, feed, base_asset, quote_asset, funding_rate,
                       funding_interval_hours, apr, mark_price, open_interest_usd, observed_at, sequence)
                VALUES (7, 'bybit', 'BTCOTHER', 'bybit', 'BTC', 'USDT', 0.02, 8, 2190, 3, 1000000, now(), 1)
                """)
            try await RunningAPI.with(database) { api in
                try await eventually { try await api.get("/ready").status == 200 }
                let path = "/api/arbitrage/opportunity-detail/BTC/binance/bybit"
                let row = try await api.get(path).json["opportunity"]
                #expect(row?["short_contract"]?.string == "BTCUSDT")
                let named = try await api.get("\(path)?short_contract=BTCOTHER").json["opportunity"]
                #expect(named?["short_contract"]?.string == "BTCOTHER" && named?["identity"]?.string == "conflict")
            }
        }
    }

    /// The scanner judges what pays enough to be asked for, by all hours that both legs were paid for. The hours of the
    /// pair that are told beside it, here with a mean of 24.5, leave out those in which it paid little.
    @Test func aPairThatIsNotJudgedIsSeenAmongAllHoursThatBothLegsWerePaidFor() async throws {
        try await TemporaryDatabase.with { database in
            try await SampleTables.fill(database)
            try await database.run(
                """
                UPDATE arbitrage_opportunities
                   SET spread_zscore = NULL, spread_mean = NULL, spread_std_dev = NULL, spread_percentile = NULL,
                       spread_data_points = NULL, significance_score = NULL
                """,
                // Contract 1 is always paid nothing, contract 2 nine times 0.0002: the last time nothing either.
                """
                UPDATE funding_rates_historical SET funding_rate = 0
                 WHERE contract_id = 2 AND funding_time = \(SampleTables.lastSlot)
                """,
                "DELETE FROM funding_rates_historical WHERE contract_id = 4")
            try await RunningAPI.with(database) { api in
                try await eventually { try await api.get("/ready").status == 200 }
                let target = "/api/arbitrage/opportunity-detail/btc/binance/bybit"
                // 64 hours at 21.9 percent a year and 8 at 0.
                let mean = 21.9 * 8 / 9
                let deviation = 21.9 / 9 * 24 / 71.0.squareRoot()
                // The second time from what is kept.
                for _ in 1...2 {
                    let body = try await api.get(target).json
                    #expect(try #require(body["historical_mean"]?.double).isNear(mean))
                    #expect(try #require(body["historical_std_dev"]?.double).isNear(deviation))
                    #expect(try #require(body["spread_z_score"]?.double).isNear((10.95 - mean) / deviation))
                    let row = try #require(body["opportunity"])
                    #expect(row["spread_data_points"]?.int == 72)
                    #expect(row["spread_percentile"]?.double == 11.1, "(8 + 8) * 50 / 72")
                    #expect(row["confidence"]?.string == "medium" && body["confidence"]?.string == "medium")
                    #expect(body["historical"]?["statistics"]?["data_hours"]?.int == 48)
                }
                let endpoint = try #require(api.endpoints.first { $0.path.contains("/opportunity-detail/") })
                #expect(endpoint.faults(of: 200, try await api.get(target).json) == [])
                // Hibachi has paid nothing that is known.
                let unknown = try await api.get("/api/arbitrage/opportunity-detail/btc/binance/hibachi").json
                #expect(unknown["historical_mean"]?.isNull == true && unknown["confidence"]?.string == "none")
                #expect(unknown["opportunity"]?["spread_data_points"]?.int == 0)
            }
        }
    }

    @Test func thePairTheOtherWayRoundHasTheSignsTurned() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let body = try await api.get("/api/arbitrage/opportunity-detail/BTC/bybit/binance").json
            let row = try #require(body["opportunity"])
            #expect(row["long_exchange"]?.string == "ByBit" && body["is_listed"]?.bool == false)
            #expect(try #require(row["apr_spread"]?.double).isNear(-10.95))
            #expect(row["spread_mean"]?.double == -4 && row["spread_zscore"]?.double == -2.5)
            #expect(row["break_even_hours"]?.isNull == true && row["since"]?.isNull == true)
            #expect(try #require(row["net_return"]?.double).isNear(-0.0001 / 8 * 168 - 0.0021))
            let past = try #require(body["historical"])
            #expect(past["statistics"]?["max_30d_spread"]?.double == -0.5)
            #expect(past["statistics"]?["min_30d_spread"]?.double == -48.5)
            #expect(past["hourly"]?[0]?["high"]?.double == -47.5 && past["hourly"]?[0]?["low"]?.double == -48.5)
            #expect(past["hourly"]?[0]?["long_hourly_rate"]?.double == 0.00002)
            #expect(body["all_time"]?["max"]?.double == -0.5 && body["all_time"]?["mean"]?.double == -24.5)
        }
    }

    @Test func contractsMayBeNamedAndUnknownOnesAreNotFound() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let path = "/api/arbitrage/opportunity-detail"
            let named = try await api.get("\(path)/BTC/bybit/hibachi?long_contract=BTCUSDT&short_contract=BTC/USDT-P")
                .json
            #expect(named["opportunity"]?["id"]?.string == Self.three)
            #expect(named["historical"]?["hourly"]?.count == 0 && named["all_time"]?.isNull == true)
            #expect(named["historical"]?["statistics"]?["avg_30d_spread"]?.isNull == true)
            #expect(named["historical"]?["statistics"]?["coverage_pct"]?.double == 0)
            for missing in [
                "NOPE/bybit/binance", "ETH/bybit/binance", "GONE/bybit/binance", "BTC/bybit/bybit",
                "BTC/bybit/binance?short_contract=NOPE",
            ] {
                #expect(try await api.get("\(path)/\(missing)").status == 404, "\(missing)")
            }
            #expect(try await api.get("\(path)/BTC/ftx/binance").status == 422)
        }
    }

    @Test func theDescriptionSaysThatNotAllHoursAreKept() throws {
        let endpoint = try #require(
            DirectAPI(MarketState(), at: Date()).routes.endpoints.first { $0.path.contains("/opportunity-detail/") })
        #expect(endpoint.summary.contains("not kept") && endpoint.summary.contains("`coverage_pct`"))
    }

    // MARK: - Files

    @Test func pairsAndTheirHistoryComeAsFiles() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let answer = try await api.get("/api/export/opportunities.csv?min_spread=0&exchanges=hibachi&sort_dir=asc")
            #expect(answer.headers["content-disposition"] == "attachment; filename=\"opportunities.csv\"")
            let lines = String(decoding: answer.body, as: UTF8.self).components(separatedBy: "\r\n")
            #expect(
                lines.count == 4 && lines[1].hasPrefix("\(Self.three),BTC,crypto,same_sign,ByBit,BTCUSDT,0.0002,8,"))
            let columns = lines[0].split(separator: ",", omittingEmptySubsequences: false).count
            #expect(lines[1].split(separator: ",", omittingEmptySubsequences: false).count == columns)
            let spreads = try await api.get("/api/export/spreads.csv?asset=btc&days=3")
            let hours = String(decoding: spreads.body, as: UTF8.self).components(separatedBy: "\r\n")
            #expect(hours.count == 50 && hours[1].hasPrefix("BTC,Binance,BTCUSDT,ByBit,BTCUSDT,"))
            #expect(hours[1].contains(",48,48.5,47.5,48,48,") && hours[1].hasSuffix(",0"))
            #expect(try await api.get("/api/export/spreads.csv?asset=NOPE").status == 404)
            #expect(try await api.get("/api/export/spreads.csv").status == 422)
            let other = String(
                decoding: try await api.get("/api/export/spreads.csv?asset=BTC&exchanges=hibachi,bybit").body,
                as: UTF8.self)
            #expect(other.components(separatedBy: "\r\n").count == 2)
        }
    }
}
