import Foundation
import FundingCore
import Testing

struct QuietHoursTests {
    @Test(arguments: [
        ("22:00-06:00", "21:59:59", false), ("22:00-06:00", "22:00:00", true), ("22:00-06:00", "00:00:00", true),
        ("22:00-06:00", "05:59:59", true), ("22:00-06:00", "06:00:00", false), ("08:30-09:00", "08:30:00", true),
        ("08:30-09:00", "09:00:00", false), ("00:00-24:00", "23:59:59", true), ("23:00-24:00", "00:00:00", false),
    ])
    func holdFromTheirBeginningToBeforeTheirEnd(hours: String, time: String, isQuiet: Bool) throws {
        let moment = try #require(Timestamp.parse("2026-11-29T\(time)Z"))
        #expect(try #require(QuietHours(hours)).contains(moment) == isQuiet)
    }

    @Test func areTimesOfUTCWhateverTheWriterOfATimePrefers() throws {
        let hours = try #require(QuietHours("22:00-06:00"))
        let berlin = try #require(Timestamp.parse("2026-11-29T23:30:00+01:00"))
        let tokyo = try #require(Timestamp.parse("2026-11-30T06:30:00+09:00"))
        #expect(hours.contains(berlin) && !hours.contains(tokyo))
        // Before 1970 as well.
        #expect(hours.contains(Date(timeIntervalSince1970: -3600)))
    }

    @Test(arguments: [
        "", "22-6", "22:00", "22:00-22:00", "24:00-06:00", "22:60-06:00", "22:00-25:00", "2:00-06:00",
        "22:00-06:00-07:00", "+2:00-06:00",
    ])
    func whatIsNoTimeOfDayIsRefused(text: String) {
        #expect(QuietHours(text) == nil)
    }

    @Test func areWrittenAsTheyAreRead() {
        for text in ["22:00-06:00", "00:00-24:00", "08:05-09:59"] { #expect(QuietHours(text)?.description == text) }
    }
}
