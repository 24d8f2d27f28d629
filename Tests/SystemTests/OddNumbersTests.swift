import CurlDriver
import Foundation
import FundingJSON
import PostgresDriver
import Testing

extension LoopbackTests {
    /// Odd spellings of numbers in an answer that is otherwise well-formed.
    struct OddNumbersTests {
        private static let path = "/fapi/v1/premiumIndex"
        /// What stands in place of a rate, and what is stored then; nil: the row is refused and ages.
        private static let spellings: [(text: String, stored: Double?)] = [
            (#""NaN""#, nil), (#""Infinity""#, nil), ("1e400", nil), (#""1e400""#, nil), (#""""#, nil), ("null", nil),
            ("true", nil), (#""0x10""#, nil), (#"" 0.0001""#, nil), ("[]", nil), (#""-0""#, 0), ("-0.0", 0),
            ("0.00012", 0.00012), (#""1.2e-4""#, 0.00012),
            (#""0.0001234567890123456789012345678901234567890""#, 0.0001234567890123456789),
            (#""0.0009","lastFundingRate":"0.0002""#, 0.0002), (#""0.0003","brandNew":{"deep":[1,2]}"#, 0.0003),
        ]

        @Test func eachSpellingIsReadOrRefusedByRule() async throws {
            try await Suite.run { suite in
                let collector = try await suite.startCollector(feeds: ["binance-usdm", "deribit"])
                let invariants = try await Invariants(suite, collector, undisturbed: ["deribit"])
                try await suite.wait(forPolls: 1, of: ["binance-usdm"])
                let symbols: [String] = try await suite.database.query(
                    "SELECT symbol FROM exchange_data WHERE feed = 'binance-usdm' ORDER BY symbol LIMIT 17"
                ).map { try $0.decode("symbol") }
                let body = try await suite.simulator.answer(of: "binance-usdm", Self.path).body
                var text = String(decoding: body, as: UTF8.self)
                for (symbol, spelling) in zip(symbols, Self.spellings) {
                    try Self.write(spelling.text, asRateOf: symbol, in: &text)
                }
                try await suite.simulator.spoil("binance-usdm", "status", path: Self.path, status: 200, body: text)
                let refused = Self.spellings.count { $0.stored == nil }
                try await eventually("the odd rows are counted") {
                    try await suite.health(of: "binance-usdm").rejects == refused
                }
                let before = try await suite.values(of: "binance-usdm")
                try await suite.wait(forPolls: 2, of: ["binance-usdm"])
                let after = try await suite.values(of: "binance-usdm")
                #expect(try await suite.health(of: "binance-usdm").status == "ok")
                #expect(after.count == Suite.allContracts["binance-usdm"])
                for (symbol, spelling) in zip(symbols, Self.spellings) {
                    guard let expected = spelling.stored else {
                        #expect(after[symbol] == before[symbol], "\(spelling.text)")
                        continue
                    }
                    let stored = try await suite.database.query(
                        "SELECT funding_rate FROM exchange_data WHERE feed = 'binance-usdm' AND symbol = \(symbol)"
                    )[0].decode("funding_rate", as: Double.self)
                    #expect(stored == expected, "\(spelling.text)")
                }
                let told: [String] = try await suite.database.query(
                    "SELECT DISTINCT symbol FROM collection_rejects WHERE feed = 'binance-usdm' ORDER BY symbol"
                ).map { try $0.decode("symbol") }
                #expect(told == Array(symbols.prefix(refused)))
                try await suite.simulator.reset()
                try await eventually("every row is read again") {
                    try await suite.health(of: "binance-usdm").rejects == 0
                }
                try await invariants.judge()
            }
        }

        private static func write(_ value: String, asRateOf symbol: String, in text: inout String) throws {
            let row = try text.range(of: #""symbol":"\#(symbol)""#).required(symbol)
            let name = try text.range(of: #""lastFundingRate":"#, range: row.upperBound..<text.endIndex).required(
                "rate")
            let end = try text.range(of: ",", range: name.upperBound..<text.endIndex).required("the next field")
            text.replaceSubrange(name.upperBound..<end.lowerBound, with: value)
        }
    }
}
