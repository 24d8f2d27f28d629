import CurlDriver
import Foundation
import FundingJSON
import PostgresDriver
import Testing

extension LoopbackTests {
    /// From the exchanges' answers to the tables and on to the API, number by number.
    struct LiveDataTests {
        /// A market that stands still, so that two readings of it must agree to the last digit.
        private static let frozen = ["--no-limits", "--time-scale", "0.000000001"]

        @Test func everyContractOfFiveExchangesReachesTheTablesAndTheGridUnaltered() async throws {
            try await Suite.run(simulator: Self.frozen) { suite in
                let collector = try await suite.startCollector()
                let api = try await suite.startAPI()
                try await suite.waitForAllRows()
                let health = try await suite.health()
                for (feed, count) in Suite.contracts {
                    #expect(health[feed]?.contracts == count)
                    #expect(health[feed]?.rejects == 0)
                }

                let said = try await Self.dryRun(suite)
                let stored = try await Self.stored(suite)
                #expect(said.count == Suite.contracts.values.reduce(0, +))
                #expect(stored.filter { said[$0.key] != $0.value }.isEmpty)

                let shown = try await eventually("the grid shows every contract") {
                    let rows = try await api.document("/api/funding-rates?limit=5000").root
                    return rows.count == said.count ? rows : nil
                }
                for row in shown.elements {
                    let symbol = try (row["symbol"]?.string).required("symbol")
                    #expect(
                        said.contains { $0.key.hasSuffix("|\(symbol)") && $0.value[0] == row["funding_rate"]?.double })
                }
                let cells = try await api.document("/api/funding-rates-grid").root["data"].required("data").elements
                    .flatMap {
                        try $0["exchanges"].required("exchanges").members.map { $0.value["contract_count"]?.int ?? 0 }
                    }
                #expect(cells.reduce(0, +) == said.count)
                let words = try await api.document("/api/explain/binance/BTCUSDT").root["raw"]?.elements
                    .compactMap { $0["text"]?.string }
                #expect(words?.contains { $0.contains("BTCUSDT") && $0.contains("lastFundingRate") } == true)
                try await Self.expectExplanation(suite, of: "BTCUSDT", on: "binance", from: api)
                #expect(await collector.isRunning)
            }
        }

        @Test func storedBinanceRatesAreTheNumbersInItsBody() async throws {
            try await Suite.run(simulator: Self.frozen) { suite in
                let once = try await suite.start(
                    "once", ["funding-collector", "--once", "--exchanges", "binance-usdm"],
                    environment: suite.environment(user: "funding_collector")
                )
                #expect(try await once.ending(within: .seconds(30)) == .status(0))
                let url = "\(suite.simulator.base)/binance-usdm/fapi/v1/premiumIndex"
                let body = try await suite.fetcher.fetch(HTTPRequest(url: url)).body
                var said: [String: Double] = [:]
                for row in try JSONDocument(body).root.elements {
                    said[try (row["symbol"]?.string).required("symbol")] = row["lastFundingRate"]?.string.flatMap(
                        Double.init)
                }
                let rows = try await suite.database.query("SELECT symbol, funding_rate FROM exchange_data")
                #expect(rows.count == Suite.contracts["binance-usdm"])
                for row in rows {
                    #expect(try said[row.decode("symbol")] == row.decode("funding_rate", as: Double.self))
                }
            }
        }

        /// The operator's tool tells the same in words.
        private static func expectExplanation(
            _ suite: Suite, of symbol: String, on exchange: String, from api: RunningAPI
        ) async throws {
            func explain(_ symbol: String) async throws -> (ending: Child.Ending, text: String, log: String) {
                let tool = try await suite.start(
                    "explain-\(symbol)",
                    ["fundingctl", "explain", exchange, symbol, "--api", "http://127.0.0.1:\(api.port)"],
                    environment: [:])
                let ending = try await tool.ending(within: .seconds(20))
                return (ending, String(decoding: try Data(contentsOf: tool.output), as: UTF8.self), try tool.log)
            }
            let told = try await explain(symbol)
            #expect(told.ending == .status(0), "every check passes")
            #expect(told.text.contains("= funding_rate * 8760 / funding_interval_hours * 100"))
            #expect(told.text.contains("\"lastFundingRate\""))
            let unknown = try await explain("NOPE")
            #expect(unknown.ending == .status(1) && unknown.log.contains("There is no contract NOPE on Binance"))
        }

        /// What a dry run prints, by exchange and symbol: rate, interval, mark and index price; -1 for none.
        private static func dryRun(_ suite: Suite) async throws -> [String: [Double]] {
            let run = try await suite.start(
                "dry-run", ["funding-collector", "--dry-run", "--exchanges", Suite.feeds.joined(separator: ",")],
                environment: suite.environment(user: "nobody")
            )
            let ending = try await run.ending(within: .seconds(60))
            guard ending == .status(0) else { throw Failure("the dry run ended with \(ending): \(try run.log)") }
            var lines: [String: [Double]] = [:]
            for line in try Data(contentsOf: run.output).split(separator: UInt8(ascii: "\n")) {
                let row = try JSONDocument(Array(line)).root
                let key = "\(row["exchange"]?.string ?? "")|\(row["symbol"]?.string ?? "")"
                lines[key] = ["funding_rate", "funding_interval_hours", "mark_price", "index_price"].map {
                    row[$0]?.double ?? -1
                }
            }
            return lines
        }

        private static func stored(_ suite: Suite) async throws -> [String: [Double]] {
            let rows = try await suite.database.query(
                "SELECT exchange, symbol, funding_rate, funding_interval_hours, mark_price, index_price FROM exchange_data"
            )
            return try Dictionary(
                uniqueKeysWithValues: rows.map { row in
                    let names = ["funding_rate", "funding_interval_hours", "mark_price", "index_price"]
                    let numbers = try names.map { try row.decode($0, as: Double?.self) ?? -1 }
                    return (
                        "\(try row.decode("exchange", as: String.self))|\(try row.decode("symbol", as: String.self))",
                        numbers
                    )
                }
            )
        }
    }
}
