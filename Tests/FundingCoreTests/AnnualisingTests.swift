import FundingCore
import Testing

@Suite struct AnnualisingTests {
    /// The requirements' own checks, digit for digit.
    @Test(arguments: [
        (0.0001, 8.0, 10.95), (0.0001, 4, 21.9), (0.0001, 2, 43.8), (0.0001, 1, 87.6), (-0.00125, 1, -1095),
        (0, 8, 0), (0.0001, 0.5, 175.2), (0.0001, 3, 29.2), (0.0001, 6, 14.6), (0.0001, 12, 7.3), (0.0001, 24, 3.65),
    ])
    func aprIsSimpleAndInPercent(rate: Double, hours: Double, percent: Double) throws {
        let interval = try #require(FundingInterval(hours: hours))
        #expect(Annualising.apr(of: rate, every: interval) == percent)
    }

    @Test func aprAgreesWithTheHourlyRateForEveryInterval() throws {
        var random = SeededGenerator(seed: 1)
        for minutes in 1...1440 {
            let interval = try #require(FundingInterval(minutes: minutes))
            let rate = Double.random(in: -0.1...0.1, using: &random)
            let expected = Annualising.hourlyRate(of: rate, every: interval) * 876_000
            #expect(abs(Annualising.apr(of: rate, every: interval) - expected) <= max(1e-9, abs(expected) * 1e-12))
        }
    }

    @Test func aprChangesItsSignWithTheRate() {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<1000 {
            let rate = Double.random(in: 0...0.1, using: &random)
            let apr = Annualising.apr(of: rate, every: .eightHours)
            #expect(Annualising.apr(of: -rate, every: .eightHours) == -apr)
        }
    }

    /// Beyond 100 000 % there are no digits left to round.
    @Test func anAbsurdRateStillHasAnAPR() {
        #expect(Annualising.apr(of: 7, every: .hourly) == 7 * 876_000)
        #expect(Annualising.apr(of: .infinity, every: .hourly) == .infinity)
        #expect(Annualising.apr(of: .nan, every: .hourly).isNaN)
    }

    /// The worked pair of the requirements: −0.0019861059 every 8 h and 0.0018631051 every 4 h.
    @Test func hourlyRatesMakeIntervalsComparable() throws {
        let fourHours = try #require(FundingInterval(minutes: 240))
        #expect(Annualising.hourlyRate(of: -0.0019861059, every: .eightHours) == -2.482632375e-4)
        #expect(Annualising.hourlyRate(of: 0.0018631051, every: fourHours) == 4.65776275e-4)
    }
}
