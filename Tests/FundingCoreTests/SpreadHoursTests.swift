import Foundation
import Testing

@testable import FundingCore

struct SpreadHoursTests {
    /// Twenty minutes before a full hour.
    private let start = Date(timeIntervalSince1970: 1_790_002_800 + 2400)

    private func at(_ minutes: Double) -> Date { start.addingTimeInterval(minutes * 60) }

    /// Rates every hour, in hundredths of a percent; 1 is 87.6 % a year.
    private func spread(_ first: Double, _ second: Double) throws -> FundingSpread {
        try #require(
            SpreadSample.spread(
                SpreadSample.rate(1, "a", rate: first / 1e4, every: .hourly),
                SpreadSample.rate(2, "b", rate: second / 1e4, every: .hourly)))
    }

    @Test func anHourIsCutAtItsEndAndWeighedByTime() throws {
        var hours = SpreadHours(floorAPR: 50)
        hours.observe(try spread(0, 1), at: at(0))
        hours.observe(try spread(0, 3), at: at(5))
        // The pair flips: its spread is negative then, and it stays one pair.
        hours.observe(try spread(2, 0), at: at(30))
        let taken = hours.take(at: at(40))
        #expect(taken.map(\.bucket) == [at(-40), at(20)])
        #expect(taken.map { [$0.a, $0.b] } == [[1, 2], [1, 2]])
        expect(taken[0], open: 1, high: 3, low: 1, close: 3, average: (5 * 1 + 15 * 3) / 20, seconds: 1200)
        expect(taken[1], open: 3, high: 3, low: -2, close: -2, average: (10 * 3 - 10 * 2) / 20, seconds: 1200)
        #expect(taken[1].rateA == 2e-4 && taken[1].rateB == 0)
    }

    @Test func partsAreTakenOutOnce() throws {
        var hours = SpreadHours(floorAPR: 50)
        hours.observe(try spread(0, 1), at: at(0))
        expect(hours.take(at: at(1))[0], open: 1, high: 1, low: 1, close: 1, average: 1, seconds: 60)
        #expect(hours.take(at: at(1)).isEmpty)
        hours.end(try spread(0, 1), at: at(3))
        let rest = hours.take(at: at(9))
        #expect(rest.count == 1)
        expect(rest[0], open: 1, high: 1, low: 1, close: 1, average: 1, seconds: 120)
        #expect(hours.take(at: at(90)).isEmpty, "nobody watches a pair that is gone")
    }

    /// As when a leg grows stale for a minute.
    @Test func aPairThatComesBackWithinTheHourHasOnePartOfIt() throws {
        var hours = SpreadHours(floorAPR: 50)
        hours.follow([try spread(0, 1)], removed: [], at: at(0))
        hours.follow([], removed: [try spread(0, 1)], at: at(2))
        hours.follow([try spread(0, 4)], removed: [], at: at(3))
        let taken = hours.take(at: at(4))
        #expect(taken.count == 1)
        expect(taken[0], open: 1, high: 4, low: 1, close: 4, average: (2 * 1 + 1 * 4) / 3, seconds: 180)
        hours.follow([], removed: [try spread(0, 4)], at: at(5))
        hours.follow([try spread(0, 1)], removed: [], at: at(6))
        hours.follow([], removed: [try spread(0, 1)], at: at(7))
        #expect(hours.take(at: at(8)).map(\.seconds) == [120])
    }

    @Test func aPairThatFlipsIsWatchedOn() throws {
        var hours = SpreadHours(floorAPR: 50)
        hours.follow([try spread(0, 1)], removed: [], at: at(0))
        // Below the floor, and the other way round: gone and come in one.
        hours.follow([try spread(0.1, 0)], removed: [try spread(0, 1)], at: at(5))
        expect(
            hours.take(at: at(15))[0], open: 1, high: 1, low: -0.1, close: -0.1, average: (5 * 1 - 10 * 0.1) / 15,
            seconds: 900)
    }

    @Test func aPairIsWatchedFromTheFloorOnUntilItIsGone() throws {
        var hours = SpreadHours(floorAPR: 100)
        hours.observe(try spread(0, 1), at: at(0))
        #expect(hours.take(at: at(5)).isEmpty)
        hours.observe(try spread(0, 2), at: at(5))
        hours.observe(try spread(0, 0.5), at: at(6))
        expect(hours.take(at: at(8))[0], open: 2, high: 2, low: 0.5, close: 0.5, average: 1, seconds: 180)
    }

    @Test func pairsThatAreNotRankedAreNotWatched() throws {
        var hours = SpreadHours(floorAPR: 0)
        let unknown = try #require(
            SpreadSample.spread(
                SpreadSample.rate(1, "a", rate: 0, mark: nil), SpreadSample.rate(2, "b", rate: 0.01)))
        hours.observe(unknown, at: at(0))
        #expect(hours.take(at: at(5)).isEmpty)
    }

    private func expect(
        _ hour: SpreadHour, open: Double, high: Double, low: Double, close: Double, average: Double, seconds: Double,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for (found, expected) in [
            (hour.open, open), (hour.high, high), (hour.low, low), (hour.close, close), (hour.average, average),
        ] {
            #expect(abs(found - expected * 87.6) < 1e-9, sourceLocation: sourceLocation)
        }
        #expect(abs(hour.seconds - seconds) < 1e-6, sourceLocation: sourceLocation)
    }
}
