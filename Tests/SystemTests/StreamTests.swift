import Foundation
import FundingCore
import FundingJSON
import PostgresDriver
import Testing

extension LoopbackTests {
    /// What exchanges push reaches the rows, the events and the API between two polls.
    struct StreamTests {
        /// Those that push a rate whenever it moves; the others do so by the minute or by the hour.
        private static let brisk = [
            "binance-usdm", "binance-coinm", "bybit", "backpack", "deribit", "hyperliquid", "aster", "edgex", "apex",
        ]
        /// How many connections an exchange lets one open in a minute, where it is not twenty.
        private static let connectionsPerMinute = ["bybit": 60, "kucoin": 12, "hibachi": 10]

        @Test func everyStreamMovesItsRowsBetweenPollsComesBackFromAStormAndEndsInTime() async throws {
            try await Suite.run { suite in
                let witness = try await EventWitness(suite)
                let collector = try await suite.startListener(every: 60)
                let api = try await suite.startAPI()
                let connections = try await suite.waitForStreams()
                #expect(connections.allSatisfy { $0.unreadable == 0 && $0.refusals == 0 && $0.openings == 1 })

                try await Self.expectMoves(suite)
                try await Self.expectValuesOfPolls(suite)
                try await Self.expectEachRowItsAge(suite, api)
                try await Self.expectPaths(suite)
                try await Self.expectComeBack(suite, connections)
                try await Self.expectMoves(suite)

                #expect(try await collector.end(SIGTERM, within: .seconds(10)) == .status(0))
                #expect(try await suite.connections().isEmpty)
                try await eventually("all sockets are closed") {
                    try await suite.sockets().values.allSatisfy { $0.open == 0 }
                }
                try await witness.catchUp()
                #expect(await witness.premature.isEmpty)
                let sequences = try await suite.sequences()
                for feed in Suite.streamedAndPolled {
                    let heard = await witness.sequences(of: feed)
                    #expect(heard == Array(1...max(1, heard.count)), "\(feed)")
                    // What was committed when the signal came is published by the next holder.
                    #expect(heard.count >= sequences[feed, default: 0] - 1, "\(feed)")
                }
                #expect(await witness.heard.contains { $0.event.isPartial && $0.event.changed.count > 1 })
                await witness.end()
            }
        }

        /// Rows are written more often than they are polled.
        private static func expectMoves(_ suite: Suite) async throws {
            let (sequences, polls) = (try await suite.sequences(), try await suite.successfulCycles())
            try await eventually("every brisk stream moves its rows", within: .seconds(20)) {
                let (now, polled) = (try await suite.sequences(), try await suite.successfulCycles())
                let still = brisk.filter { feed in
                    now[feed, default: 0] - sequences[feed, default: 0]
                        < 3 + polled[feed, default: 0] - polls[feed, default: 0]
                }
                guard still.isEmpty else { throw Failure("not \(still)") }
                return true
            }
        }

        /// What is stored is what a poll of the same moment says, but for what a rate moves within half a minute.
        private static func expectValuesOfPolls(_ suite: Suite) async throws {
            // These are asked contract by contract, which takes longer; COIN-M is read as USD-M and Aster are.
            let feeds = Suite.streamed.filter { !["edgex", "binance-usdm", "aster"].contains($0) }
            let dry = try await suite.start(
                "dry", ["funding-collector", "--once", "--dry-run", "--exchanges", feeds.joined(separator: ",")],
                environment: suite.environment(user: "funding_collector").merging(suite.streamEnvironment(of: feeds)) {
                    $1
                }
            )
            #expect(try await dry.ending(within: .seconds(60)) == .status(0))
            var stored: [String: [String: Suite.Rate]] = [:]
            for feed in feeds { stored[feed] = try await suite.rates(of: feed) }
            var compared: [String: Int] = [:]
            for line in try Data(contentsOf: dry.output).split(separator: UInt8(ascii: "\n")) {
                let row = try JSONDocument(Array(line)).root
                let feed = try (row["feed"]?.string).required("feed")
                let symbol = try (row["symbol"]?.string).required("symbol")
                let rate = try (row["funding_rate"]?.double).required("funding_rate")
                let known = try (stored[feed]?[symbol]).required("\(feed) \(symbol)")
                #expect(abs(known.rate - rate) <= 3e-5 + 0.02 * abs(rate), "\(feed) \(symbol)")
                compared[feed, default: 0] += 1
            }
            #expect(compared == stored.mapValues(\.count))
        }

