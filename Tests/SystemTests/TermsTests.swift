import Foundation
import FundingJSON
import PostgresDriver
import Testing

extension LoopbackTests {
    /// Contracts change their terms, and data its age.
    struct TermsTests {
        @Test func changedIntervalReachesTheLedgerTheRateAndTheAPI() async throws {
            try await Suite.run { suite in
                let collector = try await suite.startCollector(feeds: ["bybit"])
                let api = try await suite.startAPI()
                try await eventually("the first poll") {
                    try await suite.rowCounts()["bybit"] == Suite.contracts["bybit"]
                }
                let symbol: String = try await suite.database.query(
                    "SELECT symbol FROM exchange_data WHERE funding_interval_hours = 8 ORDER BY symbol LIMIT 1"
                )[0].decode("symbol")
                try await suite.simulator.changeInterval(of: symbol, feed: "bybit", toHours: 4)
                try await eventually("the ledger has both intervals") {
                    try await suite.database.query(
                        """
                        SELECT t.funding_interval_hours FROM contract_terms t
                          JOIN contract_metadata m ON m.id = t.contract_id
                         WHERE m.symbol = \(symbol) ORDER BY t.valid_from
                        """
                    ).map { try $0.decode(0, as: Double.self) } == [8, 4]
                }
                let row = try await suite.database.query(
                    "SELECT funding_rate, funding_interval_hours, apr FROM exchange_data WHERE symbol = \(symbol)"
                )[0]
                let rate: Double = try row.decode("funding_rate")
                #expect(try row.decode("funding_interval_hours") == 4.0)
                #expect(abs(try row.decode("apr", as: Double.self) - rate * 8760 / 4 * 100) < 1e-9)
                let shown = try await eventually("the API shows the new interval") {
                    let row = try await api.rates(of: "bybit")[symbol].required(symbol)
                    return row["funding_interval_hours"]?.double == 4 ? row : nil
                }
                let shownRate = try (shown["funding_rate"]?.double).required("funding_rate")
                let shownAPR = try (shown["apr"]?.double).required("apr")
                #expect(abs(shownAPR - shownRate * 8760 / 4 * 100) < 1e-6)
                #expect(await collector.isRunning)
            }
        }

        @Test func oldRowsAreShownAsStaleAndDeadOnesNotAtAll() async throws {
            try await Suite.run { suite in
                let once = try await suite.start(
                    "once", ["funding-collector", "--once", "--exchanges", Suite.feeds.joined(separator: ",")],
                    environment: suite.environment(user: "funding_collector")
                )
                #expect(try await once.ending(within: .seconds(30)) == .status(0))
                for (feed, age) in [("bybit", 120.0), ("deribit", 7200.0)] {
                    for table in ["exchange_data", "exchange_health"] {
                        try await suite.database.query(
                            """
                            UPDATE \(identifier: table) SET observed_at = observed_at - make_interval(secs => \(age))
                             WHERE feed = \(feed)
                            """
                        )
                    }
                }
                let api = try await suite.startAPI()
                try await eventually("the API is ready") { try await api.status("/ready") == 200 }
                let cells = try await api.grid().values.flatMap { $0 }
                let isStale = Dictionary(grouping: cells, by: \.key).mapValues { Set($0.map(\.value.isStale)) }
                #expect(isStale["ByBit"] == [true])
                #expect(isStale["Deribit"] == nil)
                #expect(isStale["Binance"] == [false])
            }
        }
    }
}
