import Foundation
import FundingCore
import PostgresDriver
import RedisDriver
import Testing

extension LoopbackTests {
    /// The scanner beside a collector: whatever happens on the way, its table ends as a clean run's.
    struct ScannerTests {
        @Test func spreadsFollowTheMarketAndAreToldOfInOrder() async throws {
            try await Suite.run { suite in
                let witness = try await SpreadWitness(suite)
                let collector = try await suite.startCollector()
                try await suite.waitForAllRows()
                let scanner = try await suite.startScanner()
                try await eventually("spreads are there", within: .seconds(15)) {
                    try await !suite.storedSpreads().isEmpty
                }
                try await suite.wait(forPolls: 5)
                try await suite.expectSpreadsToMatchARescan(after: collector)
                #expect(try await scanner.end(SIGTERM) == .status(0))

                let generation: Int = try await suite.database.query("SELECT generation FROM arbitrage_state")[0]
                    .decode("generation")
                try await eventually("all was heard") { await witness.sequences.last == generation }
                #expect(await witness.sequences == Array(1...generation), "each generation is told of once, in order")
                #expect(await witness.premature == 0)
                let hours = try await suite.database.query("SELECT FROM arbitrage_spreads WHERE seconds > 0").count
                #expect(hours > 0, "what was observed until the end is stored")
                await witness.end()
            }
        }

        @Test func leaderThatIsKilledWhileItWritesLeavesNoTraceAndIsFollowed() async throws {
            try await Suite.run { suite in
                let collector = try await suite.startCollector()
                try await suite.waitForAllRows()
                let first = try await suite.startScanner("first")
                try await eventually("the first leads", within: .seconds(10)) { try await suite.leader() == first.pid }
                try await eventually("spreads are there", within: .seconds(15)) {
                    try await !suite.storedSpreads().isEmpty
                }
                let second = try await suite.startScanner("second")
                try await eventually("the second stands by", within: .seconds(10)) {
                    try second.log.contains("tables read")
                }
                try await suite.amidAWrite(to: "arbitrage_opportunities", by: "funding-scanner") {
                    await first.send(SIGKILL)
                }
                let died = ContinuousClock.now
                try await eventually("the second leads", within: .seconds(10)) {
                    try await suite.leader() == second.pid
                }
                let before: Int = try await suite.database.query("SELECT generation FROM arbitrage_state")[0]
                    .decode("generation")
                try await eventually("the second writes", within: .seconds(10) - (ContinuousClock.now - died)) {
                    try await suite.database.query("SELECT generation FROM arbitrage_state")[0]
                        .decode("generation", as: Int.self) > before
                }
                try await suite.wait(forPolls: 2)
                try await suite.expectSpreadsToMatchARescan(after: collector)
                #expect(try await second.end(SIGTERM) == .status(0))
            }
        }

        @Test func scannerThatDiesBetweenCommitAndPublicationIsHealedByTheNext() async throws {
            try await Suite.run { suite in
                let collector = try await suite.startCollector()
                try await suite.waitForAllRows()
                let witness = try await SpreadWitness(suite)
                let doomed = try await suite.startScanner(
                    "doomed", ["FUNDING_FAILPOINT": "after_spreads_commit:kill:4"])
                #expect(try await doomed.ending(within: .seconds(30)) == .signal(SIGKILL))
                let heir = try await suite.startScanner("heir")
                try await eventually("the heir tells of everything", within: .seconds(15)) {
                    await witness.wholes.contains(5)
                }
                #expect(await witness.sequences.prefix(4) == [1, 2, 3, 5], "the fourth was committed and not told of")
                try await suite.expectSpreadsToMatchARescan(after: collector)
                #expect(try await heir.end(SIGTERM) == .status(0))
                await witness.end()
            }
        }

