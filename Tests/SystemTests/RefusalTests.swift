import CurlDriver
import Foundation
import PostgresDriver
import RedisDriver
import Testing

extension LoopbackTests {
    /// Exchanges that refuse us, and processes that tell each other of it.
    struct RefusalTests {
        @Test func refusedFeedsAreLeftAloneByEveryProcessAndInEveryRequest() async throws {
            try await Suite.run { suite in
                let feeds = ["binance-usdm", "bybit", "kucoin", "deribit", "backpack"]
                let collector = try await suite.startCollector(feeds: feeds)
                try await suite.wait(forPolls: 1, of: feeds)
                let healthy = ["deribit", "backpack"]
                let invariants = try await Invariants(suite, collector, undisturbed: healthy)

                // What one endpoint says holds for the host: open interest is asked for all the time.
                try await suite.simulator.spoil(
                    "binance-usdm", "status", path: "/fapi/v1/premiumIndex", status: 429, retryAfter: 6, count: 1)
                try await suite.simulator.spoil("kucoin", "html", status: 451)
                let limited = try await invariants.expectNamed("binance-usdm", "rate_limited", "rate_limited")
                let begin = Date()
                let limitEnds = try limited.retryAt.required("retry_at")
                let blocked = try await invariants.expectNamed("kucoin", "blocked", "blocked")
                #expect(abs(try blocked.retryAt.required("retry_at").timeIntervalSinceNow - 600) < 15)

                // Another process was told to leave Bybit alone.
                try await suite.redis.command(
                    "SET", RedisArgument("funding:pause:http://bybit.localhost:\(suite.simulator.port)/bybit"),
                    "rate_limited", "PX",
                    "8000"
                )
                let told = Date()
                try await invariants.expectNamed("bybit", "rate_limited", "rate_limited")
                try await invariants.expectClear(["binance-usdm", "bybit"])
                try await invariants.expectSilence(of: "binance-usdm", from: begin, to: limitEnds)
                try await invariants.expectSilence(of: "bybit", from: told, to: told.addingTimeInterval(8))

                // Nobody to share budgets with is no reason to stop.
                try await suite.redis.stop()
                try await suite.wait(forPolls: 3, of: healthy + ["bybit"])
                try await invariants.judge()

                try await Self.expectOneProbe(of: "kucoin", "/api/v1/contracts/active", feeds, suite)
            }
        }

        /// A blocked host is left alone by the next process too, and asked once when its time is over.
        private static func expectOneProbe(of feed: String, _ path: String, _ feeds: [String], _ suite: Suite)
            async throws
        {
            let before = try await suite.simulator.counts(of: feed, path: path)
            #expect(before[451] == 1)
            let patient = try await suite.startCollector("patient", feeds: feeds)
            try await suite.wait(forPolls: 3, of: ["deribit", "bybit"])
            #expect(try await suite.simulator.counts(of: feed, path: path) == before)
            _ = try await patient.end(SIGTERM)

            try await suite.database.query(
                "UPDATE exchange_health SET retry_at = now() + interval '3 seconds' WHERE feed = \(feed)"
            )
            let prober = try await suite.startCollector("prober", feeds: feeds)
            try await eventually("\(feed) is blocked for ten more minutes") {
                try await (suite.health(of: feed).retryAt).required("retry_at").timeIntervalSinceNow > 500
            }
            try await suite.wait(forPolls: 3, of: ["deribit", "bybit"])
            #expect(try await suite.simulator.counts(of: feed, path: path)[451] == 2)
            #expect(try await suite.health(of: feed).status == "blocked")
            #expect(try await prober.end(SIGTERM) == .status(0))
        }

        /// Other programs at the same address have used up nearly all of Binance's minute.
        @Test func aUsedUpMinuteIsNotAskedForMore() async throws {
            try await Suite.run(simulator: []) { suite in
                let collector = try await suite.startCollector(every: 2, feeds: ["binance-usdm", "deribit"])
                try await suite.wait(forPolls: 1, of: ["binance-usdm", "deribit"])
                let invariants = try await Invariants(suite, collector, undisturbed: ["deribit"])
                // The exchange counts by the minute of the clock; the rest of one must be long enough to look at.
                try await eventually("a minute that lasts", within: .seconds(30)) { Self.secondsLeft > 25 }
                var used = 0
                while used < 2350 {
                    let answer = try await suite.simulator.answer(of: "binance-usdm", "/fapi/v1/premiumIndex")
                    used = try (answer.headers["X-MBX-USED-WEIGHT-1M"].flatMap { Int($0) }).required("the weight")
                }
                let asked = try await suite.simulator.requests(of: "binance-usdm").count
                try await suite.wait(forPolls: 7, of: ["deribit"])
                let requests = try await suite.simulator.requests(of: "binance-usdm")
                // One tells us; at most as many are under way as there are requests for open interest at once.
                #expect(requests.count - asked <= 6)
                #expect(requests.allSatisfy { $0.status == 200 })
                #expect(try await suite.health(of: "binance-usdm").errorKind == nil)
                try await invariants.judge()
            }
        }

        private static var secondsLeft: Double {
            60 - Date().timeIntervalSince1970.truncatingRemainder(dividingBy: 60)
        }
    }
}
