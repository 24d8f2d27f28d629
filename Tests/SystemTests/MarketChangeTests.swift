import Foundation
import FundingCore
import PostgresDriver
import Testing

extension LoopbackTests {
    /// Contracts come, go and change; a market stands at zero; an exchange's clock is wrong.
    struct MarketChangeTests {
        private static let feeds = ["bybit", "kucoin", "dydx", "binance-usdm", "aster", "deribit"]
        /// A market that stands still: whatever changes was scripted.
        private static let frozen = ["--no-limits", "--time-scale", "0.000000001"]

        @Test func everyChangeOfTermsIsInTheLedgerAndToldWithinACycle() async throws {
            try await Suite.run(simulator: Self.frozen) { suite in
                let witness = try await EventWitness(suite)
                let collector = try await suite.startCollector(feeds: Self.feeds)
                try await suite.wait(forPolls: 1, of: Self.feeds)
                let invariants = try await Invariants(suite, collector, undisturbed: Self.feeds)
                try await eventually("every listing was told") {
                    await witness.contracts.flatMap(\.changes).count { $0.kinds == [.listed] }
                        == Self.feeds.reduce(0) { $0 + Suite.allContracts[$1, default: 0] }
                }
                let symbols: [String] = try await suite.database.query(
                    """
                    SELECT symbol FROM exchange_data WHERE feed = 'bybit' AND funding_interval_hours = 8
                     ORDER BY symbol LIMIT 2
                    """
                ).map { try $0.decode("symbol") }

                try await Self.followIntervals(of: symbols[0], suite, witness)
                try await Self.followListing(of: symbols[1], suite, witness)
                try await Self.followMultiplier(suite, witness)
                #expect(await witness.premature.isEmpty)
                #expect(try await suite.health().values.allSatisfy { $0.rejects == 0 })
                await witness.end()
                try await invariants.judge()
            }
        }

        /// 8 h → 4 h → 1 h → 8 h.
        private static func followIntervals(of symbol: String, _ suite: Suite, _ witness: EventWitness) async throws {
            for (step, hours) in [4, 1, 8].enumerated() {
                let changedAt = Date()
                try await suite.simulator.changeInterval(of: symbol, feed: "bybit", toHours: hours)
                try await eventually("the change to \(hours) h is told") {
                    await witness.changes(of: symbol, feed: "bybit").count == step + 2
                }
                let change = try await witness.changes(of: symbol, feed: "bybit").last.required("the change")
                #expect(change.kinds.contains(.interval))
                #expect(change.before?.interval.hours == [8, 4, 1][step])
                #expect(change.after.interval.hours == Double(hours))
                try await expectWithinACycle("bybit", since: changedAt, suite)
                let row = try await suite.database.query(
                    "SELECT funding_rate, apr FROM exchange_data WHERE feed = 'bybit' AND symbol = \(symbol)"
                )[0]
                let rate: Double = try row.decode("funding_rate")
                #expect(abs(try row.decode("apr", as: Double.self) - rate * 8760 / Double(hours) * 100) < 1e-9)
            }
            #expect(try await ledger(of: symbol, "bybit", suite).map(\.hours) == [8, 4, 1, 8])
        }

