import Foundation
import FundingCore
import FundingStore
import PostgresDriver
import TestSupport
import Testing

@Suite(.needsPostgres)
struct HistoryRetentionTests {
    private typealias Bench = HistoryBench

    @Test func monthsThatEndedBeforeAreDroppedWithWhatWasKnownOfThem() async throws {
        try await Bench.with { bench in
            // August, September, October 2026.
            try await bench.write([-2000, -1000, -100].map { Bench.point($0) })
            _ = try await bench.store.write(
                [], covering: [(1, Bench.time(-2100)...Bench.time(0)), (2, Bench.time(-2100)...Bench.time(-1500))])
            #expect(try await bench.store.dropPartitions(olderThan: nil).isEmpty)
            let dropped = try await bench.store.dropPartitions(olderThan: Bench.time(-700))
            #expect(dropped == ["funding_rates_historical_2026_08", "funding_rates_historical_2026_09"])
            let left = try await bench.store.points(of: [1], during: Bench.time(-9999)...Bench.time(0))
            #expect(left[1]?.map(\.fundingTime) == [Bench.time(-100)])
            // 2026-10-01
            #expect(try await bench.coverage() == [-720...0])
            #expect(try await bench.coverage(of: 2).isEmpty)
            #expect(try await bench.store.dropPartitions(olderThan: Bench.time(-700)).isEmpty)
        }
    }

    @Test func youngHistoryIsNeverDropped() async throws {
        try await Bench.with { bench in
            await expectFailure("younger than three days") {
                try await bench.store.dropPartitions(olderThan: Date.now.addingTimeInterval(-86_400))
            }
        }
    }

    @Test func partitionsAreMadeAheadAndByMany() async throws {
        try await Bench.with { bench in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask { try await bench.store.ensurePartitions(during: Bench.time(0)...Bench.time(1000)) }
                }
                try await group.waitForAll()
            }
            let names = try await bench.owner.query(
                "SELECT relname FROM pg_class WHERE relname LIKE 'funding\\_rates\\_historical\\_____\\___' ORDER BY 1"
            ).map { try $0.decode(0, as: String.self) }
            #expect(names == [10, 11, 12].map { "funding_rates_historical_2026_\($0)" })
        }
    }

    @Test func analyticsShowWhatWasPaidADay() async throws {
        try await Bench.with { bench in
            try await bench.write([
                Bench.point(0, rate: 0.001), Bench.point(8, rate: 0.003), Bench.point(16, rate: 0.002), Bench.point(24),
            ])
            try await bench.store.refreshAnalytics()
            let rows = try await bench.pool.query("SELECT * FROM funding_rate_analytics ORDER BY date")
            #expect(rows.count == 2)
            #expect(try rows[0].decode("symbol") == "BTCUSDT")
            #expect(try rows[0].decode("date") == Bench.start)
            #expect(try rows[0].decode("data_points") == 3)
            #expect(abs(try rows[0].decode("avg_funding_rate") - 0.002) < 1e-15)
            #expect(abs(try rows[0].decode("volatility") - 0.001) < 1e-15)
            #expect(try rows[0].decode("min_rate") == 0.001)
            #expect(try rows[0].decode("max_rate") == 0.003)
            #expect(try rows[1].decode("volatility", as: Double?.self) == nil)
        }
    }
}
