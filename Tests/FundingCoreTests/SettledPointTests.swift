import Foundation
import FundingCore
import Testing

@Suite struct SettledPointTests {
    private func intervals(
        _ hours: [Double], after earlier: [(Double, Double)] = [], ledger: [(Double, Double)] = []
    ) -> [Double] {
        let known = earlier.map { hour, interval in
            SettledPoint(
                fundingTime: moment(hour), settledAt: moment(hour), fundingRate: 0, interval: every(interval)
            )
        }
        return SettledPoint.points(
            of: hours.map { FundingSettlement("X", settledAt: moment($0), rate: 0) }, after: known,
            ledger: IntervalLedger(ledger.map { (moment($0), every($1)) })
        ).map(\.interval.hours)
    }

    @Test(
        arguments: [
            ([0, 8, 16, 20, 24, 25, 26], [8, 8, 8, 4, 4, 1, 1]), ([0, 1, 2, 10, 18, 26], [1, 1, 1, 8, 8, 8]),
            ([0, 4, 8, 16, 20], [4, 4, 4, 4, 4]), ([0, 4, 8, 24, 28], [4, 4, 4, 4, 4]), ([0, 24, 48], [24, 24, 24]),
            ([0, 4, 8, 14, 20], [4, 4, 4, 6, 6]), ([0, 1, 2, 18, 34], [1, 1, 1, 1, 1]),
            ([0, 8, 16, 64, 65, 66], [8, 8, 8, 1, 1, 1]), ([0, 16, 24], [8, 8, 8]), ([0, 3, 7], [4, 4, 4]),
            ([0, 8], [8, 8]), ([2, 6, 10, 14], [4, 4, 4, 4]),
        ] as [([Double], [Double])])
    func theDistancesTellTheIntervals(hours: [Double], expected: [Double]) {
        #expect(intervals(hours) == expected)
    }

    @Test func thePaymentBeforeTellsTheFirstsInterval() {
        #expect(intervals([16, 17], after: [(0, 8), (8, 8)]) == [8, 1])
        #expect(intervals([24], after: [(0, 8), (8, 8)]) == [8])
    }

    @Test func whatIsKnownLaterTellsTheIntervalOfAnOlderPage() {
        #expect(intervals([0, 8], after: [(16, 8), (20, 4)]) == [8, 8])
        #expect(intervals([0], after: [(4, 4)]) == [4])
        #expect(intervals([8, 16], after: [(0, 8), (8, 8), (24, 8)]) == [8, 8])
    }

    @Test func theLedgerTellsWhatTheNeighboursLeaveOpen() {
        #expect(intervals([8], ledger: [(0, 4)]) == [4])
        // A hole right after the first.
        #expect(intervals([8, 16, 20], ledger: [(0, 4)]) == [4, 4, 4])
        // The last payment, after a growth that no further one confirms.
        #expect(intervals([0, 1, 2, 10], ledger: [(-9, 1), (2.1, 8)]) == [1, 1, 1, 8])
        // A change off the new grid.
        #expect(intervals([8, 9, 10, 16, 24], ledger: [(-9, 1), (10.2, 8)]) == [1, 1, 1, 8, 8])
        // A first payment after a long silence.
        #expect(intervals([500], after: [(0, 8)], ledger: [(-9, 8), (300, 4)]) == [4])
        // Half hours are no usual interval: somebody must have said so.
        #expect(intervals([0, 0.5, 1, 1.5], ledger: [(-9, 0.5)]) == [0.5, 0.5, 0.5, 0.5])
    }

    @Test func aSilenceLongerThanAnyIntervalBeginsAnew() {
        #expect(intervals([500, 501, 502], after: [(0, 4)]) == [1, 1, 1])
        #expect(intervals([500], after: [(0, 4)]) == [4])
    }

    @Test func ofASinglePaymentNothingTellsTheInterval() {
        #expect(intervals([8]) == [])
        #expect(intervals([0, 0.5]) == [])
        #expect(intervals([]) == [])
        #expect(intervals([], after: [(0, 8)]) == [])
    }

    @Test func theStatedIntervalIsTaken() {
        let points = SettledPoint.points(
            of: [
                FundingSettlement("X", settledAt: moment(0), rate: 0, every: every(0.5)),
                FundingSettlement("X", settledAt: moment(0.5), rate: 0),
                FundingSettlement("X", settledAt: moment(8), rate: 0, every: every(4)),
                FundingSettlement("X", settledAt: moment(12), rate: 0),
            ], after: [], ledger: IntervalLedger([(moment(-1), every(8))])
        )
        #expect(points.map(\.interval.hours) == [0.5, 0.5, 4, 4])
    }