        @Test func leaderThatWasStoppedForLongCannotWriteWhenItWakes() async throws {
            try await Suite.run { suite in
                let collector = try await suite.startCollector()
                try await suite.waitForAllRows()
                let sleeper = try await suite.startScanner("sleeper")
                try await eventually("the sleeper has written", within: .seconds(15)) {
                    try await !suite.storedSpreads().isEmpty
                }
                try await suite.amidAWrite(to: "arbitrage_opportunities", by: "funding-scanner") {
                    await sleeper.send(SIGSTOP)
                }
                let heir = try await suite.startScanner("heir")
                // Its session still stands, and with it its lease: the server is told to cut it, as it does by itself once
                // the connection's keep-alive has run out. What it was writing is left for the heir to end.
                try await suite.database.query(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_locks
                     WHERE locktype = 'advisory' AND classid::bigint = \(0x4655_4E49)
                    """
                )
                try await eventually("the heir leads", within: .seconds(10)) { try await suite.leader() == heir.pid }
                await sleeper.send(SIGCONT)
                try await suite.wait(forPolls: 3)
                #expect(await sleeper.isRunning)
                #expect(try await suite.leader() == heir.pid)
                try await suite.expectSpreadsToMatchARescan(after: collector)
                let refused = try sleeper.log.contains("another scanner leads")
                let noticed = try sleeper.log.contains("leadership lost")
                #expect(refused || noticed)
                #expect(try await sleeper.end(SIGTERM) == .status(0))
                #expect(try await heir.end(SIGTERM) == .status(0))
            }
        }

        @Test func lostShuffledAndTripledMessagesChangeNothing() async throws {
            try await Suite.run { suite in
                let witness = try await EventWitness(suite)
                let collector = try await suite.startCollector()
                try await suite.waitForAllRows()
                let scanner = try await suite.startScanner()
                try await eventually("spreads are there", within: .seconds(15)) {
                    try await !suite.storedSpreads().isEmpty
                }
                try await suite.wait(forPolls: 2)
                let connection = RedisConnection(try RedisConfiguration(url: suite.redis.url), name: "gossip")
                try await connection.waitUntilConnected(timeout: .seconds(5))
                for round in 1...3 {
                    let events = await witness.heard.suffix(40).map(\.event)
                    for event in (events + events + events).shuffled() {
                        _ = try await connection.publish(Channels.rates(event.exchange), event.encoded())
                    }
                    try await suite.wait(forPolls: round)
                }
                await connection.close()
                // Nothing is heard for a while; Postgres goes on.
                try await suite.redis.stop()
                try await suite.wait(forPolls: 3)
                let silent = try await suite.database.query("SELECT generation FROM arbitrage_state")[0]
                    .decode("generation", as: Int.self)
                try await eventually("without Redis it follows Postgres", within: .seconds(15)) {
                    try await suite.database.query("SELECT generation FROM arbitrage_state")[0]
                        .decode("generation", as: Int.self) > silent
                }
                try await suite.redis.start()
                try await suite.wait(forPolls: 2)
                try await suite.expectSpreadsToMatchARescan(after: collector)
                #expect(await scanner.isRunning)
                #expect(try await scanner.end(SIGTERM) == .status(0))
                await witness.end()
            }
        }

        @Test func postgresRestartsCostNothingButTime() async throws {
            try await Suite.run { suite in
                let collector = try await suite.startCollector()
                let scanner = try await suite.startScanner()
                try await suite.waitForAllRows()
                try await eventually("spreads are there", within: .seconds(15)) {
                    try await !suite.storedSpreads().isEmpty
                }
                try await suite.postgres.stopFast()
                try await suite.postgres.start()
                try await suite.wait(forPolls: 2)
                try await suite.postgres.stopImmediately()
                try await suite.postgres.start()
                try await suite.wait(forPolls: 3)
                try await eventually("it leads again", within: .seconds(10)) {
                    try await suite.leader() == scanner.pid
                }
                try await suite.expectSpreadsToMatchARescan(after: collector)
                #expect(await scanner.isRunning)
                #expect(try await scanner.end(SIGTERM) == .status(0))
            }
        }

        @Test func anExchangeThatFallsSilentLeavesTheTable() async throws {
            try await Suite.run { suite in
                let collector = try await suite.startCollector()
                try await suite.waitForAllRows()
                let scanner = try await suite.startScanner()
                try await eventually("spreads are there", within: .seconds(15)) {
                    try await !suite.storedSpreads().isEmpty
                }
                #expect(try await collector.end(SIGTERM) == .status(0))
                // Rates count for ninety seconds; they are made that old.
                try await suite.database.query(
                    "UPDATE exchange_data SET observed_at = observed_at - interval '2 minutes', sequence = sequence + 1 WHERE feed = 'bybit'"
                )
                try await suite.database.query(
                    "UPDATE exchange_health SET rates_sequence = rates_sequence + 1 WHERE feed = 'bybit'")
                try await eventually("no pair has a leg there", within: .seconds(15)) {
                    try await suite.database.query(
                        "SELECT FROM arbitrage_opportunities WHERE 'bybit' IN (long_exchange, short_exchange)"
                    ).isEmpty
                }
                #expect(try await !suite.storedSpreads().isEmpty, "the others stay")
                #expect(try await scanner.end(SIGTERM) == .status(0))
            }
        }

        @Test func hoursThatNobodyObservedAreDerivedFromWhatWasPaid() async throws {
            try await Suite.run { suite in
                let feeds = ["bybit", "lighter"]
                let fast = ["FUNDING_BUDGET_SPEED": "1000"]
                try await suite.listContracts(feeds: feeds)
                let symbols = try await suite.symbolsOfCommonAssets(8, of: feeds)
                let (early, late) = (symbols.prefix(8), symbols.dropFirst(8))
                func fill(_ name: String, _ symbols: ArraySlice<String>) async throws {
                    let arguments = ["--days", "2", "--symbols", symbols.joined(separator: ",")]
                    #expect(try await suite.backfill(name, arguments, feeds: feeds, fast) == .status(0))
                }
                func derive(_ name: String, _ arguments: [String] = []) async throws {
                    let command = try await suite.start(
                        name, ["fundingctl", "derive-spreads", "--days", "3"] + arguments,
                        environment: suite.environment(user: "funding_admin"))
                    #expect(try await command.ending(within: .seconds(60)) == .status(0))
                }
                // Half of the legs are there when the scanner first derives.
                try await fill("early", early)
                let scanner = try await suite.startScanner()
                try await eventually("the scanner has looked for past hours", within: .seconds(60)) {
                    try await suite.database.query("SELECT FROM arbitrage_hours WHERE payments IS NOT NULL").count > 24
                }
                #expect(try await scanner.end(SIGTERM) == .status(0))
                let half = try await suite.derivedHours()
                try await fill("late", late)
                let heir = try await suite.startScanner("heir")
                try await eventually("all past hours are there", within: .seconds(60)) {
                    try heir.log.contains("past hours derived")
                }
                #expect(try await heir.end(SIGTERM) == .status(0))
                let all = try await suite.derivedHours()
                #expect(all.count > half.count && all.count > 24 && all.unpaid == 0)

                // The operator's command goes to the last full hour; beyond that it finds nothing to do unless it is told to.
                try await derive("rest")
                let whole = try await suite.derivedHours()
                #expect(whole.count >= all.count && whole.unpaid == 0)
                try await suite.database.query("UPDATE arbitrage_spreads SET close = 0 WHERE seconds = 0")
                try await derive("idle")
                #expect(try await suite.derivedHours().unpaid == whole.count)
                try await derive("again", ["--again"])
                #expect(try await suite.derivedHours() == whole)
            }
        }
    }
}
