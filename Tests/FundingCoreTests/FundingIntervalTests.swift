import FundingCore
import Testing

@Suite struct FundingIntervalTests {
    @Test(arguments: [(8.0, 480), (4, 240), (1, 60), (0.5, 30), (24, 1440), (0.25, 15)])
    func hoursBecomeWholeMinutes(hours: Double, minutes: Int) {
        #expect(FundingInterval(hours: hours)?.minutes == minutes)
    }

    @Test(arguments: [0, -8, 25, 8.001, 1e300, .infinity, -.infinity, .nan, 0.001])
    func whatIsNoIntervalIsRefused(hours: Double) {
        #expect(FundingInterval(hours: hours) == nil)
    }

    @Test(arguments: [0, -480, 1441, Int.min, Int.max])
    func minutesBeyondADayAreRefused(minutes: Int) {
        #expect(FundingInterval(minutes: minutes) == nil)
    }

    /// Rows and events carry hours; 31 minutes are 0.51666… of one.
    @Test func everyIntervalSurvivesItsHours() throws {
        for minutes in 1...1440 {
            let interval = try #require(FundingInterval(minutes: minutes))
            #expect(FundingInterval(hours: interval.hours) == interval)
        }
    }

    @Test func intervalsAreOrderedByLength() {
        #expect(FundingInterval.hourly < .eightHours)
        #expect("\(FundingInterval.eightHours)" == "8h")
        #expect(FundingInterval(minutes: 90).map { "\($0)" } == "90m")
    }
}
