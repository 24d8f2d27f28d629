import Foundation
import FundingCore
import Testing

@Suite struct BackfillPlanTests {
    private func plan(
        _ stored: [Double], every interval: Double = 1, to: Double, covered: [(Double, Double)] = [],
        scope: BackfillScope = .missing, ledger: [(Double, Double)] = [], within: ClosedRange<Double>? = nil
    ) -> [[Double]] {
        let window = moment(0)...moment(to)
        let report = HistoryReport(
            points: stored.map { (moment($0), every(interval)) }, during: window, listedAt: nil,
            ledger: IntervalLedger(ledger.map { (moment($0), every($1)) }), now: moment(1e6), publicationDelay: 0
        )
        let plan = BackfillPlan(
            during: within.map { moment($0.lowerBound)...moment($0.upperBound) } ?? window, report: report,
            covered: covered.map { moment($0)...moment($1) }, scope: scope
        )
        return plan.windows.map { [hours($0.lowerBound), hours($0.upperBound)] }
    }

    private func hours(_ date: Date) -> Double { (date.timeIntervalSince(moment(0)) * 1000).rounded() / 3_600_000 }

    private let minute = 1.0 / 60
    private let millisecond = 1.0 / 3_600_000

    private func isClose(_ windows: [[Double]], _ expected: [[Double]]) -> Bool {
        windows.count == expected.count
            && zip(windows.joined(), expected.joined()).allSatisfy { abs($0 - $1) < millisecond / 2 }
    }

    @Test func nothingStoredAsksForTheWholeWindow() {
        #expect(isClose(plan([], to: 50, ledger: [(-9, 8)]), [[-minute, 50 + minute]]))
        #expect(isClose(plan([], to: 50), [[-minute, 50 + minute]]))
    }

    @Test func everythingStoredAsksForNothing() {
        #expect(plan((0...50).map(Double.init), to: 50) == [])
    }

    @Test func anInterruptedPagingGoesOnWhereItStopped() {
        let all = (0...200).map(Double.init)
        // Ascending, descending, and in windows of which two are done.
        #expect(isClose(plan(Array(all[...80]), to: 200), [[81 - minute, 200 + minute]]))
        #expect(isClose(plan(Array(all[120...]), to: 200), [[-minute, 119 + minute]]))
        #expect(
            isClose(
                plan(Array(all[40...79] + all[120...159]), to: 200),
                [[-minute, 39 + minute], [80 - minute, 119 + minute], [160 - minute, 200 + minute]]
            )
        )
    }

    @Test func holesAreAskedForUnlessCovered() {
        let stored = (0...99).map(Double.init).filter { !(40...42).contains($0) }
        #expect(isClose(plan(stored, to: 99), [[40 - minute, 42 + minute]]))
        #expect(plan(stored, to: 99, covered: [(0, 99)]) == [])
        #expect(plan(stored, to: 99, covered: [(40, 42)]) == [])
        #expect(
            isClose(plan(stored, to: 99, covered: [(0, 41)]), [[41 + millisecond, 42 + minute]])
        )
        #expect(
            isClose(plan(stored, to: 99, covered: [(41, 99)]), [[40 - minute, 41 - millisecond]])
        )
    }

    @Test func everythingIsAllOfTheWindowThatFellDue() {
        let stored = (0...99).map(Double.init)
        #expect(plan(stored, to: 99, covered: [(0, 99)], scope: .everything) == [[0, 99]])
        #expect(plan([], to: 99, scope: .everything, within: 10...20) == [[10, 20]])
    }

    @Test func gapsOnlyAsksForCoveredHolesAgainAndForNothingStored() {
        let stored = (0...99).map(Double.init).filter { !(40...42).contains($0) }
        #expect(isClose(plan(stored, to: 99, covered: [(0, 99)], scope: .gaps), [[40 - minute, 42 + minute]]))
        #expect(plan((0...99).map(Double.init), to: 99, scope: .gaps) == [])
    }

    @Test func coverageThatTouchesIsOne() {
        #expect(plan([], to: 99, covered: [(50 + millisecond, 100), (-1, 50)], ledger: [(-9, 1)]) == [])
        #expect(
            isClose(
                plan([], to: 99, covered: [(60, 100), (-1, 50)], ledger: [(-9, 1)]),
                [[50 + millisecond, 60 - millisecond]]
            )
        )
    }

    @Test func holesWithLessThanADayBetweenThemAreAskedForAtOnce() {
        let holes: Set<Double> = [10, 12, 30, 60, 61]
        let stored = (0...99).map(Double.init).filter { !holes.contains($0) }
        #expect(isClose(plan(stored, to: 99), [[10 - minute, 30 + minute], [60 - minute, 61 + minute]]))
        // But not across holes that are known to be empty.
        #expect(
            isClose(
                plan(stored, to: 99, covered: [(12, 12)]),
                [[10 - minute, 10 + minute], [30 - minute, 30 + minute], [60 - minute, 61 + minute]]
            )
        )
    }

    @Test func aPartOfTheWindowAsksForItsPart() {
        #expect(isClose(plan([], to: 99, ledger: [(-9, 1)], within: 20...30), [[20 - minute, 30 + minute]]))
        #expect(plan((0...40).map(Double.init), to: 99, within: 20...30) == [])
    }

    @Test func nothingDueAsksForNothing() {
        let report = HistoryReport(
            points: [], during: moment(10)...moment(20), listedAt: nil, ledger: IntervalLedger([]), now: moment(9),
            publicationDelay: 0
        )
        let plan = BackfillPlan(during: moment(10)...moment(20), report: report, covered: [], scope: .gaps)
        #expect(plan.windows == [])
    }

    @Test(arguments: [false, true])
    func allThatIsMissingAndNothingElseIsAskedFor(gapsOnly: Bool) {
        var random = SeededGenerator(seed: 28)
        for _ in 0..<1000 {
            let schedule = FundingSchedule.random(&random)
            let count = schedule.payments.count
            var missing: Set<Int> = []
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                let first = Int.random(in: 0..<count, using: &random)
                missing.formUnion(first..<min(first + Int.random(in: 1...20, using: &random), count))
            }
            guard missing.count < count else { continue }
            let covered = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                let start =
                    schedule.payments.randomElement(using: &random)!.slot
                    + Double(Int.random(in: -7200...7200, using: &random))
                return start...start + Double(Int.random(in: 0...400_000, using: &random))
            }
            let report = HistoryReport(
                points: schedule.points(without: missing), during: schedule.window, listedAt: nil,
                ledger: schedule.ledger(late: 0), now: schedule.window.upperBound, publicationDelay: 0
            )
            let windows = BackfillPlan(
                during: schedule.window, report: report, covered: covered, scope: gapsOnly ? .gaps : .missing
            ).windows
            #expect(zip(windows, windows.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
            for (index, payment) in schedule.payments.enumerated() {
                let isAsked = windows.contains { $0.contains(payment.slot) }
                let isCovered = !gapsOnly && covered.contains { $0.contains(payment.slot) }
                if missing.contains(index) {
                    #expect(isAsked == !isCovered)
                } else if isAsked {
                    #expect(isInShortRun(index, of: schedule, missing))
                }
            }
        }
    }

    /// Whether less than a day of stored payments lies between missing ones on both sides.
    private func isInShortRun(_ index: Int, of schedule: FundingSchedule, _ missing: Set<Int>) -> Bool {
        guard let before = missing.filter({ $0 < index }).max(), let after = missing.filter({ $0 > index }).min() else {
            return false
        }
        return schedule.payments[after].slot.timeIntervalSince(schedule.payments[before].slot) < 86_400 + 180
    }
}
