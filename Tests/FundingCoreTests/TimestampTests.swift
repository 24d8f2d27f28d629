import Foundation
import FundingCore
import Testing

@Suite struct TimestampTests {
    /// Foundation's own reading of the same text; it wants exactly three fraction digits.
    private let oracle = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    private func randomMilliseconds(_ random: inout SeededGenerator) -> Int {
        // The years 1600 to 2500: a double still tells milliseconds apart with room to spare.
        Int.random(in: -11_676_096_000_000..<16_725_225_600_000, using: &random)
    }

    @Test func textsAreThoseThatFoundationWrites() throws {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<3000 {
            let milliseconds = randomMilliseconds(&random)
            let text = Timestamp.text(Date(timeIntervalSince1970: Double(milliseconds) / 1000))
            let read = try oracle.parse(text)
            #expect(Int((read.timeIntervalSince1970 * 1000).rounded()) == milliseconds, "\(text)")
        }
    }

    @Test func everyMillisecondSurvivesTextAndBack() throws {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<5000 {
            let milliseconds = randomMilliseconds(&random)
            let text = Timestamp.text(Date(timeIntervalSince1970: Double(milliseconds) / 1000))
            let read = try #require(Timestamp.parse(text))
            #expect(Int((read.timeIntervalSince1970 * 1000).rounded()) == milliseconds)
            #expect(Timestamp.text(read) == text)
        }
    }

    @Test(arguments: [
        (0.0, "1970-01-01T00:00:00.000Z"), (-0.001, "1969-12-31T23:59:59.999Z"),
        (-86_400, "1969-12-31T00:00:00.000Z"), (951_782_400, "2000-02-29T00:00:00.000Z"),
        (-2_203_891_200, "1900-03-01T00:00:00.000Z"), (1_763_795_902.983, "2025-11-22T07:18:22.983Z"),
        // Never ahead of its instant.
        (1.9999, "1970-01-01T00:00:01.999Z"),
    ])
    func knownInstantsReadAsTheyShould(seconds: Double, text: String) {
        #expect(Timestamp.text(Date(timeIntervalSince1970: seconds)) == text)
    }

    @Test(arguments: [Double.infinity, -.infinity, .nan, 1e300, -1e300, 1e12])
    func whatFourDigitsCannotWriteIsClamped(seconds: Double) {
        let text = Timestamp.text(Date(timeIntervalSince1970: seconds))
        #expect(text == (seconds > 0 ? "9999-12-31T23:59:59.999Z" : "0000-01-01T00:00:00.000Z"))
    }

    @Test(arguments: [
        ("2026-11-22T07:18:22Z", 1_795_331_902.0), ("2026-11-22T07:18:22.5Z", 1_795_331_902.5),
        ("2026-11-22 07:18:22Z", 1_795_331_902), ("2026-11-22T08:18:22+01:00", 1_795_331_902),
        ("2026-11-22T02:48:22-0430", 1_795_331_902), ("2026-11-22T07:18:22.250000000Z", 1_795_331_902.25),
        ("2026-12-31T23:59:60Z", 1_798_761_600),
    ])
    func otherSpellingsAreRead(text: String, seconds: Double) {
        #expect(Timestamp.parse(text)?.timeIntervalSince1970 == seconds)
    }

    @Test(arguments: [
        "", "now", "2026", "2026-11-22", "2026-11-22T07:18:22", "2026-11-22T07:18Z", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-02-30T00:00:00Z", "2025-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
        "2026-01-00T00:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T07:60:22Z", "2026-11-22T07:18:61Z",
        "2026-11-22T07:18:22+24:00", "2026-11-22T07:18:22+01:60", "2026-11-22T07:18:22+1", "2026-11-22T07:18:22.Z",
        " 2026-11-22T07:18:22Z", "2026-11-22T07:18:22Z ", "-026-11-22T07:18:22Z", "٢٠٢٦-11-22T07:18:22Z",
    ])
    func whatIsNoInstantIsRefused(text: String) {
        #expect(Timestamp.parse(text) == nil)
    }
}
