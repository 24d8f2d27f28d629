import Foundation
import FundingCore
import FundingStore
import PostgresDriver
import TestSupport
import Testing

@Suite(.needsPostgres)
struct ReplayStoreTests {
    private typealias Bench = HistoryBench

    /// Each period of holding, against a sum that Postgres makes of the same rows.
    @Test(arguments: [(0, 24), (8, 24), (7.5, 40), (0, 400), (33, 33), (-40, 3)])
    func aReplayIsWhatSQLAddsUp(from: Double, to: Double) async throws {
        try await Bench.with { bench in
            let long = (-6...60).map { place in
                Bench.point(Double(8 * place), rate: Self.rate(place + 6, 13))
            }
            let missing = Set((-48...480).filter { $0 % 17 == 3 })
            let short = (-48...480).filter { !missing.contains($0) }.map { place in
                Bench.point(Double(place), rate: Self.rate(place + 48, 19), every: .hourly)
            }
            try await bench.write(long, of: 1)
            try await bench.write(short, of: 2)
            let period = Bench.time(from)...Bench.time(to)
            // Payments around the period tell the grid on which others are missing.
            let points = try await bench.store.points(of: [1, 2], during: Bench.time(from - 24)...Bench.time(to + 24))
            let fees = PairReplay.Fees(long: 0.0004, short: 0.0005)
            let replay = PairReplay(
                long: .init(points: points[1] ?? []), short: .init(points: points[2] ?? []), from: period.lowerBound,
                to: period.upperBound, fees: fees,
                now: Bench.time(1000), publicationDelay: HistoryStore.publicationDelay)
            let sums = try await bench.owner.query(
                """
                SELECT coalesce(-sum(funding_rate) FILTER (WHERE contract_id = 1), 0) AS long,
                       coalesce(sum(funding_rate) FILTER (WHERE contract_id = 2), 0) AS short,
                       count(*) FILTER (WHERE contract_id = 1) AS long_count,
                       count(*) FILTER (WHERE contract_id = 2) AS short_count
                  FROM funding_rates_historical
                 WHERE funding_time > \(period.lowerBound) AND funding_time <= \(period.upperBound)
                """
            )[0]
            let expected = (long: try sums.decode("long") as Double, short: try sums.decode("short") as Double)
            #expect(abs(replay.long.received - expected.long) < 1e-12)
            #expect(abs(replay.short.received - expected.short) < 1e-12)
            #expect(replay.long.payments == (try sums.decode("long_count")))
            #expect(replay.short.payments == (try sums.decode("short_count")))
            #expect(abs(replay.carry - expected.long - expected.short) < 1e-12)
            #expect(abs(replay.net - (expected.long + expected.short - 0.0018)) < 1e-12)
            #expect(replay.long.missing == 0)
            let missed = missing.map(Double.init).count { hour in hour > from && hour <= to }
            #expect(replay.short.missing == missed)
        }
    }

    private static func rate(_ place: Int, _ length: Int) -> Double { Double(place * 7 % length - length / 2) * 1e-5 }

    @Test func eachContractIsReadDuringItsOwnWindow() async throws {
        try await Bench.with { bench in
            let points = (0...9).map { Bench.point(Double(8 * $0)) }
            for id in 1...3 { try await bench.write(points, of: id) }
            let found = try await bench.store.points(of: [
                1: Bench.time(8)...Bench.time(16), 2: Bench.time(70)...Bench.time(999),
                9: Bench.time(0)...Bench.time(9),
            ])
            #expect(found == [1: Array(points[1...2]), 2: [points[9]]])
            #expect(try await bench.store.points(of: [:]).isEmpty)
        }
    }
}
