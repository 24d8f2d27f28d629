import Foundation
import FundingCore
import FundingStore
import PostgresDriver
import TestSupport
import Testing

@Suite(.needsPostgres)
struct StatisticsStoreTests {
    private typealias Bench = StatisticsBench

    private static func points(_ count: Int, seed: Double = 1) -> [SettledPoint] {
        (1...count).map { HistoryBench.point(Double(8 * $0), rate: (Double($0 * 7 % 11) - seed) * 1e-5) }
    }

    @Test func windowsAreReadAsTheyAreStoredInWhateverOrder() async throws {
        try await Bench.with { bench in
            let points = Self.points(120)
            try await bench.pay(Array(points[60...]), to: 1)
            try await bench.pay(points, to: 2)
            try await bench.pay(Array(points[..<60]), to: 1)
            let start = HistoryBench.time(100)
            let expected = SlidingStatistics(points.filter { $0.fundingTime > start })
            #expect(expected.count > 100)
            #expect(try await bench.store.windows(after: start) == [1: expected, 2: expected])
            #expect(
                try await bench.store.windows(of: [2, 3], after: start) == [2: expected, 3: SlidingStatistics()])
            #expect(try await bench.store.windows(after: HistoryBench.time(9999)) == [:])
        }
    }

    @Test func theLastPaymentOfEachContractIsFound() async throws {
        try await Bench.with { bench in
            try await bench.pay(Self.points(5), to: 1)
            try await bench.pay(Self.points(9), to: 3)
            let last = try await bench.store.lastFundingTimes(after: HistoryBench.time(0))
            #expect(last == [1: HistoryBench.time(40), 3: HistoryBench.time(72)])
            #expect(try await bench.store.lastFundingTimes(after: HistoryBench.time(40)) == [3: HistoryBench.time(72)])
        }
    }

    @Test func whatWasWrittenCanBeReadInSQL() async throws {
        try await Bench.with { bench in
            let row = Bench.row(1, "BTCUSDT", Self.points(60))
            let event = try #require(try await bench.write([row, Bench.row(2, "ETHUSDT", Self.points(5))]))
            #expect(event.sequence == 1)
            #expect(event.computedAt == HistoryBench.time(720))
            #expect(event.changed.map(\.symbol) == ["BTCUSDT", "ETHUSDT"])
            #expect(event.changed[0].statistics == row.statistics)
            let stored = try await bench.pool.query("SELECT * FROM funding_statistics WHERE symbol = 'BTCUSDT'")[0]
            let statistics = row.statistics
            #expect(try stored.decode("mean_30d") == statistics.rates?.mean)
            #expect(try stored.decode("std_dev_30d") == statistics.rates?.standardDeviation)
            #expect(try stored.decode("z_score") == statistics.zScore)
            #expect(try stored.decode("z_score_apr") == statistics.zScore)
            #expect(try stored.decode("robust_z_score") == statistics.robustZScore)
            #expect(try stored.decode("percentile_apr") == statistics.percentile)
            #expect(try stored.decode("data_points") == 60)
            #expect(try stored.decode("expected_points") == 90)
            #expect(try stored.decode("completeness_percentage", as: Double.self) == 100.0 * 60 / 90)
            #expect(try stored.decode("confidence") == "medium")
            #expect(try stored.decode("zone") == statistics.zone.rawValue)
            let mean: Double = try stored.decode("mean_30d_apr")
            #expect(abs(mean - (statistics.aprs?.mean ?? 0)) < 1e-12)
            // Too few payments: everything is unknown but their number.
            let few = try await bench.pool.query("SELECT * FROM funding_statistics WHERE symbol = 'ETHUSDT'")[0]
            #expect(try few.decode("data_points") == 5)
            #expect(try few.decode("confidence") == "none")
            for column in ["mean_30d", "std_dev_30d_apr", "median_30d", "z_score", "percentile", "robust_z_score"] {
                #expect(try few.decode(column) == nil as Double?)
            }
        }
    }

    @Test func onlyRowsThatDifferAreWrittenAndTheSequenceHasNoHole() async throws {
        try await Bench.with { bench in
            let rows = [Bench.row(1, "BTCUSDT", Self.points(60)), Bench.row(2, "ETHUSDT", Self.points(50))]
            #expect(try await bench.write(rows)?.sequence == 1)
            #expect(try await bench.write(rows, at: 721) == nil)
            let moved = [rows[0], Bench.row(2, "ETHUSDT", Self.points(50), rate: 4e-4)]
            let event = try #require(try await bench.write(moved, at: 722))
            #expect(event.sequence == 2)
            #expect(event.changed.map(\.symbol) == ["ETHUSDT"])
            let sequences: [Int] = try await bench.pool.query(
                "SELECT sequence FROM funding_statistics ORDER BY contract_id"
            ).map { try $0.decode("sequence") }
            #expect(sequences == [1, 2])
            let state = try await bench.pool.query("SELECT * FROM statistics_state")[0]
            #expect(try state.decode("sequence") == 2)
            #expect(try state.decode("last_run_at") == HistoryBench.time(722))
            #expect(try state.decode("contracts") == 2)
            #expect(try state.decode("changed") == 1)
            #expect(try state.decode("duration_ms", as: Double.self) > 0)
        }
    }

    @Test func whatWasWrittenIsReadAsItWasToldOf() async throws {
        try await Bench.with { bench in
            #expect(try await bench.store.state() == StatisticsState())
            let rows = [Bench.row(1, "BTCUSDT", Self.points(60)), Bench.row(2, "ETHUSDT", Self.points(5))]
            let first = try #require(try await bench.write(rows))
            let moved = try #require(
                try await bench.write([rows[0], Bench.row(2, "ETHUSDT", Self.points(12), rate: 0)], at: 722))
            let whole = try await bench.store.load()
            #expect(whole.rows.sorted { $0.symbol < $1.symbol } == [first.changed[0], moved.changed[0]])
            #expect(whole.state.sequence == 2 && whole.state.lastRunAt == HistoryBench.time(722))
            #expect(whole.state.contracts == 2 && whole.state.changed == 1 && (whole.state.duration ?? 0) > 0)
            #expect(try await bench.store.changes(after: 1).rows == moved.changed)
            #expect(try await bench.store.changes(after: 2).rows.isEmpty)
            #expect(try await bench.store.state() == whole.state)
        }
    }

    @Test func aRunWithoutNewsIsRememberedToo() async throws {
        try await Bench.with { bench in
            #expect(try await bench.write([], at: 5) == nil)
            let state = try await bench.pool.query("SELECT last_run_at, sequence FROM statistics_state")[0]
            #expect(try state.decode("last_run_at") == HistoryBench.time(5))
            #expect(try state.decode("sequence") == 0)
        }
    }

    @Test func contractsThatAreNoLongerListedHaveNoRow() async throws {
        try await Bench.with { bench in
            let rows = [Bench.row(1, "BTCUSDT", Self.points(60)), Bench.row(2, "ETHUSDT", Self.points(50))]
            try await bench.write(rows)
            try await bench.owner.query("UPDATE contract_metadata SET status = 'inactive' WHERE id = 1")
            let event = try await bench.write([rows[0], Bench.row(2, "ETHUSDT", Self.points(51))])
            #expect(event?.changed.map(\.symbol) == ["ETHUSDT"])
            let left: [Int] = try await bench.pool.query("SELECT contract_id FROM funding_statistics").map {
                try $0.decode(0)
            }
            #expect(left == [2])
            try await bench.owner.query("UPDATE contract_metadata SET status = 'inactive' WHERE id = 2")
            #expect(try await bench.write([]) == nil)
            #expect(try await bench.pool.query("SELECT FROM funding_statistics").isEmpty)
            // A contract that nobody knows is no reason to fail.
            #expect(try await bench.write([Bench.row(77, "GONE", Self.points(20))]) == nil)
        }
    }

    @Test func whoLeadsNoLongerWritesNothing() async throws {
        try await Bench.with { bench in
            try await bench.owner.query("UPDATE scanner_lease SET token = token + 1")
            await #expect(throws: LeadershipLost.self) {
                try await bench.write([Bench.row(1, "BTCUSDT", Self.points(60))])
            }
            await #expect(throws: LeadershipLost.self) {
                try await PredictionStore(bench.pool).score(at: HistoryBench.time(800), as: bench.leader)
            }
            #expect(try await bench.pool.query("SELECT FROM funding_statistics").isEmpty)
        }
    }
}
