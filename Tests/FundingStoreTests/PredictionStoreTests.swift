import Foundation
import FundingCore
import FundingStore
import PostgresDriver
import TestSupport
import Testing

@Suite(.needsPostgres)
struct PredictionStoreTests {
    private typealias Bench = StatisticsBench

    /// What the collector leaves behind: polls, and readings that moved, at so many minutes before an hour.
    private func watch(
        _ bench: Bench, hour: Double, _ readings: [(minutes: Double, rate: Double)], polls: [Double] = [62, 17, 6, 2],
        of id: Int = 1, every hours: Double = 8
    ) async throws {
        let time = HistoryBench.time(hour)
        for minutes in polls {
            try await bench.owner.query(
                """
                INSERT INTO collection_cycles (batch_id, feed, started_at, duration_ms, outcome, contracts, changed,
                                               rejects, excluded)
                VALUES ('', 'bybit', \(time - minutes * 60), 1, 'success', 1, 1, 0, 0)
                """
            )
        }
        for reading in readings {
            let moment = time - reading.minutes * 60
            try await bench.owner.query("SELECT maintain_streaming_partitions(\(moment), 9999)")
            try await bench.owner.query(
                """
                INSERT INTO streaming_data (contract_id, minute, observed_at, funding_rate, funding_interval_hours)
                VALUES (\(Int32(id)), date_trunc('minute', \(moment)), \(moment), \(reading.rate), \(hours))
                """
            )
        }
    }

    private func scores(_ bench: Bench, of id: Int = 1) async throws -> [PredictionScore.Horizon: PredictionScore] {
        try await PredictionStore(bench.pool).scores(of: [id])[id] ?? [:]
    }

    @discardableResult
    private func score(_ bench: Bench, at hours: Double = 25) async throws -> Int {
        try await PredictionStore(bench.pool).score(at: HistoryBench.time(hours), as: bench.leader)
    }

    private func expect(_ found: PredictionScore?, _ expected: PredictionScore, _ note: String = "") {
        #expect(found?.interval == expected.interval, "\(note)")
        #expect(found?.count == expected.count, "\(note)")
        #expect(found?.signFlips == expected.signFlips, "\(note)")
        #expect(abs((found?.errorSum ?? .nan) - expected.errorSum) < 1e-15, "\(note)")
        #expect(abs((found?.absoluteErrorSum ?? .nan) - expected.absoluteErrorSum) < 1e-15, "\(note)")
    }

    @Test func eachHorizonReadsWhatWasPredictedThen() async throws {
        try await Bench.with { bench in
            try await watch(bench, hour: 8, [(70, 1e-4), (40, 2e-4), (10, 3e-4), (1.5, 4e-4), (0.5, 9e-4)])
            try await bench.pay([HistoryBench.point(8, rate: 5e-4)])
            #expect(try await score(bench) == 1)
            let found = try await scores(bench)
            for (horizon, predicted) in [
                (PredictionScore.Horizon.hour, 1e-4), (.quarter, 2e-4), (.fiveMinutes, 3e-4), (.minute, 4e-4),
            ] {
                var expected = PredictionScore(every: .eightHours)
                expected.add(predicted: predicted, every: .eightHours, settled: 5e-4, for: .eightHours)
                expect(found[horizon], expected, "\(horizon)")
            }
        }
    }

    @Test func aPaymentIsScoredOnce() async throws {
        try await Bench.with { bench in
            try await watch(bench, hour: 8, [(70, 1e-4)])
            try await watch(bench, hour: 16, [(70, -1e-4)])
            try await bench.pay([HistoryBench.point(8, rate: 2e-4)])
            #expect(try await score(bench, at: 9) == 1)
            #expect(try await score(bench, at: 9) == 0)
            // Revised, and one more.
            try await bench.pay([HistoryBench.point(8, rate: 7e-4), HistoryBench.point(16, rate: 3e-4)])
            #expect(try await score(bench) == 1)
            var expected = PredictionScore(every: .eightHours)
            expected.add(predicted: 1e-4, every: .eightHours, settled: 2e-4, for: .eightHours)
            expected.add(predicted: -1e-4, every: .eightHours, settled: 3e-4, for: .eightHours)
            for horizon in PredictionScore.Horizon.allCases { expect(try await scores(bench)[horizon], expected) }
            let row = try await bench.pool.query(
                "SELECT * FROM prediction_scores WHERE contract_id = 1 AND horizon_minutes = 60")[0]
            #expect(try row.decode("mean_error") == expected.meanError)
            #expect(try row.decode("mean_absolute_error") == expected.meanAbsoluteError)
            #expect(try row.decode("sign_flip_rate") == 0.5)
            #expect(try row.decode("scored_from") == HistoryBench.time(8))
            #expect(try row.decode("scored_to") == HistoryBench.time(16))
        }
    }

    @Test func aPaymentThatHasYetToFallDueIsLeftForLater() async throws {
        try await Bench.with { bench in
            try await bench.pay([HistoryBench.point(8)])
            #expect(try await score(bench, at: 7.9) == 0)
            #expect(try await score(bench, at: 8) == 1)
        }
    }

