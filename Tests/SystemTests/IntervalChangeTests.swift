import CurlDriver
import Foundation
import FundingJSON
import PostgresDriver
import Testing

extension LoopbackTests {
    /// A contract that paid every eight hours, then every four, then every hour.
    struct IntervalChangeTests {
        /// What a payment should be, worked out without anything of the suite's.
        private struct Expected: Equatable {
            var time: Int
            var hours: Int
            var rate: Double
        }

        @Test func slotsIntervalsAndSumsAreThoseOfTheExchange() async throws {
            try await Suite.run { suite in
                try await suite.listContracts(feeds: ["bybit"])
                let symbol = try await suite.changeIntervalsOfAContract()
                let window = HistoryWindow(days: 30)
                let arguments = window.arguments([symbol])
                #expect(try await suite.backfill("whole", arguments, feeds: ["bybit"]) == .status(0))

                let expected = try await Self.expected(of: symbol, during: window, suite)
                let kept = try await suite.payments(of: "bybit").map {
                    Expected(time: Int($0.time.timeIntervalSince1970), hours: Int($0.hours), rate: $0.rate)
                }
                #expect(kept == expected)
                #expect(Set(expected.map(\.hours)) == [1, 4, 8])

                let row = try await suite.database.query(
                    """
                    SELECT sum(funding_rate) AS paid, sum(funding_interval_hours) AS hours,
                           sum(funding_rate / funding_interval_hours) / count(*) * 876000 AS mean_apr
                      FROM funding_rates_historical
                    """
                )[0]
                let paid = expected.reduce(0) { $0 + $1.rate }
                #expect(abs(try row.decode("paid", as: Double.self) - paid) < 1e-12)
                let hours = expected.reduce(0) { $0 + $1.hours }
                #expect(try row.decode("hours", as: Double.self) == Double(hours))
                let apr = expected.reduce(0) { $0 + $1.rate / Double($1.hours) } / Double(expected.count) * 876_000
                #expect(abs(try row.decode("mean_apr", as: Double.self) - apr) < 1e-6)
            }
        }

        /// The slots by the two changes, which fell on midnights twenty and ten days ago; the rates as the exchange's own
        /// answers have them.
        private static func expected(of symbol: String, during window: HistoryWindow, _ suite: Suite) async throws
            -> [Expected]
        {
            let (first, last) = (Int(window.from.timeIntervalSince1970), Int(window.to.timeIntervalSince1970))
            let midnight = Int(Date().timeIntervalSince1970) / 86_400 * 86_400
            let rates = try await rates(of: symbol, from: first, to: last, suite)
            var expected: [Expected] = []
            for hour in stride(from: first, through: last, by: 3600) {
                // What is paid at a change was earned by the interval before it.
                let hours = hour <= midnight - 20 * 86_400 ? 8 : hour <= midnight - 10 * 86_400 ? 4 : 1
                guard hour % (hours * 3600) == 0 else { continue }
                expected.append(Expected(time: hour, hours: hours, rate: try rates[hour].required("rate at \(hour)")))
            }
            #expect(rates.count == expected.count)
            return expected
        }

        private static func rates(of symbol: String, from first: Int, to last: Int, _ suite: Suite) async throws
            -> [Int: Double]
        {
            var rates: [Int: Double] = [:]
            var end = last * 1000
            while end >= first * 1000 {
                let target = "/v5/market/funding/history?category=linear&symbol=\(symbol)&endTime=\(end)&limit=200"
                let body = try await suite.simulator.answer(of: "bybit", target).body
                let list = try (JSONDocument(body).root["result"]?["list"]).required("list")
                let rows = try list.elements.map { row in
                    (
                        time: try (row["fundingRateTimestamp"]?.decimalInt).required("time"),
                        rate: try (row["fundingRate"]?.decimal).required("rate")
                    )
                }
                guard let oldest = rows.map(\.time).min() else { break }
                for row in rows where row.time >= first * 1000 { rates[row.time / 1000] = row.rate }
                end = oldest - 1
            }
            return rates
        }
    }
}
