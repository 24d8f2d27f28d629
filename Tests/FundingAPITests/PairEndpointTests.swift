import Foundation
import FundingCore
import FundingJSON
import PostgresDriver
import TestSupport
import Testing

@testable import FundingAPI

/// What pairs have paid and will pay.
@Suite(
    .enabled(if: TemporaryDatabase.isAvailable, "FUNDING_TEST_DATABASE_URL is not set"),
    .enabled(if: TestRedis.isAvailable, "FUNDING_TEST_REDIS_URL is not set"),
    .timeLimit(.minutes(2))
)
struct PairEndpointTests {
    @Test func aPairIsReplayedByWhatWasSettled() async throws {
        try await RunningAPI.withSampleTables { api, database in
            let pair = "long_exchange=binance&long_symbol=BTCUSDT&short_exchange=hibachi&short_symbol=BTC/USDT-P"
            let times =
                "start_time=\(Timestamp.text(SampleTables.slot(-16)))&end_time=\(Timestamp.text(SampleTables.lastSlot))"
            let body = try await api.get("/api/pairs/replay?\(pair)&\(times)&short_fee=0.0001").json
            // Entered at a payment, which is not received; two follow. Binance pays nothing, Hibachi 0.0004 each.
            #expect(body["path"]?.count == 2 && body["complete"]?.bool == true)
            #expect(body["long"]?["pending"]?.int == 0 && body["short"]?["pending"]?.int == 0)
            #expect(body["carry"]?.double.map { abs($0 - 0.0008) < 1e-12 } == true)
            #expect(body["net"]?.double.map { abs($0 - 0.0006) < 1e-12 } == true)
            #expect(body["worst_balance"]?.double.map { abs($0 + 0.0001) < 1e-12 } == true)
            let sum = try await database.one(
                """
                SELECT sum(funding_rate) AS sum FROM funding_rates_historical
                 WHERE contract_id = 4 AND funding_time > \(SampleTables.slot(-16))
                   AND funding_time <= \(SampleTables.lastSlot)
                """)
            #expect(body["short"]?["received"]?.double == (try sum.decode("sum", as: Double.self)))
            let lacking = pair.replacing("hibachi", with: "bybit").replacing("BTC/USDT-P", with: "BTCUSDT")
            let days =
                "start_time=\(Timestamp.text(SampleTables.slot(-48)))&end_time=\(Timestamp.text(SampleTables.lastSlot))"
            let incomplete = try await api.get("/api/pairs/replay?\(lacking)&\(days)").json
            #expect(incomplete["complete"]?.bool == false && incomplete["short"]?["missing"]?.int == 1)
            #expect(try await api.get("/api/pairs/replay?long_exchange=binance").status == 422)
            #expect(try await api.get("/api/pairs/replay?\(pair.replacing("BTCUSDT", with: "NOPE"))").status == 404)
        }
    }

    @Test func aReplayEndsNowAtTheLatest() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let pair = "long_exchange=binance&long_symbol=BTCUSDT&short_exchange=hibachi&short_symbol=BTC/USDT-P"
            let (now, start) = (Date(), SampleTables.slot(-16))
            func times(_ start: Date, _ end: Date) -> String {
                "start_time=\(Timestamp.text(start))&end_time=\(Timestamp.text(end))"
            }
            let ahead = now.addingTimeInterval(10 * 86_400)
            let body = try await api.get("/api/pairs/replay?\(pair)&\(times(start, ahead))").json
            let end = try #require(body["end_time"]?.string.flatMap(Timestamp.parse))
            #expect(end >= now.addingTimeInterval(-1) && end <= Date())
            let apr = 0.0008 / (end.timeIntervalSince(start) / 3600) * 876_000
            #expect(body["net_apr"]?.double.map { abs($0 - apr) < 1e-3 } == true)
            for bad in [times(now.addingTimeInterval(3600), ahead), times(start, start), times(now, start)] {
                #expect(try await api.get("/api/pairs/replay?\(pair)&\(bad)").status == 422, "\(bad)")
            }
        }
    }

    @Test func aDelistedLegIsOwedNothingAfterItsLastPayment() async throws {
        try await RunningAPI.withSampleTables { api, database in
            try await database.run(
                """
                DELETE FROM funding_rates_historical
                 WHERE contract_id = 6 AND funding_time > \(SampleTables.slot(-24))
                """)
            let pair = "long_exchange=binance&long_symbol=BTCUSDT&short_exchange=bybit&short_symbol=GONEUSDT"
            let times =
                "start_time=\(Timestamp.text(SampleTables.slot(-48)))&end_time=\(Timestamp.text(SampleTables.lastSlot))"
            let body = try await api.get("/api/pairs/replay?\(pair)&\(times)").json
            #expect(body["short"]?["payments"]?.int == 3 && body["short"]?["missing"]?.int == 0)
            #expect(body["complete"]?.bool == true)
        }
    }

    @Test func comingPaymentsAreListed() async throws {
        try await RunningAPI.withSampleTables { api, _ in
            let pair = "long_exchange=binance&long_symbol=BTCUSDT&short_exchange=bybit&short_symbol=ETHUSDT"
            let body = try await api.get("/api/pairs/calendar?\(pair)&hours=8").json
            #expect(body["payments"]?.elements.filter { $0["leg"]?.string == "short" }.count == 8)
            #expect(body["payments"]?.elements.filter { $0["leg"]?.string == "long" }.count == 1)
            #expect(body["total"]?.double.map { abs($0 + 0.0001) < 1e-12 } == true)
            let market = try await api.get("/api/calendar?hours=8").json
            let settlements = market["settlements"]?.elements.map { $0 } ?? []
            #expect(settlements.reduce(0) { $0 + ($1["contracts"]?.int ?? 0) } == 5)
            #expect(settlements.allSatisfy { ($0["seconds_until"]?.double ?? -1) >= 0 })
            #expect(try await api.get("/api/calendar?exchange=dydx").json["settlements"]?.count == 1)
        }
    }
}
