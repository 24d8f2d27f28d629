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

        /// Feeds that need few requests a poll, for those of others take turns of many seconds.
        private static let feeds = ["binance-usdm", "bybit", "deribit", "dydx", "lighter"]

        /// What goes wrong together, on feeds of which none must notice the others. Binance stays well throughout.
        private static let rounds: [[Fault]] = [
            [
                Fault("bybit", "status", 500, named: "unavailable"),
                Fault("dydx", "status", 404, named: "refused"),
                Fault("deribit", "object", named: "unreadable"), Fault("lighter", "empty", named: "unreadable"),
            ],
            [
                Fault("bybit", "html", named: "unreadable"), Fault("dydx", "garbage", named: "unreadable"),
                Fault("deribit", "drop", named: "unreadable"), Fault("lighter", "html", named: "unreadable"),
            ],
            [
                Fault("bybit", "gzip_bomb", named: "unreadable"),
                Fault("dydx", "error_object", named: "unreadable"),
                Fault("deribit", "truncated", named: "unreadable"), Fault("lighter", "huge", named: "unreadable"),
            ],
            [Fault("deribit", "hang", named: "timed_out"), Fault("lighter", "slow", named: "timed_out")],
        ]

        @Test func eachWayToFailIsNamedAndTouchesNothingButItsFeed() async throws {
            try await Suite.run { suite in
                // Five failures in a row would open the circuit for minutes.
                let collector = try await suite.startCollector(every: 2, feeds: Self.feeds)
                try await suite.wait(forPolls: 1, of: Self.feeds)
                let invariants = try await Invariants(suite, collector, undisturbed: ["binance-usdm"])
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
                    try await suite.wait(forPolls: 1, of: Self.feeds)
                }
                #expect(try await suite.rowCounts() == Suite.allContracts.filter { Self.feeds.contains($0.key) })
                try await invariants.judge()
            }
        }

        private static func prove(_ fault: Fault, _ suite: Suite) async throws {
            let name = "\(fault.feed) \(fault.kind)"
            let failed = try await eventually("\(name): the failure is recorded", within: .seconds(15)) {
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
    }
}
