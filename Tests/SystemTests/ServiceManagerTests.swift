import Foundation
import Testing

extension LoopbackTests {
    /// What a service manager hears of a service (sd_notify(3)).
    struct ServiceManagerTests {
        private static let patience = ["WATCHDOG_USEC": "1500000"]

        @Test(arguments: [
            ("funding-collector", "2 of 2 feeds are polled here"), ("funding-backfiller", "contracts done"),
            ("funding-scanner", "leading"), ("funding-api", "645 contracts of 2 exchanges, 0 live clients"),
        ])
        func aServiceTellsThatItIsReadyHowItFaresAndThatItEnds(program: String, status: String) async throws {
            try await Suite.run("manager-\(program)") { suite in
                // Contracts for those that do not list them.
                let feeds = ["bybit", "deribit"]
                if program != "funding-collector" {
                    _ = try await suite.startCollector("lister", feeds: feeds)
                    try await eventually("all contracts are there", within: .seconds(30)) {
                        try await suite.rowCounts() == Suite.contracts.filter { feeds.contains($0.key) }
                    }
                }
                let manager = try NotifySocket(suite.folder.appending(path: "notify").path)
                var environment = suite.environment(user: program.replacing("-", with: "_"))
                    .merging(Self.patience) { $1 }
                environment["NOTIFY_SOCKET"] = manager.name
                environment["API_PORT"] = "0"
                let exchanges = ["--exchanges", feeds.joined(separator: ",")]
                let hasChoice = ["funding-collector", "funding-backfiller"].contains(program)
                let child = try await suite.start(
                    "managed", [program] + (hasChoice ? exchanges : []), environment: environment)
                try await eventually("it tells how it fares", within: .seconds(60)) {
                    manager.messages().contains { $0.contains("STATUS=") && $0.contains(status) }
                }
                #expect(manager.messages().first == "READY=1")
                let signs = manager.messages().count
                try await eventually("it tells that it turns") { manager.messages().count >= signs + 4 }
                #expect(manager.messages().dropFirst().allSatisfy { $0.hasPrefix("WATCHDOG=1\nSTATUS=") })
                #expect(try await child.end(SIGTERM, within: .seconds(10)) == .status(0))
                #expect(manager.messages().last == "STOPPING=1")
                #expect(manager.messages().count { $0 == "READY=1" } == 1)
            }
        }

        /// To start a service again because its database is away would help nobody.
        @Test func whatTurnsIsAliveWhateverItWaitsFor() async throws {
            try await Suite.run { suite in
                let manager = try NotifySocket("@funding-tests-\(UInt64.random(in: 0...UInt64.max))")
                let more = Self.patience.merging(["NOTIFY_SOCKET": manager.name]) { $1 }
                let collector = try await suite.startCollector(feeds: ["bybit"], more)
                try await eventually("it polls", within: .seconds(30)) {
                    manager.messages().contains { $0.contains("1 of 1 feeds") }
                }
                try await suite.postgres.stopImmediately()
                try await eventually("it tells of its trouble", within: .seconds(30)) {
                    manager.messages().last?.contains("waiting for the database") == true
                }
                let signs = manager.messages().count
                try await eventually("it turns") { manager.messages().count >= signs + 4 }
                #expect(await collector.isRunning)
            }
        }

        @Test func nobodyIsReadyWhileItWaitsForItsFirstDatabase() async throws {
            try await Suite.run { suite in
                let manager = try NotifySocket(suite.folder.appending(path: "notify").path)
                var environment = suite.environment(user: "funding_api")
                environment["DATABASE_URL"] = "postgres://nobody@127.0.0.1:1/nothing"
                environment["API_PORT"] = "0"
                environment["NOTIFY_SOCKET"] = manager.name
                let child = try await suite.start("funding-api", ["funding-api"], environment: environment)
                try await eventually("it waits", within: .seconds(20)) {
                    try child.log.contains("waiting for the database")
                }
                #expect(manager.messages() == [])
                #expect(try await child.end(SIGTERM, within: .seconds(10)) == .status(0))
                #expect(!manager.messages().contains("READY=1"))
            }
        }
    }
}
