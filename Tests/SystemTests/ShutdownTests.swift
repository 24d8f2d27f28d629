import CurlDriver
import Foundation
import PostgresDriver
import TestSupport
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

        @Test func underLoadEveryRequestThatWasBegunIsAnsweredWhole() async throws {
            try await Suite.run { suite in
                let collector = try await suite.startCollector()
                try await suite.waitForAllRows()
                let api = try await suite.startAPI(["API_HEAVY_LIMIT": "0"])
                try await eventually("the API is ready") { try await api.status("/ready") == 200 }
                var sockets: [WebSocketClient] = []
                for _ in 0..<3 { sockets.append(try await .connect(port: api.port, path: "/ws?channels=grid")) }

                // Four answers wait for a table, and busy clients ask until the server closes.
                let targets = ["/api/funding-rates-grid", "/api/funding-rates?limit=200", "/api/statistics"]
                let (begun, tell) = AsyncStream<Int>.makeStream()
                let (waiting, busy) = try await suite.database.withTransaction { connection in
                    _ = try await connection.query("LOCK TABLE funding_rates_historical IN ACCESS EXCLUSIVE MODE")
                    let waiting = Task {
                        await Crowd(of: 4, port: api.port).ask(within: .seconds(60)) { client, answers in
                            answers == 0 ? "/api/historical/BTCUSDT?limit=\(client + 1)" : nil
                        }
                    }
                    try await eventually("four answers wait for the table", every: .milliseconds(20)) {
                        let count: Int = try await suite.database.query(
                            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'funding_rates_historical'::regclass"
                        )[0].decode(0)
                        return count == 4
                    }
                    let busy = Task {
                        defer { tell.finish() }
                        return await Crowd(of: 16, port: api.port).ask(within: .seconds(60)) { client, answers in
                            if answers == 1 { tell.yield(client) }
                            return targets[(client + answers) % targets.count]
                        }
                    }
                    var seen = 0
                    for await _ in begun {
                        seen += 1
                        if seen == 16 { break }
                    }
                    await api.child.send(SIGTERM)
                    return (waiting, busy)
                }
                for socket in sockets { #expect(try await socket.closeCode() == 1001) }
                #expect(await waiting.value.map { $0.answers.map(\.status) } == Array(repeating: [200], count: 4))
                #expect(try await api.child.ending(within: .seconds(10)) == .status(0))
                for member in await busy.value {
                    #expect([.satisfied, .closed].contains(member.end))
                    #expect(!member.answers.isEmpty && member.answers.allSatisfy { $0.status == 200 })
                }
                #expect(try await collector.end(SIGTERM) == .status(0))
            }
        }

        @Test func theOperatorEndsTheAPIInGoodOrder() async throws {
            try await Suite.run { suite in
                let token = "operator-of-the-tests"
                let api = try await suite.startAPI(["ADMIN_TOKEN": token])
                try await eventually("the API is ready") { try await api.status("/ready") == 200 }
                let client = try await WebSocketClient.connect(port: api.port, path: "/ws?channels=rates")
                #expect(try await api.post("/api/shutdown").status == 401)
                #expect(try await api.status("/live") == 200)
                let accepted = try await api.post("/api/shutdown", headers: [("Authorization", "Bearer \(token)")])
                #expect(accepted.status == 202)
                #expect(try await client.closeCode() == 1001)
                #expect(try await api.child.ending(within: .seconds(10)) == .status(0))
                #expect(try api.child.log.contains("operator call"))
                #expect(try !api.child.log.contains(token))
            }
        }

        @Test(arguments: ["funding-collector", "funding-backfiller", "funding-scanner", "funding-api"])
        func waitingForPostgresDelaysNobodysEnd(program: String) async throws {
            try await Suite.run("waiting-\(program)") { suite in
                var environment = suite.environment(user: program.replacing("-", with: "_"))
                environment["DATABASE_URL"] = "postgres://nobody@127.0.0.1:1/nothing"
                environment["API_PORT"] = "0"
                let child = try await suite.start(program, [program], environment: environment)
                try await eventually("it waits", within: .seconds(20)) {
                    try child.log.contains("waiting for the database")
                }
                #expect(try await child.end(SIGTERM, within: .seconds(5)) == .status(0))
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