        private static func followListing(of symbol: String, _ suite: Suite, _ witness: EventWitness) async throws {
            try await suite.simulator.script(#"{"feed":"bybit","delist":"\#(symbol)"}"#)
            try await eventually("\(symbol) is missed by three polls") {
                try await suite.database.query(
                    "SELECT missed_polls >= 3 AS is_missed FROM contract_metadata WHERE symbol = \(symbol) AND feed = 'bybit'"
                )[0].decode("is_missed", as: Bool.self)
            }
            // Missing is not delisted, and its row stays.
            #expect(await witness.changes(of: symbol, feed: "bybit").map(\.kinds) == [[.listed]])
            let ageing = try await suite.values(of: "bybit")[symbol]
            var at = Date()
            try await suite.database.query(
                """
                UPDATE contract_metadata SET missing_since = missing_since - interval '11 minutes'
                 WHERE symbol = \(symbol) AND feed = 'bybit'
                """
            )
            try await eventually("the delisting is told") {
                await witness.changes(of: symbol, feed: "bybit").last?.kinds == [.delisted]
            }
            try await expectWithinACycle("bybit", since: at, suite)
            #expect(try await suite.values(of: "bybit")[symbol] == ageing)
            at = Date()
            try await suite.simulator.script(#"{"feed":"bybit","relist":"\#(symbol)"}"#)
            try await eventually("the return is told") {
                await witness.changes(of: symbol, feed: "bybit").last?.kinds.first == .relisted
            }
            try await expectWithinACycle("bybit", since: at, suite)
            #expect(try await ledger(of: symbol, "bybit", suite).map(\.status) == ["active", "inactive", "active"])
            #expect(try await suite.rowCounts()["bybit"] == Suite.allContracts["bybit"])
        }

        /// One unit of the symbol becomes a thousand coins.
        private static func followMultiplier(_ suite: Suite, _ witness: EventWitness) async throws {
            let symbol: String = try await suite.database.query(
                "SELECT symbol FROM exchange_data WHERE feed = 'kucoin' AND base_asset = 'DOGE' ORDER BY symbol LIMIT 1"
            ).first.required("DOGE on KuCoin").decode("symbol")
            let at = Date()
            try await suite.simulator.script(#"{"feed":"kucoin","symbol":"\#(symbol)","multiplier":1000}"#)
            try await eventually("the multiplier is told") {
                await witness.changes(of: symbol, feed: "kucoin").last?.kinds.contains(.denomination) == true
            }
            try await expectWithinACycle("kucoin", since: at, suite)
            let change = try await witness.changes(of: symbol, feed: "kucoin").last.required("the change")
            #expect(change.baseAsset == "DOGE")
            #expect([change.before?.denomination, change.after.denomination] == [1, 1000])
            #expect(try await ledger(of: symbol, "kucoin", suite).map(\.denomination) == [1, 1000])
        }

        @Test func zeroStormsAndWrongClocksChangeNothingElse() async throws {
            try await Suite.run(simulator: Self.frozen) { suite in
                let collector = try await suite.startCollector(feeds: Self.feeds)
                try await suite.wait(forPolls: 1, of: Self.feeds)
                let invariants = try await Invariants(suite, collector, undisturbed: Self.feeds)
                let before = try await Self.rates(of: "dydx", suite)
                let others = try await Self.rates(of: "deribit", suite)
                try await suite.simulator.script(#"{"feed":"dydx","zero_storm":0.27}"#)
                try await suite.simulator.script(#"{"feed":"binance-usdm","clock_skew_seconds":300}"#)
                try await suite.simulator.script(#"{"feed":"aster","clock_skew_seconds":-7200}"#)
                try await suite.wait(forPolls: 3, of: Self.feeds)

                let after = try await Self.rates(of: "dydx", suite)
                let zeroed = Set(after.filter { $0.value == 0 && before[$0.key] != 0 }.keys)
                #expect((40...90).contains(zeroed.count))
                #expect(after.filter { !zeroed.contains($0.key) } == before.filter { !zeroed.contains($0.key) })
                #expect(try await Self.rates(of: "deribit", suite) == others)
                for feed in Self.feeds {
                    let health = try await suite.health(of: feed)
                    #expect(health.status == "ok" && health.rejects == 0, "\(feed)")
                    #expect(health.contracts == Suite.allContracts[feed], "\(feed)")
                }
                let wrong = try await suite.database.query(
                    """
                    SELECT feed, symbol, next_funding_time FROM exchange_data
                     WHERE next_funding_time <= observed_at
                        OR next_funding_time > observed_at + make_interval(mins => (funding_interval_hours * 60)::int + 5)
                        OR abs(funding_rate) > 0.1 OR (funding_rate = 0 AND apr <> 0)
                    """
                )
                #expect(wrong.isEmpty, "\(wrong.count) rows")
                #expect(try await suite.rowCounts() == Suite.allContracts.filter { Self.feeds.contains($0.key) })

                try await suite.simulator.reset()
                try await eventually("the storm is over") { try await Self.rates(of: "dydx", suite) == before }
                try await invariants.judge()
            }
        }

        /// No whole cycle passed between a change and its entry in the ledger.
        private static func expectWithinACycle(_ feed: String, since: Date, _ suite: Suite) async throws {
            let cycles = try await suite.database.query(
                """
                SELECT count(*) AS count FROM collection_cycles
                 WHERE feed = \(feed) AND started_at >= \(since) AND started_at < (
                       SELECT max(t.valid_from) FROM contract_terms t JOIN contract_metadata m ON m.id = t.contract_id
                        WHERE m.feed = \(feed))
                """
            )[0].decode("count", as: Int.self)
            #expect(cycles <= 1, "\(feed) was polled \(cycles) times before the change was noticed")
        }

        private struct Entry {
            var hours: Double
            var denomination: Double
            var status: String
        }

        private static func ledger(of symbol: String, _ feed: String, _ suite: Suite) async throws -> [Entry] {
            try await suite.database.query(
                """
                SELECT t.funding_interval_hours, t.denomination, t.status FROM contract_terms t
                  JOIN contract_metadata m ON m.id = t.contract_id
                 WHERE m.feed = \(feed) AND m.symbol = \(symbol) ORDER BY t.valid_from
                """
            ).map {
                Entry(
                    hours: try $0.decode("funding_interval_hours"), denomination: try $0.decode("denomination"),
                    status: try $0.decode("status")
                )
            }
        }

        private static func rates(of feed: String, _ suite: Suite) async throws -> [String: Double] {
            let rows = try await suite.database.query(
                "SELECT symbol, funding_rate FROM exchange_data WHERE feed = \(feed)"
            )
            return try Dictionary(
                uniqueKeysWithValues: rows.map { (try $0.decode("symbol"), try $0.decode("funding_rate")) }
            )
        }
    }
}
