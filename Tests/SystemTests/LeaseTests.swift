import Foundation
import PostgresDriver
import Testing

extension LoopbackTests {
    /// Several collectors, one writer a feed.
    struct LeaseTests {
        @Test func twoCollectorsShareTheFeedsAndOneTakesOverFromTheOther() async throws {
            try await Suite.run { suite in
                let witness = try await EventWitness(suite)
                let first = try await suite.startCollector("first")
                try await suite.wait(forPolls: 1)
                let second = try await suite.startCollector("second")
                try await eventually("both hold feeds", within: .seconds(15)) {
                    try await Self.holders(suite).count == 2
                }
                let shared = try await suite.health()
                try await suite.wait(forPolls: 2)

                await first.send(SIGKILL)
                let died = ContinuousClock.now
                try await eventually("the survivor polls every feed", within: .seconds(10)) {
                    try await Self.holders(suite) == [second.pid]
                }
                try await suite.wait(forPolls: 1, within: .seconds(5))
                #expect(ContinuousClock.now - died < .seconds(10))

                let third = try await suite.startCollector("third")
                try await eventually("the newcomer gets its part", within: .seconds(15)) {
                    try await Self.holders(suite).contains(third.pid)
                }
                #expect(try await second.end(SIGTERM) == .status(0))
                try await eventually("what was given back is taken at once", within: .seconds(5)) {
                    try await Self.holders(suite) == [third.pid]
                }
                try await suite.wait(forPolls: 2)
                #expect(try await third.end(SIGTERM) == .status(0))

                try await Self.expectOneWriter(suite, witness)
                let after = try await suite.health()
                for feed in Suite.feeds { #expect(after[feed]?.token ?? 0 >= shared[feed]?.token ?? 0) }
                await witness.end()
            }
        }

        @Test func collectorThatWasStoppedForLongCannotWriteWhenItWakes() async throws {
            try await Suite.run { suite in
                let witness = try await EventWitness(suite)
                let sleeper = try await suite.startCollector("sleeper")
                try await suite.wait(forPolls: 1)
                let before = try await suite.health()
                try await suite.amidAWrite(to: "exchange_data", by: "funding-collector") { await sleeper.send(SIGSTOP) }
                let heir = try await suite.startCollector("heir")
                // The sleeper's session still stands, and with it its leases: the server is told to cut it, as it does
                // by itself once the connection's keep-alive has run out. What it was writing is left for the heir to end.
                try await suite.database.query(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_locks
                     WHERE locktype = 'advisory' AND classid::bigint = \(0x4655_4E44)
                    """
                )
                try await eventually("the heir holds every feed", within: .seconds(15)) {
                    try await Self.holders(suite) == [heir.pid]
                }
                try await suite.wait(forPolls: 1)
                await sleeper.send(SIGCONT)
                try await suite.wait(forPolls: 3)
                let after = try await suite.health()
                for feed in Suite.feeds { #expect(after[feed]?.token ?? 0 > before[feed]?.token ?? 0) }
                #expect(await sleeper.isRunning)
                try await eventually("they share again", within: .seconds(15)) {
                    try await Self.holders(suite).count == 2
                }
                #expect(try await sleeper.end(SIGTERM) == .status(0))
                #expect(try await heir.end(SIGTERM) == .status(0))
                try await Self.expectOneWriter(suite, witness)
                await witness.end()
            }
        }

        /// The processes that hold leases.
        private static func holders(_ suite: Suite) async throws -> Set<pid_t> {
            Set(
                try await suite.health().values.compactMap {
                    $0.holder?.split(separator: ":").last.flatMap { pid_t($0) }
                })
        }

        /// Sequences grew one by one, each committed once; nothing was heard before its commit.
        private static func expectOneWriter(_ suite: Suite, _ witness: EventWitness) async throws {
            let sequences = try await suite.sequences()
            #expect(try await suite.successfulCycles() == sequences)
            for (feed, last) in sequences {
                try await eventually("the witness has heard all of \(feed)") {
                    Set(await witness.sequences(of: feed)) == Set(1...last)
                }
            }
            #expect(await witness.premature.isEmpty)
        }
    }
}
