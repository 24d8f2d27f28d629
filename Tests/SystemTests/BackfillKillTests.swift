import Foundation
import Testing

extension LoopbackTests {
    /// A backfiller that is killed, again and again, and always goes on where it was.
    struct BackfillKillTests {
        private static let feeds = ["binance-usdm", "bybit", "hyperliquid", "kucoin", "lighter"]
        /// How often a backfill is killed before it may come to its end.
        private static let killsOfBackfill = 5
        /// Budgets of a thousandth of their time: the kills shall meet work and not waits.
        private static let environment = ["FUNDING_BUDGET_SPEED": "1000"]

        /// `FUNDING_TEST_KILLS` says how many; what is random comes from `FUNDING_TEST_SEED`.
        private static func number(_ name: String, _ usual: Int) -> Int {
            ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? usual
        }

        private static let kills = number("FUNDING_TEST_KILLS", 15)
        /// As many as the time of a test allows for.
        private static let killsOfRun = 20

        @Test(arguments: 0..<(kills + killsOfRun - 1) / killsOfRun)
        func killedAtRandomItEndsWithTheSameRows(run: Int) async throws {
            let kills = min(Self.killsOfRun, Self.kills - run * Self.killsOfRun)
            var random = Random(seed: UInt64(Self.number("FUNDING_TEST_SEED", 1) + run))
            try await Suite.run("kills-\(run)") { suite in
                try await suite.listContracts(feeds: Self.feeds)
                let changed = try await suite.changeIntervalsOfAContract()
                let symbols = try await suite.symbols(3, of: Self.feeds).values.flatMap { $0 }.sorted() + [changed]
                let arguments = ["--once"] + HistoryWindow(days: 30).arguments(symbols)
                func start(_ environment: [String: String] = [:]) async throws -> Child {
                    let environment = Self.environment.merging(environment) { $1 }
                    return try await suite.startBackfiller("backfiller", arguments, feeds: Self.feeds, environment)
                }
                let clock = ContinuousClock()
                let begin = clock.now
                #expect(try await start().ending(within: .seconds(120)) == .status(0))
                let duration = clock.now - begin
                let whole = try await suite.historyHash()
                #expect(try await suite.historyCount() > 2000)

                var killed = 0
                var untouched = 0
                while killed < kills {
                    try await suite.forgetHistory()
                    for _ in 0..<min(Self.killsOfBackfill, kills - killed) {
                        // Half of them at a moment, half of them at a place.
                        let point = ["after_page", "after_commit"][Int.random(in: 0...1, using: &random)]
                        let failpoint = "\(point):kill:\(Int.random(in: 1...12, using: &random))"
                        let atPlace = Bool.random(using: &random)
                        let child = try await start(atPlace ? ["FUNDING_FAILPOINT": failpoint] : [:])
                        if !atPlace {
                            try await clock.sleep(for: duration * Double.random(in: 0...1, using: &random))
                            await child.send(SIGKILL)
                        }
                        switch try await child.ending(within: .seconds(120)) {
                        case .signal(SIGKILL): killed += 1
                        // It was quicker than the kill.
                        case .status(0): untouched += 1
                        case let other: Issue.record("it ended with \(other): \(try child.log.suffix(2000))")
                        }
                        guard untouched < 4 * kills else { throw Failure("it is never met at work") }
                    }
                    #expect(try await start().ending(within: .seconds(120)) == .status(0), "after \(killed) kills")
                    #expect(try await suite.historyHash() == whole, "after \(killed) kills")
                }
                #expect(killed >= kills)
            }
        }
    }
}

/// SplitMix64: a failure can be repeated from its seed.
private struct Random: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
