import CurlDriver
import Foundation
import RedisDriver
import Testing

extension LoopbackTests {
    /// Postgres or Redis goes away and comes back; nobody restarts a service.
    struct OutageTests {
        @Test func postgresRestartsAndTenSecondsWithoutItCostNothingButTime() async throws {
            try await Suite.run { suite in
                let witness = try await EventWitness(suite)
                let collector = try await suite.startCollector()
                let api = try await suite.startAPI()
                try await suite.waitForAllRows()
                try await suite.wait(forPolls: 1)

                try await suite.postgres.stopFast()
                try await suite.postgres.start()
                try await suite.wait(forPolls: 2)
                try await suite.postgres.stopImmediately()
                try await suite.postgres.start()
                try await suite.wait(forPolls: 2)

                try await eventually("the API is ready again") { try await api.status("/ready") == 200 }
                try await suite.postgres.stopImmediately()
                let gone = Date()
                try await eventually("the API says that Postgres is gone", within: .seconds(4)) {
                    let statuses = [try await api.status("/api/health"), try await api.status("/ready")]
                    return statuses == [503, 503]
                }
                let heard = await witness.heard.count
                while Date().timeIntervalSince(gone) < 10 {
                    // It goes on answering from what it knows, and says how old that is.
                    let cells = try await api.grid().values.flatMap(\.values)
                    #expect(cells.count > 500)
                    #expect(cells.allSatisfy { $0.updatedAt < gone.addingTimeInterval(0.5) })
                    #expect(try await api.status("/live") == 200)
                    let refused = try await api.get("/api/historical/BTCUSDT")
                    #expect(refused.status == 503 && refused.headers["Retry-After"] != nil)
                    try await Task.sleep(for: .milliseconds(500))
                }
                #expect(await witness.heard.count <= heard + Suite.feeds.count)
                try await suite.postgres.start()
                let back = Date()
                try await suite.wait(forPolls: 2)
                // Hyperliquid, asked every second, spends its budget early in the minute and waits for the next.
                try await eventually("the API is ready and current", within: .seconds(75)) {
                    let cells = try await api.grid().values.flatMap(\.values)
                    let status = try await api.status("/ready")
                    return status == 200 && cells.allSatisfy { $0.updatedAt > back }
                }

                #expect(await collector.isRunning)
                #expect(await api.child.isRunning)
                #expect(try await collector.end(SIGTERM) == .status(0))
                #expect(try await api.child.end(SIGTERM) == .status(0))
                #expect(try await suite.rowCounts() == Suite.contracts)
                let sequences = try await suite.sequences()
                #expect(try await suite.successfulCycles() == sequences)
                for (feed, last) in sequences {
                    #expect(Set(await witness.sequences(of: feed)).subtracting(1...last).isEmpty)
                }
                #expect(await witness.premature.isEmpty)
                await witness.end()
            }
        }

        @Test func withoutRedisRowsAreStillWrittenAndTheAPIFollowsFromPostgres() async throws {
            try await Suite.run { suite in
                let collector = try await suite.startCollector()
                let api = try await suite.startAPI()
                try await suite.waitForAllRows()
                try await eventually("the grid is live") { try await Self.age(api) < 3 }

                let client = try await WebSocketClient.connect(port: api.port, path: "/ws?channels=grid")
                _ = try await client.message(ofType: "snapshot")
                try await suite.redis.command("FLUSHALL")
                try await suite.wait(forPolls: 1, of: Self.brisk)
                try await suite.redis.stop()
                let gone = ContinuousClock.now
                while ContinuousClock.now - gone < .seconds(15) {
                    try await suite.wait(forPolls: 1, of: Self.brisk, within: .seconds(5))
                    // Postgres is looked at every five seconds, and each feed is polled every second.
                    #expect(try await Self.age(api) < 8)
                }
                #expect(try await api.status("/ready") == 200)
                #expect(try await !api.hearsRedis())
                #expect(try await api.status("/api/historical/BTCUSDT") == 200)
                // What is pushed now was found by looking at Postgres.
                while try client.received(ofType: "grid") != nil {}
                _ = try await client.message(ofType: "grid")

                try await suite.redis.start()
                try await eventually("the API hears events again", within: .seconds(15)) {
                    try await api.hearsRedis()
                }
                try await eventually("the grid is live again", within: .seconds(15)) { try await Self.age(api) < 3 }

                try await suite.redis.stop()
                try await suite.redis.start()
                try await suite.wait(forPolls: 2, of: Self.brisk)
                #expect(await collector.isRunning)
                #expect(try await suite.successfulCycles() == suite.sequences())
                #expect(try await collector.end(SIGTERM) == .status(0))
            }
        }

        /// The exchanges whose budgets allow a poll every second.
        private static let brisk = ["binance-usdm", "bybit"]

        /// The age of their oldest cell in the grid, in seconds.
        private static func age(_ api: RunningAPI) async throws -> TimeInterval {
            let cells = try await api.grid().values.flatMap { $0 }
            let oldest = cells.filter { ["Binance", "ByBit"].contains($0.key) }.map(\.value.updatedAt).min()
            return Date().timeIntervalSince(try oldest.required("a cell"))
        }
    }
}
