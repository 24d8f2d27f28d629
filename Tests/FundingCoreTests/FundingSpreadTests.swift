import Foundation
import FundingCore
import Testing

struct FundingSpreadTests {
    /// Two real-looking rates of different intervals, worked out by hand.
    @Test func theWorkedExampleComesOut() throws {
        let spread = try #require(
            SpreadSample.spread(
                SpreadSample.rate(1, "binance", rate: -0.0019861059),
                SpreadSample.rate(2, "kucoin", rate: 0.0018631051, every: FundingInterval(hours: 4)!)))
        #expect(spread.key == FundingSpread.Key(long: 1, short: 2))
        #expect(spread.kind == .oppositeSign)
        expect(spread.long.hourlyRate, -2.482632375e-4)
        expect(spread.short.hourlyRate, 4.65776275e-4)
        expect(spread.hourlyCarry, 7.140395125e-4)
        expect(spread.rateSpread, 0.003849211)
        expect(spread.rateSpread8h, 0.0057123161)
        #expect(spread.syncPeriodHours == 8)
        expect(spread.longSyncFunding, -0.0019861059)
        expect(spread.shortSyncFunding, 0.0037262102)
        expect(spread.syncPeriodSpread, 0.0057123161)
        expect(spread.dailySpread, 0.0171369483)
        expect(spread.aprSpread, 625.49861295)
        expect(spread.yearlySpread, 6.2549861295)
    }

    @Test func twoRatesOfOneSignPayTheirDifference() throws {
        let spread = try #require(
            SpreadSample.spread(SpreadSample.rate(7, "a", rate: 0.002), SpreadSample.rate(8, "b", rate: 0.0001)))
        #expect(spread.long.id == 8 && spread.short.id == 7)
        #expect(spread.kind == .sameSign)
        expect(spread.aprSpread, 208.05)
    }

    @Test(arguments: [(0.0, 0.0001, true), (-0.0001, 0, true), (-0.0002, -0.0001, false)])
    func zeroIsARate(long: Double, short: Double, isOpposite: Bool) throws {
        let spread = try #require(
            SpreadSample.spread(SpreadSample.rate(1, "a", rate: long), SpreadSample.rate(2, "b", rate: short)))
        #expect((spread.kind == .oppositeSign) == isOpposite)
        expect(spread.aprSpread, 10.95)
    }

    @Test func equalHourlyRatesPayNothingWhateverTheirIntervals() {
        let hourly = SpreadSample.rate(2, "b", rate: 0.0001, every: .hourly)
        #expect(SpreadSample.spread(SpreadSample.rate(1, "a", rate: 0.0008), hourly) == nil)
    }

    /// Of two intervals the rate per interval tells nothing: the smaller one may be the dearer.
    @Test func theLongLegIsTheOneThatIsCheaperByTheHour() throws {
        let spread = try #require(
            SpreadSample.spread(
                SpreadSample.rate(1, "a", rate: 0.0002, every: .hourly), SpreadSample.rate(2, "b", rate: 0.0004)))
        #expect(spread.long.id == 2 && spread.rateSpread < 0 && spread.hourlyCarry > 0)
    }

    @Test(arguments: [
        (60, 480, 8.0), (240, 480, 8), (180, 480, 24), (90, 60, 3), (45, 60, 3), (31, 60, 31), (60, 60, 1),
        (1440, 480, 24),
    ])
    func theSyncPeriodIsTheLeastCommonMultiple(one: Int, other: Int, hours: Double) throws {
        let spread = try #require(
            SpreadSample.spread(
                SpreadSample.rate(1, "a", rate: -0.001, every: FundingInterval(minutes: one)!),
                SpreadSample.rate(2, "b", rate: 0.001, every: FundingInterval(minutes: other)!)))
        #expect(spread.syncPeriodHours == hours)
    }

    @Test func aContinuousLegFollowsTheOther() throws {
        let next = SpreadSample.start.addingTimeInterval(3600)
        let spread = try #require(
            SpreadSample.spread(
                SpreadSample.rate(1, "deribit", rate: 0.0001, isContinuous: true, next: next),
                SpreadSample.rate(2, "b", rate: 0.0002, every: .hourly, next: next)))
        #expect(spread.syncPeriodHours == 1)
        #expect(spread.long.nextFundingTime == nil, "nothing falls due")
        #expect(spread.short.nextFundingTime == next)
    }

    /// Every amount is the same carry for another time, and the order of the legs makes no difference.
    @Test func amountsAgreeForAnyTwoRates() throws {
        var random = SeededGenerator(seed: 9)
        for _ in 1...2000 {
            let one = SpreadSample.rate(
                1, "a", rate: .random(in: -0.04...0.04, using: &random),
                every: FundingInterval(minutes: .random(in: 1...1440, using: &random))!)
            let other = SpreadSample.rate(
                2, "b", rate: .random(in: -0.04...0.04, using: &random),
                every: FundingInterval(minutes: .random(in: 1...1440, using: &random))!)
            let spread = try #require(SpreadSample.spread(one, other))
            #expect(SpreadSample.spread(other, one) == spread)
            #expect(spread.hourlyCarry > 0)
            expect(spread.yearlySpread * 100, spread.aprSpread)
            expect(spread.aprSpread, spread.short.apr - spread.long.apr, within: 1e-6)
            expect(spread.syncPeriodSpread, spread.shortSyncFunding - spread.longSyncFunding, within: 1e-12)
            expect(spread.weeklySpread, spread.dailySpread * 7)
            expect(spread.quarterlySpread, spread.monthlySpread * 3)

            var mirrored = (one, other)
            mirrored.0.fundingRate.negate()
            mirrored.1.fundingRate.negate()
            let mirror = try #require(SpreadSample.spread(mirrored.0, mirrored.1))
            #expect(mirror.long.id == spread.short.id && mirror.short.id == spread.long.id)
            expect(mirror.hourlyCarry, spread.hourlyCarry)
            expect(mirror.rateSpread, spread.rateSpread)
        }
    }

    @Test func unknownOpenInterestStaysUnknown() throws {
        let known = SpreadSample.rate(1, "a", rate: -0.001, interest: 1_234_567)
        let spread = try #require(SpreadSample.spread(known, SpreadSample.rate(2, "b", rate: 0.001, interest: nil)))
        #expect(spread.combinedOpenInterestUSD == nil && spread.minimumOpenInterestUSD == nil)
        let other = try #require(SpreadSample.spread(known, SpreadSample.rate(2, "b", rate: 0.001, interest: 0)))
        #expect(other.combinedOpenInterestUSD == 1_230_000 && other.minimumOpenInterestUSD == 0)
    }

    private func expect(
        _ value: Double, _ expected: Double, within tolerance: Double? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let tolerance = tolerance ?? max(abs(expected) * 1e-12, 1e-15)
        #expect(abs(value - expected) <= tolerance, "\(value) is not \(expected)", sourceLocation: sourceLocation)
    }
}
