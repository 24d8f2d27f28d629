import Foundation
import Testing

extension LoopbackTests {
    /// An exchange that asks to be left alone is left alone.
    struct MannersTests {
        @Test func nothingIsSentInsideTheWindowAnExchangeAskedFor() async throws {
            try await Suite.run { suite in
                let collector = try await suite.startCollector()
                try await suite.waitForAllRows()
                // Bybit is asked two things at a time.
                try await suite.simulator.spoil("bybit", "status", status: 429, retryAfter: 5, count: 2)
                try await suite.simulator.spoil("lighter", "status", status: 418, retryAfter: 5, count: 2)
                try await suite.simulator.spoil("deribit", "status", status: 429, count: 1)
                try await suite.simulator.spoil("hyperliquid", "status", status: 403, count: 1)
                for (feed, status) in [("bybit", 429), ("lighter", 418)] {
                    try await Self.expectSilence(after: status, of: feed, seconds: 5, suite)
                    try await eventually("\(feed) is polled again") { try await suite.health(of: feed).status == "ok" }
                }

                // The first refusal may meet a part of a poll that was under way; the next tick tells of it then.
                try await eventually("hyperliquid is told to be blocked") {
                    try await suite.health(of: "hyperliquid").status == "blocked"
                }
                let health = try await suite.health()
                #expect(health["deribit"]?.status == "rate_limited")
                #expect(health["deribit"]?.errorKind == "rate_limited")
                #expect(try Self.pause(of: health["deribit"]) > 40)
                #expect(health["hyperliquid"]?.status == "blocked")
                #expect(try Self.pause(of: health["hyperliquid"]) > 500)
                #expect(health["binance-usdm"]?.status == "ok")
                for (feed, status) in [("deribit", 429), ("hyperliquid", 403)] {
                    let requests = try await suite.simulator.requests(of: feed)
                    let refused = try (requests.firstIndex { $0.status == status }).required("the refusal")
                    #expect(
                        requests[(refused + 1)...].allSatisfy { $0.at.timeIntervalSince(requests[refused].at) < 0.5 })
                }
                #expect(await collector.isRunning)
            }
        }

        @Test func aPauseThatOnlyAPartOfThePollMetIsTold() async throws {
            try await Suite.run { suite in
                _ = try await suite.startCollector(feeds: ["bybit", "deribit"])
                try await suite.wait(forPolls: 2, of: ["bybit", "deribit"])
                // Bybit is asked two things at a time: the other one is answered.
                try await suite.simulator.spoil("bybit", "status", status: 403, count: 1)
                let health = try await eventually("bybit is told to be blocked") {
                    let health = try await suite.health(of: "bybit")
                    return health.status == "blocked" ? health : nil
                }
                #expect(health.errorKind == "blocked")
                #expect(try Self.pause(of: health) > 500)
                #expect(try await suite.health(of: "deribit").status == "ok")
            }
        }

        @Test func aBanOutlivesTheProcessThatMetIt() async throws {
            try await Suite.run { suite in
                let banned = try await suite.startCollector()
                try await suite.waitForAllRows()
                try await suite.simulator.spoil("deribit", "status", status: 418, retryAfter: 15, count: 1)
                try await eventually("the ban is recorded") {
                    try await suite.health(of: "deribit").errorKind == "banned"
                }
                _ = try await banned.end(SIGKILL)
                _ = try await suite.startCollector()
                try await Self.expectSilence(after: 418, of: "deribit", seconds: 15, suite)
                try await eventually("deribit is polled again") { try await suite.health(of: "deribit").status == "ok" }
            }
        }

        /// No request may come between half a second after the refusal, when those in flight have arrived, and the end of
        /// the window; after it there must be one.
        private static func expectSilence(after status: Int, of feed: String, seconds: Double, _ suite: Suite)
            async throws
        {
            let (refusal, next) = try await eventually("\(feed) is refused and asked again", within: .seconds(20)) {
                let requests = try await suite.simulator.requests(of: feed)
                guard let refused = requests.first(where: { $0.status == status }),
                    let next = requests.first(where: { $0.at.timeIntervalSince(refused.at) > 0.5 })
                else { return nil as (SimulatedExchanges.Seen, SimulatedExchanges.Seen)? }
                return (refused, next)
            }
            #expect(next.at.timeIntervalSince(refusal.at) >= seconds - 0.01, "\(feed)")
            #expect(next.at.timeIntervalSince(refusal.at) < seconds + 5, "\(feed)")
        }

        private static func pause(of health: Suite.Health?) throws -> TimeInterval {
            try (health?.retryAt).required("retry_at").timeIntervalSinceNow
        }
    }
}
