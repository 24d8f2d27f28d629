import Foundation
import FundingCore
import Testing

@Suite struct NextFundingTimeTests {
    private func date(_ text: String) throws -> Date { try #require(Timestamp.parse(text)) }

    @Test(
        arguments: [
            // stated, interval in minutes, now, expected
            ("2026-03-01T16:00:00Z", 480, "2026-03-01T09:30:00Z", "2026-03-01T16:00:00Z"),
            // Passed: advanced by whole intervals from the stated time.
            ("2026-03-01T08:00:00Z", 480, "2026-03-01T09:30:00Z", "2026-03-01T16:00:00Z"),
            ("2026-03-01T04:00:00Z", 480, "2026-03-02T13:00:00Z", "2026-03-02T20:00:00Z"),
            // Due this very moment: the next one.
            ("2026-03-01T08:00:00Z", 480, "2026-03-01T08:00:00Z", "2026-03-01T16:00:00Z"),
            // Nothing stated: multiples since midnight.
            (nil, 480, "2026-03-01T09:30:00Z", "2026-03-01T16:00:00Z"),
            (nil, 60, "2026-03-01T09:59:59.999Z", "2026-03-01T10:00:00Z"),
            (nil, 60, "2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z"),
            (nil, 240, "2026-03-01T23:00:00Z", "2026-03-02T00:00:00Z"),
            // An anchor of its own, as some exchanges settle at 04, 12 and 20 o'clock.
            ("2026-02-20T04:00:00Z", 480, "2026-03-01T13:00:00Z", "2026-03-01T20:00:00Z"),
        ] as [(String?, Int, String, String)])
    func theComingPaymentLiesAhead(stated: String?, minutes: Int, now: String, expected: String) throws {
        let interval = try #require(FundingInterval(minutes: minutes))
        let next = NextFundingTime.resolve(stated: try stated.map(date), every: interval, now: try date(now))
        #expect(Timestamp.text(next) == expected.replacing("Z", with: ".000Z"))
    }

    @Test func theResultIsNeverPastAndNeverMoreThanAnIntervalAhead() throws {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<2000 {
            let now = Date(timeIntervalSince1970: Double.random(in: 1.6e9...1.9e9, using: &random))
            let stated = now.addingTimeInterval(Double.random(in: -1e7...0, using: &random))
            let interval = try #require(FundingInterval(minutes: Int.random(in: 1...1440, using: &random)))
            for next in [
                NextFundingTime.resolve(stated: nil, every: interval, now: now),
                NextFundingTime.resolve(stated: stated, every: interval, now: now),
            ] {
                #expect(next > now)
                #expect(next.timeIntervalSince(now) <= Double(interval.minutes) * 60 + 1e-6)
            }
        }
    }
}
