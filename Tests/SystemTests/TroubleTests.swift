import Foundation
import PostgresDriver
import Testing

extension LoopbackTests {
    /// Hosts that fail, hang, cannot be found or cannot be trusted, all at once.
    struct TroubleTests {
        private static let healthy = ["binance-usdm", "bybit", "binance-coinm"]
        /// Those that never get an answer, with the word for it in the tables.
        private static let unreached = [
            "backpack": "unreachable", "drift": "unreachable", "dydx": "timed_out", "aster": "untrusted",
            "lighter": "untrusted",
        ]

        @Test func hostsInTroubleAreNamedAskedNoMoreThanNeededAndHarmNobody() async throws {
            try await Suite.run { suite in
                let hole = try BlackHole()
                let selfSigned = try await DoubtfulServer("self-signed", isExpired: false, in: suite)
                let expired = try await DoubtfulServer("expired", isExpired: true, in: suite)
                let started = Date()
                let others = ["kucoin", "deribit", "pacifica", "hibachi"]
                let collector = try await suite.startCollector(
                    feeds: Self.healthy + others + Self.unreached.keys,
                    [
                        "FUNDING_BACKPACK_URL": "http://127.0.0.1:\(try freePort())",
                        "FUNDING_DRIFT_URL": "http://drift.invalid",
                        "FUNDING_DYDX_URL": "http://127.0.0.1:\(hole.port)", "FUNDING_ASTER_URL": selfSigned.url,
                        "FUNDING_LIGHTER_URL": expired.url,
                        // Even a certificate that is trusted must not be out of date.
                        "SSL_CERT_FILE": expired.certificate,
                    ]
                )
                let invariants = try await Invariants(suite, collector, undisturbed: Self.healthy)
                for (feed, kind) in Self.unreached { try await invariants.expectNamed(feed, kind) }

                try await suite.wait(forPolls: 1, of: others)
                try await suite.simulator.spoil("pacifica", "hang")
                try await suite.simulator.spoil("hibachi", "slow")
                try await suite.simulator.spoil("deribit", "status", status: 503)
                for feed in ["pacifica", "hibachi"] { try await invariants.expectNamed(feed, "timed_out") }
                try await Self.expectOpenCircuit("deribit", suite, invariants)

                try await Self.expectFewRetries("kucoin", "/api/v1/contracts/active", suite)
                try await suite.simulator.reset()
                try await invariants.expectClear(["pacifica", "hibachi", "kucoin"])

                #expect(try await suite.rowCounts().filter { Self.unreached.keys.contains($0.key) }.isEmpty)
                let slowest = try await suite.database.query(
                    """
                    SELECT feed, max(duration_ms) AS ms FROM collection_cycles
                     WHERE error_kind IS NOT NULL AND started_at > \(started) GROUP BY feed
                    """
                )
                for row in slowest {
                    let feed: String = try row.decode("feed")
                    #expect(try row.decode("ms", as: Double.self) < 11_000, "\(feed)")
                }
                try await invariants.judge()
            }
        }

        /// Five failures in a row, and nothing is asked for five minutes.
        private static func expectOpenCircuit(_ feed: String, _ suite: Suite, _ invariants: Invariants) async throws {
            let health = try await eventually("the circuit of \(feed) opens", within: .seconds(20)) {
                let health = try await suite.health(of: feed)
                return health.status == "circuit_open" ? health : nil
            }
            let opened = Date()
            let retryAt = try health.retryAt.required("retry_at")
            #expect(abs(retryAt.timeIntervalSince(opened) - 300) < 15)
            #expect(health.errorKind == "unavailable")
            let failed = try await suite.database.query(
                "SELECT count(*) AS count FROM collection_cycles WHERE feed = \(feed) AND outcome = 'error'"
            )[0].decode("count", as: Int.self)
            #expect(failed == 5)
            try await suite.wait(forPolls: 5, of: healthy)
            try await invariants.expectSilence(of: feed, from: opened, to: Date())
        }

        /// Every second answer is an error for forty polls: no more than three in ten are asked again.
        private static func expectFewRetries(_ feed: String, _ path: String, _ suite: Suite) async throws {
            try await suite.simulator.reset()
            try await suite.simulator.spoil(feed, "status", status: 500, share: 0.5)
            let first = try await polls(of: feed, suite)
            try await eventually("forty polls of \(feed)", within: .seconds(90)) {
                try await polls(of: feed, suite) >= first + 40
            }
            let counts = try await suite.simulator.counts(of: feed, path: path)
            let asked = counts.values.reduce(0, +)
            let polled = try await polls(of: feed, suite) - first
            #expect(counts[500, default: 0] > 15)
            #expect(Double(asked) <= 1.3 * Double(polled), "\(asked) requests in \(polled) polls: \(counts)")
            #expect(try await suite.health(of: feed).status != "circuit_open")
        }

        private static func polls(of feed: String, _ suite: Suite) async throws -> Int {
            try await suite.database.query("SELECT count(*) AS count FROM collection_cycles WHERE feed = \(feed)")[0]
                .decode("count")
        }
    }
}
