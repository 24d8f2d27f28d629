import Foundation
import PostgresDriver
import Testing

extension LoopbackTests {
    /// The collector's own clock is set, or the machine sleeps, while it polls.
    struct ClockStepTests {
        private static let feeds = ["binance-usdm", "deribit"]
        /// A poll a second; a step may cost one of them, and what is under way.
        private static let longestGap: TimeInterval = 5
        private static let premiumIndex = "/fapi/v1/premiumIndex"

        @Test(arguments: ["+600", "-600"])
        func aStepOfTheClockNeitherStopsThePollsNorHurriesThem(seconds: String) async throws {
            try await Suite.run { suite in
                let clock = try SettableClock(in: suite.folder)
                let collector = try await suite.startCollector(feeds: Self.feeds, clock.environment)
                try await suite.wait(forPolls: 3, of: Self.feeds)

                let steppedAt = Date()
                try clock.set(seconds)
                try await Self.expectEvenPolls(8, since: steppedAt, suite)
                let skew = try #require(TimeInterval(seconds))
                let observed = try await (suite.health(of: "binance-usdm").observedAt).required("observed_at")
                #expect(abs(observed.timeIntervalSinceNow - skew) < 60, "the collector's clock was not stepped")

                let backAt = Date()
                try clock.set("+0")
                try await Self.expectEvenPolls(8, since: backAt, suite)
                try await eventually("rows bear the right time again") {
                    let youngest = try await suite.database.query(
                        "SELECT max(abs(extract(epoch FROM now() - observed_at)))::float8 AS age FROM exchange_data"
                    )[0].decode("age", as: Double.self)
                    return youngest < 30
                }
                #expect(try await Self.wrongPayments(suite) == 0)
                #expect(try await suite.health().values.allSatisfy { $0.status == "ok" })
                #expect(try await suite.successfulCycles() == suite.sequences())
                #expect(try await collector.end(SIGTERM) == .status(0))
            }
        }

        @Test func aMachineThatSleptForAnHourMakesUpForNothing() async throws {
            try await Suite.run { suite in
                let clock = try SettableClock(in: suite.folder)
                let collector = try await suite.startCollector(feeds: Self.feeds, clock.environment)
                try await suite.wait(forPolls: 3, of: Self.feeds)

                await collector.send(SIGSTOP)
                try clock.set("+3600")
                try await Task.sleep(for: .seconds(4))
                let wokenAt = Date()
                await collector.send(SIGCONT)
                try await Self.expectEvenPolls(8, since: wokenAt, suite)
                #expect(try await suite.successfulCycles() == suite.sequences())
                #expect(try await collector.end(SIGTERM) == .status(0))
            }
        }

        /// Waits for so many polls, and looks at the exchange's side of them: its clock is the real one.
        private static func expectEvenPolls(_ count: Int, since start: Date, _ suite: Suite) async throws {
            try await suite.wait(forPolls: count, of: feeds)
            let times = try await suite.simulator.requests(of: "binance-usdm")
                .filter { $0.path.hasPrefix(premiumIndex) && $0.at > start.addingTimeInterval(0.5) }.map(\.at)
            let gaps = zip(times, times.dropFirst()).map { $1.timeIntervalSince($0) }
            // Those right after the start are left out, since a poll may have been under way.
            #expect(times.count >= count - 2)
            #expect(try #require(times.first).timeIntervalSince(start) < longestGap)
            #expect(gaps.allSatisfy { $0 < longestGap }, "polls came \(gaps) s apart")
            // Ticks are a second apart; a slow poll may be followed by an early one, but never by two.
            let pairs = zip(times, times.dropFirst(2)).map { $1.timeIntervalSince($0) }
            #expect(pairs.allSatisfy { $0 > 1 }, "three polls within \(pairs.min() ?? 0) s")
        }

        /// How many contracts have a next payment that is not the coming full hour of their interval.
        private static func wrongPayments(_ suite: Suite) async throws -> Int {
            try await suite.database.query(
                """
                SELECT count(*) AS wrong FROM exchange_data
                 WHERE feed = 'binance-usdm'
                   AND (next_funding_time <= now() - interval '5 seconds'
                        OR next_funding_time > now() + make_interval(hours => funding_interval_hours::integer)
                        OR date_trunc('hour', next_funding_time) <> next_funding_time)
                """
            )[0].decode("wrong")
        }
    }
}
