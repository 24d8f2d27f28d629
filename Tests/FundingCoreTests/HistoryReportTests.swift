import Foundation
import FundingCore
import Testing

@Suite struct HistoryReportTests {
    private func report(
        _ points: [(Double, Double)], from: Double = 0, to: Double, listed: Double? = nil,
        ledger: [(Double, Double)] = [], now: Double = 1e6, delay: Double = 0
    ) -> HistoryReport {
        HistoryReport(
            points: points.map { (moment($0), every($1)) }, during: moment(from)...moment(to),
            listedAt: listed.map { moment($0) }, ledger: IntervalLedger(ledger.map { (moment($0), every($1)) }),
            now: moment(now), publicationDelay: delay
        )
    }

    private func gaps(_ report: HistoryReport) -> [[Double]] {
        report.gaps.map { gap in
            [gap.from, gap.to].map { $0.timeIntervalSince(moment(0)) / 3600 } + [Double(gap.missing)]
        }
    }

    @Test func whatIsAllThereIsComplete() {
        let report = report([(0, 8), (8, 8), (16, 8), (24, 8)], to: 31.9)
        #expect(report.gaps == [])
        #expect((report.expected, report.present) == (4, 4))
        #expect(report.completeness == 100)
        #expect(report.status == .complete)
        #expect(report.window == moment(0)...moment(31.9))
    }

    @Test func gapsLieBeforeBetweenAndAfterThePayments() {
        let report = report([(16, 8), (24, 8), (56, 8)], to: 80)
        #expect(gaps(report) == [[0, 8, 2], [32, 48, 3], [64, 80, 3]])
        #expect((report.expected, report.present) == (11, 3))
        #expect(report.status == .incomplete)
    }

    @Test func aPaymentIsNotMissedBeforeTheExchangeHadTimeToPublishIt() {
        #expect(gaps(report([(0, 8), (8, 8)], to: 90, now: 16.02, delay: 120)) == [])
        #expect(gaps(report([(0, 8), (8, 8)], to: 90, now: 16.04, delay: 120)) == [[16, 16, 1]])
        #expect(gaps(report([(0, 8), (8, 8)], to: 90, now: 16.04, delay: 0)) == [[16, 16, 1]])
    }

    @Test func paymentsPublishedBeforeTheDelayIsOverMakeNoMoreThanAll() {
        let report = report([(0, 8), (8, 8), (16, 8)], to: 90, now: 16.01, delay: 120)
        #expect((report.expected, report.present) == (2, 2))
        #expect(report.completeness == 100)
    }

    @Test func nothingIsMissedFromBeforeTheListing() {
        #expect(gaps(report([(48, 8), (56, 8)], to: 60, listed: 41)) == [])
        // A venue may begin with the second payment after the listing.
        #expect(gaps(report([(48, 8), (56, 8)], to: 60, listed: 37)) == [])
        #expect(gaps(report([(48, 8), (56, 8)], to: 60, listed: 31)) == [[32, 40, 2]])
        // At the listing itself nothing is due.
        #expect(gaps(report([(48, 8), (56, 8)], to: 60, listed: 24)) == [[32, 40, 2]])
        #expect(gaps(report([(48, 8), (56, 8)], to: 60, listed: -100)) == [[0, 40, 6]])
    }

    @Test func aWindowInWhichNothingFallsDueLacksNothing() {
        for report in [
            report([], from: 10, to: 20, ledger: [(0, 1)], now: 9), report([], to: 20, listed: 21, ledger: [(0, 1)]),
            report([], from: 10, to: 20, now: 9), report([], from: 1, to: 7, ledger: [(0, 8)]),
        ] {
            #expect((report.expected, report.present) == (0, 0))
            #expect(report.gaps == [])
            #expect(report.status == .complete)
            #expect(report.completeness == 100)
        }
    }

    @Test func withoutAPaymentTheLedgerTellsWhatIsMissing() {
        let hourly = report([], to: 24, ledger: [(-9, 1)])
        #expect(gaps(hourly) == [[0, 24, 25]])
        #expect(hourly.status == .noData)
        #expect(hourly.completeness == 0)
        #expect(gaps(report([], from: 3, to: 50, ledger: [(-9, 8)])) == [[8, 48, 6]])
        #expect(gaps(report([], from: 3, to: 50, ledger: [(-9, 24)])) == [[24, 48, 2]])
        #expect(gaps(report([], from: 3, to: 5, ledger: [(-9, 0.5)])) == [[3, 5, 5]])
        // Known only since the collector runs: taken to have been so before.
        #expect(gaps(report([], to: 50, ledger: [(48, 8)])) == [[0, 48, 7]])
        #expect(gaps(report([], to: 24, ledger: [(-9, 8), (16, 4)])) == [[0, 24, 5]])
        #expect(gaps(report([], to: 24, listed: 0, ledger: [(-9, 8)])) == [[8, 24, 3]])
    }

