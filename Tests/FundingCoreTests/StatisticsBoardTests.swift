import Foundation
import FundingCore
import Testing

@Suite struct StatisticsBoardTests {
    private let now = moment(720)

    private func history(_ hours: Int, seed: UInt64, missing: Int = 0) -> [SettledPoint] {
        var random = SeededGenerator(seed: seed)
        return (1...(720 / hours)).filter { $0 % 13 != missing }.map {
            paid(Double($0 * hours), Double.random(in: -1e-4...3e-4, using: &random), every: every(Double(hours)))
        }
    }

    private func board(_ histories: [[SettledPoint]]) -> StatisticsBoard {
        var board = StatisticsBoard()
        for (id, points) in histories.enumerated() {
            board.replace(SlidingStatistics(points), of: id, at: now)
            board.observe(id, rate: 1e-4, every: .eightHours, listedAt: nil)
        }
        return board
    }

    /// The spread at each full hour at which a payment of both legs covers it, straight from the definition.
    private func spreads(_ long: [SettledPoint], _ short: [SettledPoint], upTo last: Double) -> [Double] {
        func rate(_ points: [SettledPoint], at hour: Date) -> Double? {
            points.first { $0.fundingTime >= hour }.flatMap {
                hour > $0.fundingTime - Double($0.interval.minutes) * 60 ? $0.fundingRate / $0.interval.hours : nil
            }
        }
        return (0..<720).compactMap { back in
            let hour = moment(last - Double(back))
            guard let short = rate(short, at: hour), let long = rate(long, at: hour) else { return nil }
            return (short - long) * 876_000
        }
    }

    @Test(arguments: [(1, 1), (1, 8), (8, 4), (8, 8), (24, 1)])
    func theSpreadIsReadOffBothLegsAtEveryFullHour(long: Int, short: Int) throws {
        let legs = [history(long, seed: 1), history(short, seed: 2, missing: 5)]
        var board = board(legs)
        let reference = ReferenceStatistics(spreads(legs[0], legs[1], upTo: 720))
        let found = board.spread(long: 0, short: 1, spread: 40, at: now + 1200)
        #expect(found.dataPoints == reference.values.count)
        #expect(agree(found.mean, reference.mean, scale: 1))
        #expect(agree(found.standardDeviation, reference.standardDeviation))
        #expect(agree(found.zScore, (40 - reference.mean) / reference.standardDeviation!, scale: 1))
        #expect(found.percentile == (reference.percentile(of: 40)! * 10).rounded() / 10)
    }