    @Test func ofTwoInOneSlotTheLastBookedCountsAndNothingKnownIsLost() {
        let early = FundingSettlement("X", settledAt: moment(8, -0.1), rate: 1, every: every(8), markPrice: 100)
        let late = FundingSettlement("X", settledAt: moment(8, 15), rate: 2)
        for rows in [[early, late], [late, early], [late, early, late]] {
            let points = SettledPoint.points(of: rows, after: [], ledger: IntervalLedger([]))
            #expect(
                points == [
                    SettledPoint(
                        fundingTime: moment(8), settledAt: moment(8, 15), fundingRate: 2, interval: every(8),
                        markPrice: 100
                    )
                ]
            )
        }
        let revised = FundingSettlement("X", settledAt: moment(8, 15), rate: 3)
        let points = SettledPoint.points(of: [early, late, revised], after: [], ledger: IntervalLedger([]))
        #expect(points.map(\.fundingRate) == [3])
    }

    // MARK: Against the true schedule

    @Test(arguments: [nil, 0.0, 7, 1500])
    func withNothingMissingEveryPointIsExact(late: Double?) {
        var random = SeededGenerator(seed: 22)
        for _ in 0..<300 {
            let schedule = FundingSchedule.random(&random)
            let points = SettledPoint.points(
                of: schedule.rows(random: &random), after: [],
                ledger: late.map(schedule.ledger(late:)) ?? halfHourly(schedule)
            )
            #expect(points.map(\.fundingTime) == schedule.payments.map(\.slot))
            #expect(points.map(\.interval) == schedule.payments.map(\.interval))
            #expect(points.map(\.fundingRate) == schedule.payments.map(\.rate))
            #expect(points.reduce(0) { $0 + $1.fundingRate } == schedule.payments.reduce(0) { $0 + $1.rate })
        }
    }

    @Test(arguments: [nil, 0.0, 7, 1500])
    func singleHolesChangeNoInterval(late: Double?) {
        var random = SeededGenerator(seed: 23)
        var holes = 0
        for _ in 0..<300 {
            let schedule = FundingSchedule.random(&random, shortestRun: 6)
            let missing = schedule.singleHoles(&random)
            holes += missing.count
            let points = SettledPoint.points(
                of: schedule.rows(without: missing, random: &random), after: [],
                ledger: late.map(schedule.ledger(late:)) ?? halfHourly(schedule)
            )
            let expected = schedule.points(without: missing)
            #expect(points.map(\.fundingTime) == expected.map(\.time))
            #expect(points.map(\.interval) == expected.map(\.interval))
        }
        #expect(holes > 1000)
    }

    @Test func pagesInEitherDirectionGiveWhatOneAnswerGives() {
        var random = SeededGenerator(seed: 24)
        for _ in 0..<100 {
            let schedule = FundingSchedule.random(&random)
            let ledger = halfHourly(schedule)
            let rows = schedule.rows(random: &random).sorted { $0.settledAt < $1.settledAt }
            let whole = SettledPoint.points(of: rows, after: [], ledger: ledger)
            let size = Int.random(in: 10...40, using: &random)
            let pages = stride(from: 0, to: rows.count, by: size).map { Array(rows[$0..<min($0 + size, rows.count)]) }

            // From the newest, with the oldest of a page handed over once more.
            var stored: [Date: SettledPoint] = [:]
            var carried: [FundingSettlement] = []
            for page in pages.reversed() {
                let earlier = stored.values.sorted { $0.fundingTime < $1.fundingTime }
                for point in SettledPoint.points(of: page + carried, after: earlier, ledger: ledger) {
                    stored[point.fundingTime] = point
                }
                carried = Array(page.prefix(1))
            }
            #expect(stored.values.sorted { $0.fundingTime < $1.fundingTime } == whole)
        }
    }

    /// Knows nothing but that there are half hours, where there are.
    private func halfHourly(_ schedule: FundingSchedule) -> IntervalLedger {
        let halfHours = schedule.changes.filter { $0.interval.minutes == 30 }
        return IntervalLedger(halfHours.map { ($0.from.addingTimeInterval(86_400 * 900), $0.interval) })
    }
}
