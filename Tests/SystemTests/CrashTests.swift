import Foundation
import Testing

extension LoopbackTests {
    /// The collector dies at the worst moments.
    struct CrashTests {
        /// Those whose budgets allow a poll every second.
        private static let feeds = ["binance-usdm", "bybit", "deribit"]

        @Test(arguments: ["after_fetch", "after_commit", "after_publish"])
        func killedCollectorLeavesNoHoleAndNothingUnpublished(failpoint: String) async throws {
            try await Suite.run("crash-\(failpoint)") { suite in
                let witness = try await EventWitness(suite)
                // Late enough for every feed to have been polled more than once.
                let doomed = try await suite.startCollector(
                    "doomed", feeds: Self.feeds, ["FUNDING_FAILPOINT": "\(failpoint):kill:8"])
                #expect(try await doomed.ending(within: .seconds(60)) == .signal(SIGKILL))
                try await witness.catchUp()
                let committed = try await suite.sequences()
                var unheard: [String: Int] = [:]
                for (feed, sequence) in committed where sequence > 0 {
                    if await witness.sequences(of: feed).last != sequence { unheard[feed] = sequence }
                }
                // Another feed may have been between the two at that moment.
                #expect(failpoint != "after_commit" || !unheard.isEmpty)

                let heir = try await suite.startCollector("heir", feeds: Self.feeds)
                try await suite.wait(forPolls: 2, of: Self.feeds)
                #expect(try await heir.end(SIGTERM) == .status(0))

                #expect(try await suite.rowCounts() == Suite.contracts.filter { Self.feeds.contains($0.key) })
                let sequences = try await suite.sequences()
                #expect(try await suite.successfulCycles() == sequences)
                for (feed, last) in sequences {
                    try await eventually("the witness has heard all of \(feed)") {
                        Set(await witness.sequences(of: feed)) == Set(1...last)
                    }
                    let heard = await witness.sequences(of: feed)
                    #expect(heard == heard.sorted(), "events of \(feed) came out of order")
                }
                for (feed, sequence) in unheard {
                    #expect(await witness.sequences(of: feed).count { $0 == sequence } == 1, "\(feed) \(sequence)")
                }
                #expect(await witness.premature.isEmpty)
                await witness.end()
            }
        }
    }
}
