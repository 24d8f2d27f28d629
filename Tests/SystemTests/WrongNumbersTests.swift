import Foundation
import PostgresDriver
import Testing

extension LoopbackTests {
    /// Well-formed answers that cannot be true.
    struct WrongNumbersTests {
        @Test func impossibleRatesAreRejectedAndLeaveTheRowsAsTheyWere() async throws {
            try await Suite.run { suite in
                let collector = try await suite.startCollector(every: 2)
                try await suite.waitForAllRows()
                let bybit = try await suite.values(of: "bybit")
                try await suite.simulator.spoil("hyperliquid", "scale", factor: 7000)
                try await suite.simulator.spoil("bybit", "nan")
                // An answer of which not one row can be read is a failed answer.
                try await eventually("Bybit fails") { try await suite.health(of: "bybit").status == "failing" }
                #expect(try await suite.health(of: "bybit").errorKind == "unreadable")
                try await eventually("rows of Hyperliquid are rejected") {
                    try await suite.health(of: "hyperliquid").rejects > 20
                }
                let hyperliquid = try await suite.values(of: "hyperliquid")
                try await suite.wait(forPolls: 2, of: ["hyperliquid"])
                let rejected = try await Self.rejected(of: "hyperliquid", suite)
                let after = try await suite.values(of: "hyperliquid")
                #expect(rejected.count > 20)
                #expect(rejected.count { hyperliquid[$0] == after[$0] } > 20)
                let highest: Double = try await suite.database.query(
                    "SELECT max(abs(funding_rate)) AS highest FROM exchange_data"
                )[0].decode("highest")
                #expect(highest <= 0.10)
                // A row that cannot be read is there all the same: it must not count as delisted, however long it lasts.
                #expect(try await Self.count(suite, "missed_polls > 0") == 0)
                #expect(try await suite.values(of: "bybit").keys == bybit.keys)

                try await suite.simulator.reset()
                try await eventually("Bybit recovers") { try await suite.health(of: "bybit").status == "ok" }
                try await eventually("every row is read again") {
                    try await suite.health(of: "hyperliquid").rejects == 0
                }
                #expect(await collector.isRunning)
            }
        }

        @Test func contractsMissingFromSomeAnswersAreDelistedOnlyAfterTenMinutes() async throws {
            try await Suite.run { suite in
                let collector = try await suite.startCollector(feeds: ["bybit"])
                try await suite.wait(forPolls: 1, of: ["bybit"])
                try await suite.simulator.spoil("bybit", "half")
                try await eventually("half of the contracts miss four polls") {
                    try await Self.count(suite, "missed_polls >= 4") > 300
                }
                #expect(try await Self.count(suite, "status <> 'active'") == 0)
                #expect(try await suite.rowCounts()["bybit"] == Suite.contracts["bybit"])

                // As if the answers had been like this for so long.
                try await suite.database.query(
                    "UPDATE contract_metadata SET missing_since = missing_since - interval '11 minutes' WHERE missed_polls > 0"
                )
                try await eventually("they are no longer listed") {
                    try await Self.count(suite, "status = 'inactive'") > 300
                }
                #expect(try await suite.rowCounts()["bybit"] == Suite.contracts["bybit"])
                try await suite.simulator.reset()
                try await eventually("they are listed again") { try await Self.count(suite, "status <> 'active'") == 0 }
                #expect(await collector.isRunning)
            }
        }

        private static func rejected(of feed: String, _ suite: Suite) async throws -> [String] {
            try await suite.database.query("SELECT DISTINCT symbol FROM collection_rejects WHERE feed = \(feed)")
                .map { try $0.decode("symbol") }
        }

        private static func count(_ suite: Suite, _ condition: StaticString) async throws -> Int {
            try await suite.database.query(
                "SELECT count(*) AS count FROM contract_metadata WHERE \(unescaped: condition)"
            )[0].decode("count")
        }
    }
}
