import Foundation
import PostgresDriver
import Testing

extension LoopbackTests {
    /// Collectors, Postgres and Redis go away while streams run.
    struct StreamOutageTests {
        private static let feeds = ["binance-usdm", "bybit", "deribit", "lighter"]

        @Test func streamsGoOnThroughTheDeathOfACollectorOfRedisAndOfPostgres() async throws {
            try await Suite.run { suite in
                let witness = try await EventWitness(suite)
                let doomed = try await suite.startListener("doomed", every: 30, feeds: Self.feeds)
                let before = try await suite.waitForStreams(of: Self.feeds)
                let heir = try await suite.startListener("heir", every: 30, feeds: Self.feeds)
                try await eventually("both hold feeds", within: .seconds(30)) {
                    try await Self.instances(suite).count == 2
                }
                try await suite.waitForStreams(of: Self.feeds)
                try await Self.expectOneListener(suite)

                await doomed.send(SIGKILL)
                try await eventually("the heir listens to all", within: .seconds(20)) {
                    let now = try await suite.connections()
                    return now.map(\.key) == before.map(\.key)
                        && now.allSatisfy { $0.isOpen && $0.updates > 0 && $0.instance.hasSuffix(":\(heir.pid)") }
                }
                try await Self.expectOneListener(suite)
                try await Self.waitForMoves(suite)

                try await suite.redis.stop()
                try await Self.waitForMoves(suite)
                try await suite.redis.start()
                // Of what stands still its next poll tells.
                try await eventually("events are heard again", within: .seconds(60)) {
                    let sequences = try await suite.sequences()
                    for feed in Self.feeds {
                        guard let last = await witness.sequences(of: feed).last, last >= sequences[feed] ?? .max else {
                            return false
                        }
                    }
                    return true
                }

                try await suite.postgres.stopFast()
                try await suite.postgres.start()
                try await Self.waitForMoves(suite)
                try await suite.waitForStreams(of: Self.feeds, within: .seconds(15))
                #expect(try await suite.connections().map(\.contracts) == before.map(\.contracts))
                try await Self.expectOneListener(suite)
                #expect(await witness.premature.isEmpty)
                #expect(try await heir.end(SIGTERM, within: .seconds(10)) == .status(0))
                #expect(try await suite.connections().isEmpty)
                await witness.end()
            }
        }

        /// The collectors that tell of connections.
        private static func instances(_ suite: Suite) async throws -> Set<String> {
            Set(try await suite.connections().map(\.instance))
        }

        /// Who listens to a feed holds it, and nobody else listens to it.
        private static func expectOneListener(_ suite: Suite) async throws {
            try await eventually("one listener a feed", within: .seconds(15), every: .milliseconds(500)) {
                let health = try await suite.health()
                let connections = try await suite.connections()
                let sockets = try await suite.sockets()
                for feed in feeds {
                    let own = connections.filter { $0.feed == feed }
                    guard own.allSatisfy({ $0.instance == health[feed]?.holder }), sockets[feed]?.open == own.count
                    else {
                        throw Failure(
                            "\(feed): \(own), held by \(health[feed]?.holder ?? ""), \(sockets[feed]?.open ?? 0)")
                    }
                }
                return true
            }
        }

        /// Waits until every feed has been written three more times, of which a poll can be but one.
        private static func waitForMoves(_ suite: Suite) async throws {
            // A feed whose rates stand still is written by its polls alone, every thirty seconds.
            try await suite.wait(forPolls: 3, of: feeds, within: .seconds(120))
        }
    }
}