    @Test func windowsThatNoBoardHoldsTellTheSameOfAPair() {
        let legs = [history(1, seed: 9), history(8, seed: 10, missing: 3)]
        var board = board(legs)
        let expected = board.spread(long: 0, short: 1, spread: 25, at: now + 60)
        let windows = legs.map { SlidingStatistics($0) }
        #expect(SpreadStatistics(of: 25, long: windows[0], short: windows[1], at: now + 60) == expected)
        #expect(
            SpreadStatistics(of: 25, long: windows[0], short: SlidingStatistics(), at: now)
                == SpreadStatistics(dataPoints: 0))
    }

    @Test func theReversedPairIsTheNegatedOne() throws {
        var board = board([history(1, seed: 3), history(8, seed: 4)])
        let pair = board.spread(long: 0, short: 1, spread: 25, at: now)
        let reversed = board.spread(long: 1, short: 0, spread: -25, at: now)
        #expect(reversed.mean == pair.mean.map { -$0 })
        #expect(reversed.zScore == pair.zScore.map { -$0 })
        #expect(reversed.standardDeviation == pair.standardDeviation)
        #expect(reversed.dataPoints == pair.dataPoints)
    }

    @Test func fewerThanThirtyCommonHoursAreCountedAndNothingElse() {
        let long = (1...29).map { paid(Double($0), 1e-5 * Double($0), every: .hourly) }
        var board = board([long, history(8, seed: 5), []])
        #expect(board.spread(long: 0, short: 1, spread: 5, at: moment(100)) == SpreadStatistics(dataPoints: 29))
        board.insert([paid(30, 1e-5, every: .hourly)], of: 0, at: moment(100))
        #expect(board.spread(long: 0, short: 1, spread: 5, at: moment(100)).mean != nil)
        #expect(board.spread(long: 0, short: 2, spread: 5, at: now) == SpreadStatistics(dataPoints: 0))
        #expect(board.spread(long: 0, short: 77, spread: 5, at: now) == SpreadStatistics(dataPoints: 0))
    }

    @Test func whatIsKeptOfAPairIsForgottenWhenALegSettlesOrTheHourTurns() {
        let legs = [history(1, seed: 6), history(1, seed: 7)]
        var board = board(legs)
        let before = board.spread(long: 0, short: 1, spread: 5, at: now)
        #expect(board.spread(long: 0, short: 1, spread: 5, at: now + 3599) == before)
        let revised = paid(700, 0.02, every: .hourly)
        board.insert([revised], of: 1, at: now)
        let after = board.spread(long: 0, short: 1, spread: 5, at: now)
        let short = legs[1].map { $0.fundingTime == revised.fundingTime ? revised : $0 }
        #expect(agree(after.mean, ReferenceStatistics(spreads(legs[0], short, upTo: 720)).mean, scale: 1))
        let later = board.spread(long: 0, short: 1, spread: 5, at: now + 3600)
        #expect(later.dataPoints == before.dataPoints - 1)
        #expect(agree(later.mean, ReferenceStatistics(spreads(legs[0], short, upTo: 721)).mean, scale: 1))
    }

    @Test func equalLegsHaveNoScore() {
        let same = history(8, seed: 8)
        var board = board([same, same])
        let found = board.spread(long: 0, short: 1, spread: 0, at: now)
        #expect(found.mean == 0)
        #expect(found.standardDeviation == 0)
        #expect(found.zScore == nil)
        #expect(!found.isSignificant)
    }

    @Test func aScoreBeyondTwoIsSignificantAndBeyondThreeExtreme() {
        #expect(!SpreadStatistics(dataPoints: 30, zScore: 2).isSignificant)
        #expect(SpreadStatistics(dataPoints: 30, zScore: -2.1).isSignificant)
        #expect(!SpreadStatistics(dataPoints: 30, zScore: 3).isExtreme)
        #expect(SpreadStatistics(dataPoints: 30, zScore: -3.1).isExtreme)
    }

    @Test func whatWasToldIsToldAgainOnlyWhenItMoves() throws {
        var board = board([history(8, seed: 1), history(1, seed: 2)])
        let first = board.changes(at: now)
        #expect(Set(first.map(\.id)) == [0, 1])
        // The write failed: they are still due.
        #expect(board.changes(at: now).count == 2)
        board.markTold(first)
        #expect(board.changes(at: now) == [])
        board.observe(1, rate: 2e-4, every: .eightHours, listedAt: nil)
        let moved = board.changes(at: now)
        #expect(moved.map(\.id) == [1])
        #expect(moved[0].statistics.fundingRate == 2e-4)
        board.markTold(moved)
        #expect(board.statistics(of: 1, at: now) == moved[0].statistics)
        board.observe(1, rate: 2e-4, every: .eightHours, listedAt: nil)
        #expect(board.changes(at: now) == [])
        board.forgetTold()
        #expect(Set(board.changes(at: now).map(\.id)) == [0, 1])
    }

    @Test func whatMovesWhileItIsToldIsToldAgain() {
        var board = board([history(8, seed: 1)])
        let first = board.changes(at: now)
        board.observe(0, rate: 3e-4, every: .eightHours, listedAt: nil)
        board.markTold(first)
        let second = board.changes(at: now)
        #expect(second.map(\.statistics.fundingRate) == [3e-4])
        board.markTold(second)
        #expect(board.changes(at: now) == [])
    }

    @Test func timeAloneIsNoticedWithinTheZonesPeriod() {
        var board = board([history(1, seed: 1), history(1, seed: 2)])
        board.observe(1, rate: 9e-3, every: .eightHours, listedAt: nil)
        board.markTold(board.changes(at: moment(721, -10)))
        #expect(board.statistics(of: 0, at: moment(721, -10))?.zone == .stable)
        #expect(board.statistics(of: 1, at: moment(721, -10))?.zone == .active)
        // At hour 721 the oldest payment of both leaves the window, and nothing else happens.
        #expect(board.changes(at: moment(721, 19)) == [])
        let active = board.changes(at: moment(721, 20))
        #expect(active.map(\.id) == [1])
        board.markTold(active)
        #expect(board.changes(at: moment(721, 49)) == [])
        #expect(board.changes(at: moment(721, 50)).map(\.id) == [0])
    }

    @Test func aRetiredContractIsNotTold() {
        var board = board([history(8, seed: 1), history(1, seed: 2)])
        board.markTold(board.changes(at: now))
        board.retire(0)
        #expect(board.count == 1)
        #expect(board.statistics(of: 0, at: now) == nil)
        board.insert([paid(721, 5e-4, every: .hourly)], of: 0, at: now)
        #expect(board.changes(at: now) == [])
        board.observe(0, rate: 1e-4, every: .eightHours, listedAt: nil)
        #expect(board.changes(at: now).map(\.id) == [0])
    }

    @Test func aWindowReadAnewChangesOnlyWhatWasOtherThanKnown() {
        var board = board([history(8, seed: 1)])
        board.markTold(board.changes(at: now))
        #expect(board.replace(SlidingStatistics(history(8, seed: 1)), of: 0, at: now) == false)
        #expect(board.changes(at: now) == [])
        #expect(board.replace(SlidingStatistics(history(8, seed: 2)), of: 0, at: now) == true)
        #expect(board.changes(at: now).count == 1)
    }
}