        /// The API shows what the stream brought, each row with the time at which it came.
        private static func expectEachRowItsAge(_ suite: Suite, _ api: RunningAPI) async throws {
            let earlier = try await suite.rates(of: "bybit")
            // Postgres has a row before the API is told of it.
            try await eventually("the API follows", within: .seconds(20)) {
                let shown = try await api.rates(of: "bybit")
                return earlier.allSatisfy { symbol, row in
                    shown[symbol].flatMap(Self.time).map { $0 >= row.observedAt.addingTimeInterval(-0.001) } ?? false
                }
            }
            let shown = try await api.rates(of: "bybit")
            let later = try await suite.rates(of: "bybit")
            for (symbol, row) in shown {
                let stored = try later[symbol].required(symbol)
                let time = try Self.time(row).required("last_updated")
                #expect(time <= stored.observedAt.addingTimeInterval(0.001), "\(symbol)")
                guard abs(time.timeIntervalSince(stored.observedAt)) < 0.001 else { continue }
                let rate = try (row["funding_rate"]?.double).required("funding_rate")
                #expect(abs(rate - stored.rate) < 1e-12, "\(symbol)")
            }
            #expect(Set(shown.values.compactMap(Self.time)).count > 2)
            let polled = try await api.rates(of: "drift")
            #expect(Set(polled.values.compactMap(Self.time)).count == 1)
        }

        private static func time(_ row: JSONView) -> Date? {
            row["last_updated"]?.string.flatMap { Timestamp.parse($0) }
        }

        /// The paths of rates have points of every feed, a contract's at most one a minute, each in its own minute.
        private static func expectPaths(_ suite: Suite) async throws {
            let rows = try await suite.database.query(
                """
                SELECT m.feed, bool_and(s.minute = date_trunc('minute', s.observed_at, 'UTC')) AS in_minute
                  FROM streaming_data s JOIN contract_metadata m ON m.id = s.contract_id GROUP BY m.feed
                """
            )
            #expect(Set(try rows.map { try $0.decode("feed", as: String.self) }) == Set(Suite.streamedAndPolled))
            #expect(try rows.allSatisfy { try $0.decode("in_minute") })
        }

        /// All sockets break at once: they are opened anew no faster than each exchange allows, not as one wave, and bring
        /// the same contracts as before. That takes a minute where an exchange has more connections than it lets one
        /// open at once, as MEXC's twelve, and a few seconds until it is told.
        private static func expectComeBack(_ suite: Suite, _ before: [Suite.Connection]) async throws {
            let cut = Date()
            #expect(try await suite.dropSockets() == before.count)
            try await eventually("all are open again", within: .seconds(80), every: .milliseconds(500)) {
                let now = try await suite.connections()
                return now.map(\.key) == before.map(\.key) && now.map(\.contracts) == before.map(\.contracts)
                    && now.allSatisfy { $0.isOpen && $0.openings >= 2 && $0.updates > 0 && $0.lastEndKind == "lost" }
            }
            var openings: [TimeInterval] = []
            for (feed, sockets) in try await suite.sockets() {
                let late = sockets.openedAt.filter { $0 > cut }
                #expect(late.count >= before.count { $0.feed == feed }, "\(feed)")
                for start in sockets.openedAt {
                    let count = sockets.openedAt.count { $0 >= start && $0 < start.addingTimeInterval(60) }
                    #expect(count <= connectionsPerMinute[feed] ?? 20, "\(feed)")
                }
                openings += late.map { $0.timeIntervalSince(cut) }
            }
            // Drawn by lot from the first second, but for those that have to wait for their turn.
            let longestWave = openings.map { start in openings.count { $0 >= start && $0 < start + 0.2 } }.max() ?? 0
            #expect(longestWave < openings.count * 2 / 3, "\(openings.sorted())")
        }
    }
}