    @Test func withoutPaymentsAndLedgerNothingIsKnown() {
        let unknown = report([], to: 24)
        #expect(unknown.status == .intervalUnknown)
        #expect((unknown.expected, unknown.completeness) == (0, 0))
        #expect(unknown.window == moment(0)...moment(24))
    }

    @Test func aSinglePaymentAnchorsTheWholeWindow() {
        #expect(gaps(report([(26, 4)], from: 10, to: 41)) == [[10, 22, 4], [30, 38, 3]])
        #expect(gaps(report([(24, 24)], to: 72)) == [[0, 0, 1], [48, 72, 2]])
        #expect(gaps(report([(1, 0.5)], to: 2)) == [[0, 0.5, 2], [1.5, 2, 2]])
    }

    @Test func theGridIsAnchoredAtThePaymentsNotAtMidnight() {
        // KuCoin pays contracts of 4 h at 02, 06, 10…, and of 8 h at 04, 12 and 20 UTC.
        #expect(gaps(report([(6, 4), (14, 4), (18, 4)], to: 24)) == [[2, 2, 1], [10, 10, 1], [22, 22, 1]])
        let eightHourly = report([(4, 8), (12, 8), (20, 8)], to: 24)
        #expect((eightHourly.expected, eightHourly.present) == (3, 3))
    }

    @Test func paymentsOutsideTheWindowTellTheGridButAreNotCounted() {
        let around = report([(-2, 4), (14, 4), (30, 4)], to: 24)
        #expect(gaps(around) == [[2, 10, 3], [18, 22, 2]])
        #expect(around.present == 1)
        let outside = report([(-14, 4), (-10, 4)], to: 9)
        #expect(gaps(outside) == [[2, 6, 2]])
        #expect(outside.status == .noData)
        #expect(gaps(report([(30, 4)], to: 9)) == [[2, 6, 2]])
    }

    @Test func eachPartCountsByItsOwnInterval() {
        let ledger = [(-9.0, 8.0), (24.1, 1), (48.1, 4)]
        #expect(gaps(report([(16, 8), (26, 1)], from: 16, to: 26, ledger: ledger)) == [[24, 25, 2]])
        #expect(gaps(report([(16, 8), (56, 4)], from: 16, to: 56, ledger: ledger)) == [[24, 52, 26]])
        #expect(gaps(report([(16, 8)], from: 16, to: 27, ledger: ledger)) == [[24, 27, 4]])
        #expect(gaps(report([(52, 4)], from: 22, to: 52, ledger: ledger)) == [[24, 48, 25]])
        // KuCoin: a change from 8 h to 2 h at 11:10 makes 12:00 the next payment.
        let shortened = [(-9.0, 8.0), (11 + 1.0 / 6, 2)]
        #expect(gaps(report([(-4, 8), (14, 2)], from: -4, to: 14, ledger: shortened)) == [[4, 12, 2]])
        #expect(gaps(report([(-4, 8)], from: -4, to: 14, ledger: shortened)) == [[4, 14, 3]])
    }

    @Test func withoutALedgerAGapCountsByTheLaterInterval() {
        #expect(gaps(report([(16, 8), (26, 1)], from: 16, to: 26)) == [[17, 25, 9]])
        #expect(gaps(report([(0, 1), (24, 8)], to: 24)) == [[8, 16, 2]])
    }

    @Test func aPaymentOffTheGridIsNoGap() {
        // Booked ten minutes late, and one besides.
        #expect(gaps(report([(0, 8), (8 + 1.0 / 6, 8), (16, 8)], to: 16)) == [])
        #expect(gaps(report([(0, 8), (1 + 1.0 / 6, 1)], to: 1.5, ledger: [(-9, 8), (0.1, 1)])) == [])
        let besides = report([(12, 4), (15.75, 4), (16, 4), (20, 4)], from: 12, to: 20)
        #expect((besides.expected, besides.present, besides.completeness) == (4, 4, 100))
    }

    @Test func aSlotStoredTwiceCountsOnce() {
        #expect(report([(0, 8), (0, 8), (8, 8)], to: 8).present == 2)
    }

    @Test(arguments: [
        (100, HistoryReport.Status.complete), (95, .complete), (94, .partialHigh), (80, .partialHigh),
        (79, .partialMedium), (50, .partialMedium), (49, .incomplete), (1, .incomplete),
    ])
    func theStatusFollowsTheCompleteness(present: Int, status: HistoryReport.Status) {
        let report = report((0..<present).map { (Double($0), 1) }, to: 99)
        #expect(report.completeness == Double(present))
        #expect(report.status == status)
    }