    @Test func anOldReadingHoldsOnlyIfPollsFoundNothingNewer() async throws {
        try await Bench.with { bench in
            // Nobody polled between 20 and 4 minutes before.
            try await watch(bench, hour: 8, [(400, 1e-4)], polls: [63, 20, 3])
            // Too old, however often polled.
            try await watch(bench, hour: 40, [], of: 2)
            try await watch(bench, hour: 14, [(0, 1e-4)], of: 2)
            try await bench.pay([HistoryBench.point(8)])
            try await bench.pay([HistoryBench.point(40)], to: 2)
            try await score(bench, at: 41)
            let found = try await scores(bench)
            #expect(found[.hour]?.count == 1)
            #expect(found[.quarter]?.count == 1, "polled five minutes before, the end included")
            #expect(found[.fiveMinutes]?.count == 0)
            #expect(found[.minute]?.count == 1)
            #expect(
                try await scores(bench, of: 2).mapValues(\.count) == [
                    .hour: 1, .quarter: 0, .fiveMinutes: 0, .minute: 0,
                ])
        }
    }

    @Test func withoutAPredictionNothingIsScoredButThePaymentIsDone() async throws {
        try await Bench.with { bench in
            try await bench.pay([HistoryBench.point(8)])
            #expect(try await score(bench) == 1)
            let found = try await scores(bench)
            #expect(found.count == 4)
            #expect(found.values.allSatisfy { $0 == PredictionScore(every: .eightHours) && $0.meanError == nil })
            #expect(try await score(bench) == 0)
        }
    }

    @Test func continuousFundingHasNothingToForetell() async throws {
        try await Bench.with { bench in
            try await bench.owner.query("UPDATE contract_metadata SET is_continuous = true WHERE id = 1")
            try await watch(bench, hour: 8, [(70, 1e-4)])
            try await bench.pay([HistoryBench.point(8)])
            #expect(try await score(bench) == 0)
            #expect(try await scores(bench).isEmpty)
        }
    }

    @Test func aPredictionForAnotherIntervalIsBroughtToThePayments() async throws {
        try await Bench.with { bench in
            try await watch(bench, hour: 8, [(70, 8e-4)])
            try await bench.pay([HistoryBench.point(8, rate: 2e-4, every: .hourly)])
            try await score(bench)
            var expected = PredictionScore(every: .hourly)
            expected.add(predicted: 8e-4, every: .eightHours, settled: 2e-4, for: .hourly)
            let found = try await scores(bench)
            expect(found[.quarter], expected)
            #expect(abs(expected.errorSum + 1e-4) < 1e-15)
            #expect(found[.hour] == nil, "an hour before an hourly payment, the one before it was foretold")
        }
    }

    /// At 08:00 it pays for eight hours, from then on every hour.
    private func changeInterval(_ bench: Bench) async throws -> (before: SettledPoint, after: SettledPoint) {
        try await watch(bench, hour: 8, [(70, 8e-4)])
        try await watch(bench, hour: 9, [(20, 2e-4)], polls: [17, 6, 2], every: 1)
        return (HistoryBench.point(8, rate: 4e-4), HistoryBench.point(9, rate: 1e-4, every: .hourly))
    }

    private var hourly: PredictionScore {
        var score = PredictionScore(every: .hourly)
        score.add(predicted: 2e-4, every: .hourly, settled: 1e-4, for: .hourly)
        return score
    }

    @Test func whenTheIntervalChangesTheSumsBeginAnew() async throws {
        try await Bench.with { bench in
            let (before, after) = try await changeInterval(bench)
            try await bench.pay([before])
            try await score(bench, at: 8.5)
            #expect(try await scores(bench)[.minute]?.interval == .eightHours)
            try await bench.pay([after])
            #expect(try await score(bench, at: 10) == 1)
            let found = try await scores(bench)
            for horizon in [PredictionScore.Horizon.quarter, .fiveMinutes, .minute] {
                expect(found[horizon], hourly, "\(horizon)")
            }
            #expect(found[.hour] == nil, "nothing that is paid every hour is foretold an hour before")
            let row = try await bench.pool.query(
                "SELECT scored_from, scored_to FROM prediction_scores WHERE contract_id = 1 AND horizon_minutes = 5")[0]
            #expect(try row.decode("scored_from") == HistoryBench.time(9))
            #expect(try row.decode("scored_to") == HistoryBench.time(9))
        }
    }

    @Test func ofPaymentsThatAreScoredAtOnceOnlyThoseOfTheLatestIntervalCount() async throws {
        try await Bench.with { bench in
            let (before, after) = try await changeInterval(bench)
            try await bench.pay([before, after])
            #expect(try await score(bench, at: 10) == 2)
            let found = try await scores(bench)
            #expect(Set(found.keys) == [.quarter, .fiveMinutes, .minute])
            for (horizon, score) in found { expect(score, hourly, "\(horizon)") }
            #expect(try await score(bench, at: 10) == 0)
        }
    }
}
