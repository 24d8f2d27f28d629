import Foundation
import Testing

extension LoopbackTests {
    /// SIGTERM ends everything in good order and in time.
    struct ShutdownTests {
        @Test func everyServiceEndsWithZeroAndTellsItsClients() async throws {
            try await Suite.run { suite in
                let collector = try await suite.startCollector()
                let api = try await suite.startAPI()
                try await suite.waitForAllRows()
                try await eventually("the API is ready") { try await api.status("/ready") == 200 }
                let client = try await WebSocketClient.connect(port: api.port, path: "/ws?channels=grid")
                _ = try await client.message(ofType: "snapshot")

                await api.child.send(SIGTERM)
                #expect(try await client.closeCode() == 1001)
                #expect(try await api.child.ending(within: .seconds(10)) == .status(0))
                #expect(try await collector.end(SIGTERM, within: .seconds(10)) == .status(0))
                // What was under way is given up, which is no failure of any exchange.
                #expect(try await suite.health().mapValues(\.status) == Suite.contracts.mapValues { _ in "ok" })
                #expect(try await suite.health().values.compactMap(\.errorKind) == [])
                #expect(try await suite.stopSimulator() == .status(0))
            }
        }

        @Test func exchangeThatDoesNotAnswerDelaysNobodysEnd() async throws {
            try await Suite.run { suite in
                for feed in Suite.feeds { try await suite.simulator.spoil(feed, "hang") }
                let patient = try await suite.startCollector("patient")
                try await eventually("every exchange has been asked") {
                    for feed in Suite.feeds where try await suite.simulator.requests(of: feed).isEmpty { return false }
                    return true
                }
                #expect(try await patient.end(SIGTERM, within: .seconds(5)) == .status(0))
            }
        }

        @Test func secondSignalEndsAtOnceAndLeavesNothingHalfDone() async throws {
            try await Suite.run { suite in
                let witness = try await EventWitness(suite)
                let hurried = try await suite.startCollector("hurried")
                try await suite.wait(forPolls: 2)
                await hurried.send(SIGTERM)
                await hurried.send(SIGTERM)
                _ = try await hurried.ending(within: .seconds(3))
                let heir = try await suite.startCollector("heir")
                try await suite.wait(forPolls: 1)
                #expect(try await heir.end(SIGTERM) == .status(0))
                #expect(try await suite.rowCounts() == Suite.contracts)
                #expect(try await suite.successfulCycles() == suite.sequences())
                #expect(await witness.premature.isEmpty)
                await witness.end()
            }
        }
    }
}
