import Foundation
import FundingCore
import FundingStore
import PostgresDriver
import TestSupport
import Testing

@Suite(.needsPostgres)
struct HistoryWriteTests {
    private typealias Bench = HistoryBench

    @Test func whatIsWrittenIsReadBackAcrossMonths() async throws {
        try await Bench.with { bench in
            let points = stride(from: 0.0, to: 72, by: 8).map { Bench.point($0, rate: $0 * 1e-5 - 3e-4) }
            let other = [Bench.point(4, every: FundingInterval(minutes: 240)!, mark: nil)]
            let written = try await bench.store.write(
                other.map { (contractID: 2, point: $0) } + points.reversed().map { (contractID: 1, point: $0) })
            #expect(written == HistoryStore.Written(inserted: 10))
            let all = Bench.time(-1)...Bench.time(100)
            #expect(try await bench.store.points(of: [1, 2, 3], during: all) == [1: points, 2: other])
            let some = Bench.time(8)...Bench.time(16)
            #expect(try await bench.store.points(of: [1], during: some) == [1: Array(points[1...2])])
            #expect(try await bench.store.points(of: [], during: all).isEmpty)
        }
    }

    @Test func writingTheSameAgainChangesNothing() async throws {
        try await Bench.with { bench in
            let points = (0..<40).map { Bench.point(Double($0) * 8) }
            for page in [points, points, Array(points[10..<20]), points.shuffled()] {
                _ = try await bench.store.write(
                    page.map { (contractID: 1, point: $0) }, covering: [(1, Bench.time(0)...Bench.time(320))])
            }
            let before = try await bench.tableHash()
            let versions = "SELECT sum(xmin::text::bigint) AS sum FROM funding_rates_historical" as PostgresQuery
            let sum: Int = try await bench.owner.query(versions)[0].decode("sum")
            let written = try await bench.store.write(
                (points + points).map { (contractID: 1, point: $0) }, covering: [(1, Bench.time(8)...Bench.time(320))])
            #expect(written == HistoryStore.Written())
            #expect(try await bench.tableHash() == before)
            #expect(try await bench.owner.query(versions)[0].decode("sum") == sum)
        }
    }

