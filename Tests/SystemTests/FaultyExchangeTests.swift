import Foundation
import PostgresDriver
import Testing

extension LoopbackTests {
    /// One exchange misbehaves; the others must not notice, and what was known of it must not change but age.
    struct FaultyExchangeTests {
        /// A way to go wrong, and the word for it in the tables.
        struct Fault: Sendable {
            var feed: String
            var kind: String
            var status: Int?
            var named: String

            init(_ feed: String, _ kind: String, _ status: Int? = nil, named: String) {
                self.feed = feed
                self.kind = kind
                self.status = status
                self.named = named
            }
        }

        /// What goes wrong together, on feeds of which none must notice the others. Binance stays well throughout.
        private static let rounds: [[Fault]] = [
            [
                Fault("bybit", "status", 500, named: "unavailable"),
                Fault("hyperliquid", "status", 404, named: "refused"),
                Fault("deribit", "object", named: "unreadable"), Fault("lighter", "empty", named: "unreadable"),
            ],
            [
                Fault("bybit", "html", named: "unreadable"), Fault("hyperliquid", "garbage", named: "unreadable"),
                Fault("deribit", "drop", named: "unreadable"), Fault("lighter", "html", named: "unreadable"),
            ],
            [
                Fault("bybit", "gzip_bomb", named: "unreadable"),
                Fault("hyperliquid", "error_object", named: "unreadable"),
                Fault("deribit", "truncated", named: "unreadable"), Fault("lighter", "huge", named: "unreadable"),
            ],
            // Three attempts of ten seconds.
            [Fault("deribit", "hang", named: "timed_out"), Fault("lighter", "slow", named: "timed_out")],
        ]

        @Test func eachWayToFailIsNamedAndTouchesNothingButItsFeed() async throws {
            try await Suite.run { suite in
                // Five failures in a row would open the circuit for minutes.
                let collector = try await suite.startCollector(every: 2)
                try await suite.waitForAllRows()
                let watch = Task { try await Self.longestSilence(of: "binance-usdm", suite) }
                for round in Self.rounds {
                    for fault in round { try await suite.simulator.spoil(fault.feed, fault.kind, status: fault.status) }
                    try await withThrowingTaskGroup { group in
                        for fault in round { group.addTask { try await Self.prove(fault, suite) } }
                        try await group.waitForAll()
                    }
                    try await suite.simulator.reset()
                    try await eventually("all feeds recover", within: .seconds(20)) {
                        try await suite.health().values.allSatisfy { $0.status == "ok" && $0.errorKind == nil }
                    }
                    try await suite.wait(forPolls: 1)
                }
                watch.cancel()
                #expect(try await watch.value < 8)
                #expect(try await suite.rowCounts() == Suite.contracts)
                #expect(await collector.isRunning)
            }
        }

        private static func prove(_ fault: Fault, _ suite: Suite) async throws {
            let name = "\(fault.feed) \(fault.kind)"
            let failed = try await eventually("\(name): the failure is recorded", within: .seconds(50)) {
                let health = try await suite.health(of: fault.feed)
                return health.status == "failing" ? health : nil
            }
            #expect(failed.errorKind == fault.named, "\(name)")
            let before = try await suite.values(of: fault.feed)
            let cycle = try await suite.database.query(
                """
                SELECT outcome, error_kind, contracts FROM collection_cycles WHERE feed = \(fault.feed)
                 ORDER BY id DESC LIMIT 1
                """
            )[0]
            #expect(try cycle.decode("error_kind") == fault.named, "\(name)")
            #expect(try cycle.decode("outcome") == (fault.named == "timed_out" ? "timeout" : "error"), "\(name)")
            #expect(try cycle.decode("contracts") == 0, "\(name)")
            if fault.named != "timed_out" {
                try await eventually("\(name): it fails again") {
                    try await suite.database.query(
                        "SELECT consecutive_failures AS count FROM exchange_health WHERE feed = \(fault.feed)"
                    )[0].decode("count", as: Int.self) >= 2
                }
            }
            #expect(try await suite.values(of: fault.feed) == before, "\(name)")
            #expect(try await suite.health(of: fault.feed).sequence == failed.sequence, "\(name)")
        }

        /// The longest age a feed's rows reached, in seconds, until cancelled.
        private static func longestSilence(of feed: String, _ suite: Suite) async throws -> TimeInterval {
            var longest = 0.0
            while !Task.isCancelled {
                let observedAt = try await suite.health(of: feed).observedAt.required("observed_at")
                longest = max(longest, Date().timeIntervalSince(observedAt))
                do { try await Task.sleep(for: .milliseconds(100)) } catch { break }
            }
            return longest
        }
    }
}
