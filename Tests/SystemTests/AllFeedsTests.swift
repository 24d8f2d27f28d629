import Foundation
import FundingJSON
import PostgresDriver
import Testing

extension LoopbackTests {
    /// Every registered feed, from its answers to its rows.
    struct AllFeedsTests {
        @Test func everyFeedIsCollected() async throws {
            try await Suite.run { suite in
                let list = try await Self.output(of: ["--list-feeds"], suite)
                #expect(list.split(separator: "\n").map(String.init).sorted() == Suite.allFeeds)

                try await Self.once([], suite)
                #expect(
                    try await suite.rowCounts()
                        == Suite.allContracts.filter { !Suite.feedsOnRequest.contains($0.key) })
                try await Self.once(["--exchanges", Suite.feedsOnRequest.sorted().joined(separator: ",")], suite)
                #expect(try await suite.rowCounts() == Suite.allContracts)
                for (feed, health) in try await suite.health() {
                    #expect(health.status == "ok", "\(feed)")
                    #expect(health.rejects == 0, "\(feed)")
                    #expect(health.contracts == Suite.allContracts[feed], "\(feed)")
                }

                // EdgeX's open interest comes by contract, so slowly that a dry run of it takes more than a minute.
                let printed = Suite.allFeeds.filter { $0 != "edgex" }
                let lines = try await Self.output(
                    of: ["--once", "--dry-run", "--output", "jsonl", "--exchanges", printed.joined(separator: ",")],
                    suite
                )
                var said: [String: Int] = [:]
                for line in lines.split(separator: "\n") {
                    said[try (JSONDocument(Array(line.utf8)).root["feed"]?.string).required("feed"), default: 0] += 1
                }
                #expect(said == Suite.allContracts.filter { printed.contains($0.key) })
                // The thirteen exchanges of the requirements, Hyperliquid's builders left out.
                let thirteen = said.filter { !Suite.feedsOnRequest.contains($0.key) }.values.reduce(0, +)
                let builders = try await suite.database.query(
                    "SELECT count(*) AS count FROM exchange_data WHERE feed = 'hyperliquid' AND symbol LIKE '%:%'"
                )[0].decode("count", as: Int.self)
                #expect(builders == 150)
                #expect(thirteen - builders == 3474)
            }
        }

        private static func once(_ arguments: [String], _ suite: Suite) async throws {
            let once = try await suite.start(
                "once", ["funding-collector", "--once"] + arguments,
                environment: suite.environment(user: "funding_collector")
            )
            let ending = try await once.ending(within: .seconds(60))
            guard ending == .status(0) else { throw Failure("it ended with \(ending): \(try once.log)") }
        }

        private static func output(of arguments: [String], _ suite: Suite) async throws -> String {
            let run = try await suite.start(
                "run-\(arguments[0])", ["funding-collector"] + arguments, environment: suite.environment(user: "nobody")
            )
            let ending = try await run.ending(within: .seconds(60))
            guard ending == .status(0) else { throw Failure("it ended with \(ending): \(try run.log)") }
            return String(decoding: try Data(contentsOf: run.output), as: UTF8.self)
        }
    }
}