    @Test func theRetryPriorityWeighsLackScatterAndSubstance() {
        // 100·(0.5·(100 − c)/100 + 0.3·min(gaps/10, 1) + 0.2·(1 if points > 10 else 0.5))
        func isClose(_ report: HistoryReport, _ priority: Double) -> Bool {
            abs(report.retryPriority - priority) < 1e-9
        }
        #expect(isClose(report([], to: 99, ledger: [(-9, 1)]), 50 + 3 + 10))
        #expect(isClose(report((0..<50).map { (Double($0), 1) }, to: 99), 25 + 3 + 20))
        #expect(isClose(report((0..<100).map { (Double($0), 1) }, to: 99), 20))
        #expect(isClose(report((0..<10).map { (Double($0), 1) }, to: 9), 10))
        #expect(isClose(report((0..<50).map { (Double($0) * 2, 1) }, to: 98), 50 * 49 / 99 + 30 + 20))
    }

    // MARK: Against the true schedule

    private func report(
        _ schedule: FundingSchedule, without missing: Set<Int>, _ points: [(time: Date, interval: FundingInterval)],
        ledger: IntervalLedger
    ) -> HistoryReport {
        HistoryReport(
            points: points, during: schedule.window, listedAt: nil, ledger: ledger, now: schedule.window.upperBound,
            publicationDelay: 0
        )
    }

    @Test(arguments: [nil, 0.0, 7, 1500])
    func singleHolesAreCountedAndNamedExactly(late: Double?) {
        var random = SeededGenerator(seed: 25)
        for _ in 0..<300 {
            let schedule = FundingSchedule.random(&random, shortestRun: 6)
            let missing = schedule.singleHoles(&random)
            let report = report(
                schedule, without: missing, schedule.points(without: missing),
                ledger: late.map(schedule.ledger(late:)) ?? IntervalLedger([])
            )
            #expect(
                report.gaps
                    == missing.sorted().map { index in
                        let slot = schedule.payments[index].slot
                        return HistoryReport.Gap(from: slot, to: slot, missing: 1)
                    }
            )
            #expect(report.expected == schedule.payments.count)
            #expect(report.present == schedule.payments.count - missing.count)
        }
    }

    @Test(arguments: [0.0, 7, 1500])
    func whateverIsMissingIsCountedExactlyWhereTheLedgerIsKnown(late: Double) {
        var random = SeededGenerator(seed: 26)
        for _ in 0..<1000 {
            let schedule = FundingSchedule.random(&random)
            let count = schedule.payments.count
            var missing: Set<Int> = []
            let longest = Bool.random(using: &random) ? 2 : count / 2
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let first = Int.random(in: 0..<count, using: &random)
                missing.formUnion(first..<min(first + Int.random(in: 1...longest, using: &random), count))
            }
            guard missing.count < count else { continue }
            let report = report(
                schedule, without: missing, schedule.points(without: missing), ledger: schedule.ledger(late: late)
            )
            #expect(report.gaps == runs(missing, of: schedule))
            #expect(report.expected == count)
            #expect(report.completeness <= 100)
        }
    }

    @Test func completenessNeverExceedsAHundred() {
        var random = SeededGenerator(seed: 27)
        for _ in 0..<2000 {
            let intervals = [0.5, 1, 2, 4, 8, 24]
            let points = (0..<Int.random(in: 0...30, using: &random)).map { _ in
                (Double(Int.random(in: -20...120, using: &random)) / 2, intervals.randomElement(using: &random)!)
            }.sorted { $0.0 < $1.0 }
            let ledger = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                (Double.random(in: -20...120, using: &random), intervals.randomElement(using: &random)!)
            }
            let report = report(
                points, from: 0, to: Double.random(in: 0...100, using: &random),
                listed: Bool.random(using: &random) ? nil : Double.random(in: -5...100, using: &random),
                ledger: ledger, now: Double.random(in: -5...120, using: &random), delay: 300
            )
            #expect((0...100).contains(report.completeness))
            #expect(report.expected == report.present + report.gaps.reduce(0) { $0 + $1.missing })
            #expect(
                report.gaps.allSatisfy {
                    $0.missing >= 1 && $0.from <= $0.to && ($0.missing == 1) == ($0.from == $0.to)
                })
            #expect(zip(report.gaps, report.gaps.dropFirst()).allSatisfy { $0.to < $1.from })
            if let window = report.window {
                #expect(report.gaps.allSatisfy { window.contains($0.from) && window.contains($0.to) })
            }
        }
    }

    private func runs(_ missing: Set<Int>, of schedule: FundingSchedule) -> [HistoryReport.Gap] {
        var gaps: [HistoryReport.Gap] = []
        for index in missing.sorted() {
            let slot = schedule.payments[index].slot
            if missing.contains(index - 1) {
                gaps[gaps.count - 1].to = slot
                gaps[gaps.count - 1].missing += 1
            } else {
                gaps.append(HistoryReport.Gap(from: slot, to: slot, missing: 1))
            }
        }
        return gaps
    }
}