    @Test func aRevisedPaymentReplacesTheOldOneAndNothingKnownIsLost() async throws {
        try await Bench.with { bench in
            try await bench.write([Bench.point(0), Bench.point(8), Bench.point(16, mark: nil)])
            // An import knows no time but the slot's.
            try await bench.owner.query("UPDATE funding_rates_historical SET settled_at = NULL WHERE contract_id = 1")
            try await bench.write([Bench.point(0)])
            let written = try await bench.write([
                Bench.point(0, mark: nil), Bench.point(8, rate: 0.0002, mark: nil), Bench.point(16, mark: 7),
                Bench.point(24),
            ])
            #expect(written == HistoryStore.Written(inserted: 1, updated: 2))
            // As it was before, for who asks what was known then.
            let then = try await bench.owner.query(
                """
                SELECT a.funding_rate FROM funding_history_as_of(
                       (SELECT min(replaced_at) - interval '1 ms' FROM funding_rate_revisions)) AS a
                 WHERE a.contract_id = 1 ORDER BY a.funding_time
                """
            ).map { try $0.decode(0, as: Double.self) }
            #expect(then == [0.0001, 0.0001, 0.0001, 0.0001])
            let now = try await bench.owner.query(
                "SELECT funding_rate FROM funding_history_as_of(now()) WHERE contract_id = 1 ORDER BY funding_time"
            ).map { try $0.decode(0, as: Double.self) }
            #expect(now == [0.0001, 0.0002, 0.0001, 0.0001])
            #expect(try await bench.owner.query("SELECT FROM funding_rate_revisions").count == 1)
            let stored = try #require(
                try await bench.store.points(of: [1], during: Bench.time(0)...Bench.time(99))[1])
            #expect(stored.map(\.markPrice) == [100, 100, 7, 100])
            #expect(stored.map(\.fundingRate) == [0.0001, 0.0002, 0.0001, 0.0001])
            #expect(stored.allSatisfy { $0.settledAt == $0.fundingTime.addingTimeInterval(0.25) })
        }
    }

    @Test func ofTwoRowsWithTheSameSlotTheLastStands() async throws {
        try await Bench.with { bench in
            let written = try await bench.write([Bench.point(8), Bench.point(0, rate: 1), Bench.point(0, rate: 2)])
            #expect(written == HistoryStore.Written(inserted: 2))
            let stored = try await bench.store.points(of: [1], during: Bench.time(0)...Bench.time(9))
            #expect(stored[1]?.map(\.fundingRate) == [2, 0.0001])
        }
    }

    @Test func aZeroRateIsAPaymentLikeAnyOther() async throws {
        try await Bench.with { bench in
            try await bench.write([Bench.point(0, rate: 0.5)])
            #expect(try await bench.write([Bench.point(0, rate: 0)]) == HistoryStore.Written(updated: 1))
            let stored = try await bench.store.points(of: [1], during: Bench.time(0)...Bench.time(9))
            #expect(stored[1]?.map(\.fundingRate) == [0])
        }
    }

    @Test func rangesThatOverlapOrTouchBecomeOne() async throws {
        try await Bench.with { bench in
            func cover(_ ranges: (Int, Double, Double)...) async throws {
                _ = try await bench.store.write(
                    [], covering: ranges.map { ($0.0, Bench.time($0.1)...Bench.time($0.2)) })
            }
            try await cover((1, 0, 10), (1, 20, 30), (2, 0, 100), (1, 22, 25), (1, 20, 30))
            #expect(try await bench.coverage() == [0...10, 20...30])
            try await cover((1, 40, 50))
            #expect(try await bench.coverage() == [0...10, 20...30, 40...50])
            try await cover((1, 30, 35), (1, 10, 11))
            #expect(try await bench.coverage() == [0...11, 20...35, 40...50])
            try await cover((1, 11, 20), (1, 36, 60))
            #expect(try await bench.coverage() == [0...35, 36...60])
            try await cover((1, -5, 99))
            #expect(try await bench.coverage() == [-5...99])
            #expect(try await bench.coverage(of: 2) == [0...100])
            let contract = try await bench.store.contracts(feeds: nil, symbols: ["BTCUSDT"])[0]
            #expect(contract.covered == [Bench.time(-5)...Bench.time(99)])
        }
    }

    @Test func writersOfTheSameRowsAndOfOthersDoNotDisturbEachOther() async throws {
        try await Bench.with { bench in
            let points = (0..<240).map { Bench.point(Double($0), every: .hourly) }
            let inserted = try await withThrowingTaskGroup(of: Int.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        var inserted = 0
                        // All write the same of three contracts, in pages that lie differently and come in any order.
                        let size = 20 + writer
                        let pages = stride(from: 0, to: points.count, by: size).shuffled()
                        for from in pages {
                            let page = points[from..<min(from + size, points.count)]
                            let rows = (1...3).flatMap { id in page.map { (contractID: id, point: $0) } }
                            let range = page.first!.fundingTime...page.last!.fundingTime.addingTimeInterval(3600)
                            inserted += try await bench.store.write(
                                rows.shuffled(), covering: (1...3).map { ($0, range) }
                            ).inserted
                        }
                        return inserted
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(inserted == 720)
            let stored = try await bench.store.points(of: [1, 2, 3], during: Bench.time(0)...Bench.time(999))
            #expect(stored == [1: points, 2: points, 3: points])
            for id in 1...3 { #expect(try await bench.coverage(of: id) == [0...240]) }
        }
    }

    @Test func aPageIsStoredWithItsCoverageOrNotAtAll() async throws {
        try await Bench.with { bench in
            await expectFailure("backfill_coverage") {
                _ = try await bench.store.write(
                    [(1, Bench.point(0))], covering: [(77, Bench.time(0)...Bench.time(1))])
            }
            let stored = try await bench.store.points(of: [1], during: Bench.time(0)...Bench.time(9))
            #expect(stored.isEmpty)
        }
    }

    @Test func contractsComeWithTheirLedger() async throws {
        try await Bench.with { bench in
            try await bench.owner.query(
                """
                INSERT INTO contract_terms VALUES
                       (2, \(Bench.time(0)), 8, NULL, NULL, 1, 'active'),
                       (2, \(Bench.time(48)), 4, NULL, NULL, 1, 'active')
                """
            )
            try await bench.owner.query(
                "UPDATE contract_metadata SET status = 'inactive', native_id = '7' WHERE id = 3")
            let contracts = try await bench.store.contracts(feeds: ["bybit"], symbols: nil)
            #expect(contracts.map(\.contract.symbol) == ["BTCUSDT", "ETHUSDT", "SOLUSDT"])
            #expect(contracts.map(\.isActive) == [true, true, false])
            #expect(contracts[2].contract.nativeID == "7")
            #expect(contracts[1].ledger.interval(at: Bench.time(47)) == .eightHours)
            #expect(contracts[1].ledger.interval(at: Bench.time(48)) == FundingInterval(minutes: 240))
            #expect(contracts[0].ledger.latest == nil && contracts[0].interval == .eightHours)
            #expect(try await bench.store.contracts(feeds: ["kraken"], symbols: nil).isEmpty)
            #expect(try await bench.store.contracts(feeds: nil, symbols: ["SOLUSDT", "X"]).map(\.id) == [3])
        }
    }
}
