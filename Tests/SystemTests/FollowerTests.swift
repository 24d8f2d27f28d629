import CurlDriver
import Foundation
import FundingJSON
import PostgresDriver
import Testing

extension LoopbackTests {
    /// The backfiller as it runs beside a collector: between its sweeps it follows what falls due.
    struct FollowerTests {
        private static let feed = "binance-usdm"
        private static let path = "/fapi/v1/fundingRate"

        @Test func whatFallsDueIsStoredSoonAndForAllContractsAtOnce() async throws {
            let clock = try SettableClock(in: Janitor.shared.folder)
            try await Suite.run(clock: clock) { suite in
                try await suite.listContracts(feeds: [Self.feed])
                var environment = clock.environment
                environment["FUNDING_BUDGET_SPEED"] = "100"
                let service = try await suite.startBackfiller(
                    "service", ["--days", "2"], feeds: [Self.feed], environment)
                try await eventually("the first sweep is through", within: .seconds(90)) {
                    try await suite.latestJob().status == "done"
                }
                // All contracts' pages together, where one by one would be more than five hundred.
                let swept = try await Self.requests(suite)
                #expect(swept < 60)
                try await Self.expectCertificates(suite)

                // A full hour comes, and the time that the exchange takes to publish what was paid.
                let hour = (Date().timeIntervalSince1970 / 3600).rounded(.down) * 3600 + 3600
                try clock.set("+\(Int(hour + 62 - Date().timeIntervalSince1970))")
                let paid = try await Self.paid(at: hour, suite)
                #expect(!paid.isEmpty)
                try await eventually("what was paid is stored", within: .seconds(90)) {
                    let stored = try await suite.database.query(
                        """
                        SELECT m.symbol FROM funding_rates_historical h JOIN contract_metadata m ON m.id = h.contract_id
                         WHERE h.funding_time = to_timestamp(\(hour))
                        """
                    ).map { try $0.decode("symbol", as: String.self) }
                    return Set(stored) == paid
                }
                // One by this test, one by the follower.
                #expect(try await Self.requests(suite) <= swept + 2)
                #expect(try await service.end(SIGTERM) == .status(0))
            }
        }

        private static func requests(_ suite: Suite) async throws -> Int {
            try await suite.simulator.counts(of: feed, path: path)[200] ?? 0
        }

        private static func paid(at hour: Double, _ suite: Suite) async throws -> Set<String> {
            let slot = Int(hour) * 1000
            let target = "\(path)?startTime=\(slot - 1000)&endTime=\(slot + 1000)&limit=1000"
            let body = try await suite.simulator.answer(of: feed, target).body
            return Set(try JSONDocument(body).root.elements.compactMap { $0["symbol"]?.string })
        }

        /// Every day that is over has its certificate, and it fits; a payment that somebody changes is found.
        private static func expectCertificates(_ suite: Suite) async throws {
            func verify() async throws -> (ending: Child.Ending, text: String) {
                let child = try await suite.start(
                    "verify-\(UInt32.random(in: 0...UInt32.max))", ["fundingctl", "verify"],
                    environment: suite.environment(user: "postgres"))
                let ending = try await child.ending(within: .seconds(30))
                return (ending, String(decoding: try Data(contentsOf: child.output), as: UTF8.self))
            }
            let row = try await suite.database.query(
                """
                SELECT count(*) AS certificates, count(DISTINCT day) AS days,
                       count(*) FILTER (WHERE present <> expected) AS lacking
                  FROM completeness_certificates
                """
            )[0]
            #expect(try row.decode("certificates", as: Int.self) > 1000)
            #expect(try row.decode("days", as: Int.self) == 2)
            #expect(try row.decode("lacking", as: Int.self) == 0)
            #expect(try await verify().ending == .status(0))
            func change(by amount: Double) async throws {
                try await suite.database.query(
                    """
                    UPDATE funding_rates_historical SET funding_rate = funding_rate + \(amount)
                     WHERE (contract_id, funding_time) =
                           (SELECT contract_id, min(funding_time) FROM funding_rates_historical
                             GROUP BY contract_id ORDER BY contract_id LIMIT 1)
                    """
                )
            }
            try await change(by: 0.25)
            let found = try await verify()
            #expect(found.ending != .status(0))
            #expect(found.text.contains(" 1 do not fit"))
            try await change(by: -0.25)
        }
    }
}
