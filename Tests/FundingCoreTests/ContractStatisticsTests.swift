import Foundation
import FundingCore
import Testing

@Suite struct ContractStatisticsTests {
    private func statistics(
        _ points: [SettledPoint], rate: Double = 1e-4, every interval: FundingInterval = .eightHours,
        listedAt: Date? = nil, at hours: Double = 720
    ) -> ContractStatistics {
        var window = SlidingStatistics(points)
        window.evict(at: moment(hours))
        return ContractStatistics(of: rate, every: interval, in: window, listedAt: listedAt, now: moment(hours))
    }

    @Test(
        arguments: [
            (0, .none), (9, .none), (10, .low), (29, .low), (30, .medium), (89, .medium), (90, .high), (179, .high),
            (180, .veryHigh), (720, .veryHigh),
        ] as [(Int, Confidence)])
    func confidenceGrowsWithTheNumberOfPayments(count: Int, expected: Confidence) {
        #expect(Confidence(dataPoints: count) == expected)
    }

    @Test func fewerThanTenPaymentsAreCountedAndNothingElse() {
        let few = statistics((1...9).map { paid(Double(8 * $0), Double($0) * 1e-5) })
        #expect(few == ContractStatistics(fundingRate: 1e-4, interval: .eightHours, dataPoints: 9, expectedPoints: 90))
        #expect(few.confidence == .none)
        #expect(few.zone == .stable)
        #expect(few.completeness == 10)
        #expect(statistics((1...10).map { paid(Double(8 * $0), Double($0) * 1e-5) }).zScore != nil)
    }

    @Test func whileTheIntervalStaysTheyAreTheStatisticsOfTheRatesThemselves() throws {
        let points = (1...90).map { paid(Double(8 * $0), Double($0 % 7) * 1e-5 - 2e-5) }
        let found = statistics(points, rate: 3e-5)
        let reference = ReferenceStatistics(points.map(\.fundingRate))
        let rates = try #require(found.rates)
        #expect(agree(rates.mean, reference.mean))
        #expect(agree(rates.standardDeviation, reference.standardDeviation))
        #expect(agree(rates.median, reference.median))
        #expect(agree(rates.lowest, -2e-5))
        #expect(agree(rates.highest, 4e-5))
        #expect(agree(found.zScore, (3e-5 - reference.mean) / reference.standardDeviation!))
        let aprs = ReferenceStatistics(points.map { $0.fundingRate * 109_500 })
        #expect(agree(found.aprs?.mean, aprs.mean))
        #expect(agree(found.aprs?.standardDeviation, aprs.standardDeviation))
        #expect(agree(found.zScore, (3e-5 * 109_500 - aprs.mean) / aprs.standardDeviation!))
        #expect(found.percentile == (reference.percentile(of: 3e-5)! * 10).rounded() / 10)
    }

    @Test func anIntervalThatChangesMixesNothingUp() throws {
        // The same hourly rates, paid every eight hours first and every hour then.
        let before = (1...45).map { paid(Double(8 * $0), (1e-5 + Double($0 % 3) * 1e-6) * 8) }
        let after = (361...720).map { paid(Double($0), 1e-5 + Double($0 % 3) * 1e-6, every: .hourly) }
        let found = statistics(before + after, rate: 1.1e-5, every: .hourly)
        #expect(try #require(found.rates?.highest) < 1.3e-5)
        #expect(abs(try #require(found.zScore)) < 0.2)
        #expect(found.expectedPoints == 405)
        #expect(found.completeness == 100)
        // Told per eight hours, the same.
        let eight = statistics(before + after, rate: 8.8e-5, every: .eightHours)
        #expect(agree(eight.zScore, found.zScore))
        #expect(eight.percentile == found.percentile)
        #expect(agree(eight.rates?.mean, found.rates.map { $0.mean * 8 }))
        #expect(agree(eight.aprs?.mean, found.aprs?.mean))
    }

    /// Hours paid for, hours since the listing (0: unknown), expected payments.
    @Test(
        arguments: [
            (8, Array(1...90), 0, 90), (8, Array(1...89), 0, 90), (1, Array(1...720), 0, 720),
            (8, Array(80...90), 92, 11),
            (8, Array(80...90), 87, 11), (8, [Int](), 0, 90), (8, [Int](), 3, 0), (24, Array(1...30), 0, 30),
            (8, Array(2...90), 4000, 90),
        ] as [(Double, [Int], Double, Int)])
    func whatIsExpectedFollowsFromTheAge(hours: Double, slots: [Int], age: Double, expected: Int) {
        let found = statistics(
            slots.map { paid(Double($0) * hours, 1e-5, every: every(hours)) }, every: every(hours),
            listedAt: age > 0 ? moment(720 - age) : nil)
        #expect(found.expectedPoints == expected)
        #expect(found.completeness == (expected > 0 ? 100 * Double(slots.count) / Double(expected) : nil))
    }

    @Test func moreThanTwoDeviationsMakeAContractActive() {
        #expect(StatisticsZone(zScore: nil) == .stable)
        #expect(StatisticsZone(zScore: 2) == .stable)
        #expect(StatisticsZone(zScore: 2.001) == .active)
        #expect(StatisticsZone(zScore: -2.001) == .active)
        #expect(StatisticsZone.active.period == .seconds(30))
        #expect(StatisticsZone.stable.period == .seconds(60))
    }

    @Test func theExtremesDoNotMoveTheRobustScore() throws {
        let calm = (1...89).map { paid(Double(8 * $0), 1e-4 + Double($0 % 5) * 1e-6) }
        let usual = statistics(calm + [paid(720, 1e-4)], rate: 1.1e-4)
        let upset = statistics(calm + [paid(720, 0.03)], rate: 1.1e-4)
        #expect(try #require(usual.zScore) > 4)
        #expect(try #require(upset.zScore) < 0.1)
        #expect(try #require(upset.robustZScore) > 4)
    }

    @Test func onlyWhatMovesMateriallyIsWorthTelling() {
        let points = (1...90).map { paid(Double(8 * $0), Double($0 % 7) * 1e-5) }
        let told = statistics(points, rate: 3.5e-5)
        #expect(!told.differsMaterially(from: told))
        #expect(!statistics(points, rate: 3.500001e-5).differsMaterially(from: told))
        #expect(statistics(points, rate: 3.51e-5).differsMaterially(from: told))
        #expect(statistics(Array(points.dropLast()), rate: 3.5e-5).differsMaterially(from: told))
        #expect(statistics([], rate: 3.5e-5).differsMaterially(from: told))
    }
}
