import Foundation
import PostgresDriver
import Testing

extension LoopbackTests {
    /// One exchange pushes more than anybody can read.
    struct StreamFloodTests {
        private static let flooded = "bybit"
        private static let feeds = ["bybit", "binance-usdm", "deribit", "lighter"]
        /// Lighter's rates have few digits and may stand still for as long as this takes; the others' move every second.
        private static let moving = ["bybit", "binance-usdm", "deribit"]

        @Test func aFloodCostsNoMemoryAndHoldsNobodyUp() async throws {
            try await Suite.run { suite in
                let collector = try await suite.startListener(every: 5, feeds: Self.feeds)
                let before = try await suite.waitForStreams(of: Self.feeds)
                let sent = try await suite.sockets()[Self.flooded].required(Self.flooded).sent
                let (sequences, polls) = (try await suite.sequences(), try await suite.successfulCycles())
                let began = ContinuousClock.now
                try await suite.strike(Self.flooded, "flood", factor: 50_000, count: 1, seconds: 15)
                while ContinuousClock.now - began < .seconds(15) {
                    // Two polls, and what a debug build needs for as many messages as it can read.
                    for (feed, age) in try await suite.ages() { #expect(age < 20, "\(feed)") }
                    try await Task.sleep(for: .milliseconds(500))
                }
                let seconds = (ContinuousClock.now - began) / .seconds(1)
                let (after, polled) = (try await suite.sequences(), try await suite.successfulCycles())
                for feed in Self.feeds {
                    let polled = polled[feed, default: 0] - polls[feed, default: 0]
                    let streamed = after[feed, default: 0] - sequences[feed, default: 0] - polled
                    #expect(polled >= 1, "\(feed)")
                    if Self.moving.contains(feed) { #expect(streamed >= 1, "\(feed)") }
                    #expect(Double(streamed) <= seconds + 1, "\(feed)")
                }
                // The exchange is slowed down to what is read: the socket's own bounds hold, and nothing piles up here.
                let pushed = try await suite.sockets()[Self.flooded].required(Self.flooded).sent - sent
                #expect(Double(pushed) > 1000 * seconds)
                #expect(try Self.peakMemory(of: collector) < 300)

                try await eventually("everything is as before", within: .seconds(20), every: .milliseconds(500)) {
                    try await suite.ages().values.allSatisfy { $0 < 6 }
                }
                let now = try await suite.connections()
                #expect(now.map(\.key) == before.map(\.key))
                #expect(now.allSatisfy { $0.isOpen && $0.openings == 1 && $0.unreadable == 0 })
                #expect(now.map(\.updates).reduce(0, +) > pushed / 2)
                #expect(try await collector.end(SIGTERM) == .status(0))
            }
        }

        /// The most memory a process ever had, in MB.
        private static func peakMemory(of child: Child) throws -> Int {
            let status = try String(contentsOfFile: "/proc/\(child.pid)/status", encoding: .utf8)
            let line = try status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }.required("VmHWM")
            return try Int(line.filter(\.isNumber)).required("a number of kilobytes") / 1024
        }
    }
}
