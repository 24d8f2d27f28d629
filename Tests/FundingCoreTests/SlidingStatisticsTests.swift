import Foundation
import FundingCore
import Testing

@Suite struct SlidingStatisticsTests {
    /// Compared with the reference as far as `window` is not empty.
    private func check(_ window: SlidingStatistics, _ points: [SettledPoint], at now: Date, _ value: Double) {
        let reference = ReferenceStatistics(points, at: now)
        #expect(window.count == reference.values.count)
        #expect(agree(window.percentile(of: value), reference.percentile(of: value)))
        guard let summary = window.summary else {
            #expect(reference.values.isEmpty)
            return
        }
        let scale = reference.values.map(abs).max() ?? 0
        #expect(summary.count == reference.values.count)
        #expect(agree(summary.mean, reference.mean, scale: scale))
        #expect(agree(summary.standardDeviation, reference.standardDeviation))
        #expect(summary.median == reference.median)
        #expect(summary.lowest == reference.values.first)
        #expect(summary.highest == reference.values.last)
        #expect(agree(summary.medianDeviation, reference.medianDeviation))
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func afterThousandsOfPaymentsInAnyOrderItIsWhatItWouldBeIfComputedAnew(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var window = SlidingStatistics()
        var points: [Date: SettledPoint] = [:]
        var now = moment(0)
        // A level far above the deviations is what running sums of squares would lose their digits on.
        let level = seed.isMultiple(of: 2) ? 0.05 : 0
        for round in 0..<3000 {
            now += Double.random(in: 0...3600, using: &random)
            let late = Double(Int.random(in: 0...40, using: &random)) * 3600
            let slot = Date(timeIntervalSince1970: (now.timeIntervalSince1970 / 3600).rounded(.down) * 3600 - late)
            let interval = [FundingInterval.hourly, .eightHours, every(4)].randomElement(using: &random)!
            let rate = (level + Double.random(in: -1e-5...1e-5, using: &random)) * interval.hours
            let point = SettledPoint(fundingTime: slot, settledAt: slot, fundingRate: rate, interval: interval)
            points[slot] = point
            window.insert([point], at: now)
            if round.isMultiple(of: 97) { check(window, Array(points.values), at: now, rate / interval.hours) }
        }
        check(window, Array(points.values), at: now, level)
        now += 29 * 86_400
        window.evict(at: now)
        check(window, Array(points.values), at: now, level)
        #expect(window.evict(at: now + 40 * 86_400) == true)
        #expect(window.summary == nil)
    }

    @Test func theOrderInWhichPaymentsComeDoesNotMatter() {
        var random = SeededGenerator(seed: 9)
        let points = (0..<300).map { paid(Double($0), Double.random(in: -1...1, using: &random), every: .hourly) }
        let inOrder = SlidingStatistics(points)
        for _ in 0..<5 {
            var window = SlidingStatistics()
            for point in points.shuffled(using: &random) { window.insert([point], at: moment(300)) }
            #expect(window == inOrder)
            #expect(SlidingStatistics(points.shuffled(using: &random)) == inOrder)
        }
    }

    @Test func aRevisedPaymentTakesTheOldOnesPlace() {
        var window = SlidingStatistics([paid(0, 0.0008), paid(8, 0.0016), paid(16, 0.0024)])
        #expect(window.insert([paid(8, 0.0001, every: .hourly)], at: moment(16)) == true)
        #expect(window == SlidingStatistics([paid(0, 0.0008), paid(8, 0.0001, every: .hourly), paid(16, 0.0024)]))
        #expect(window.insert([paid(8, 0.0001, every: .hourly)], at: moment(16)) == false)
        #expect(window.hoursPaid == 17)
        #expect(window.lastFundingTime == moment(16))
    }

    @Test func aPaymentLeavesWhenItIsThirtyDaysOld() {
        var window = SlidingStatistics([paid(0, 1e-4), paid(8, 2e-4)])
        #expect(window.evict(at: moment(720, -1)) == false)
        #expect(window.evict(at: moment(720)) == true)
        #expect(window.count == 1)
        #expect(window.insert([paid(0, 1e-4)], at: moment(720)) == false)
    }

    @Test func whatIsNoNumberIsNoPayment() {
        var window = SlidingStatistics([paid(0, .nan), paid(8, .infinity)])
        #expect(window.count == 0)
        #expect(window.insert([paid(16, .nan)], at: moment(16)) == false)
        #expect(window.summary == nil)
    }

    @Test func ratesThatDifferByRoundingAloneDoNotDeviate() throws {
        let same = SlidingStatistics((0..<20).map { paid(Double(8 * $0), 0.0001) })
        #expect(same.summary?.standardDeviation == 0)
        #expect(same.summary?.zScore(of: 1) == nil)
        #expect(same.summary?.robustZScore(of: 1) == nil)
        let nearly = SlidingStatistics((0..<20).map { paid(Double(8 * $0), 0.0001 + Double($0 % 2) * 1e-18) })
        #expect(nearly.summary?.standardDeviation == 0)
        let moving = SlidingStatistics((0..<20).map { paid(Double(8 * $0), 0.0001 + Double($0 % 2) * 1e-9) })
        #expect(try #require(moving.summary?.standardDeviation) > 0)
        #expect(SlidingStatistics([paid(0, 1e-4)]).summary?.standardDeviation == nil)
    }

    /// The scores that SciPy's `percentileofscore` gives in its own documentation, and ties at the ends.
    @Test(
        arguments: [
            ([1, 2, 3, 4], 3, 75), ([1, 2, 3, 3, 4], 3, 70), ([1, 2, 3, 4], 2.5, 50), ([1, 2, 3, 4], 0, 0),
            ([1, 2, 3, 4], 9, 100), ([1, 2, 3, 4], 1, 25), ([2, 2, 2, 2], 2, 62.5), ([5], 5, 100),
        ] as [([Double], Double, Double)])
    func theRankCountsTiesByHalf(values: [Double], value: Double, expected: Double) {
        #expect(PercentileRank.rank(of: value, ascending: values) == expected)
    }

    @Test func anEmptySampleRanksNothing() {
        #expect(PercentileRank.rank(of: 1, ascending: []) == nil)
        #expect(SlidingStatistics().percentile(of: 1) == nil)
    }
}
