import Foundation
import FundingJSON
import PostgresDriver
import Testing

extension LoopbackTests {
    /// A suite whose market was forgotten begins anew.
    struct ClearTests {
        @Test func servicesFillWhatWasForgotten() async throws {
            try await Suite.run { suite in
                func contracts() async throws -> Int {
                    try await suite.database.query("SELECT count(*) AS contracts FROM exchange_data")[0]
                        .decode("contracts")
                }
                func clear() async throws -> (ending: Child.Ending, log: String) {
                    let tool = try await suite.start(
                        "clear-\(UInt32.random(in: 0...UInt32.max))", ["fundingctl", "clear", "--yes"],
                        environment: suite.environment(user: "postgres"))
                    return (try await tool.ending(within: .seconds(30)), try tool.log)
                }
                let all = Suite.contracts.values.reduce(0, +)
                let collector = try await suite.startCollector()
                let scanner = try await suite.startScanner()
                try await eventually("every contract is stored") { try await contracts() == all }
                try await eventually("pairs are written") { try await suite.pairCount() > 0 }
                #expect(try await clear().log.contains("stop the suite first"))
                #expect(try await contracts() == all)
                for service in [collector, scanner] { #expect(try await service.end(SIGTERM) == .status(0)) }
                try await eventually("the services are known to be gone", within: .seconds(30), every: .seconds(1)) {
                    try await clear().ending == .status(0)
                }
                #expect(try await contracts() == 0)
                #expect(try await suite.pairCount() == 0)

                _ = try await suite.startCollector("collector again")
                _ = try await suite.startScanner("scanner again")
                let api = try await suite.startAPI()
                try await eventually("every contract is stored again") { try await contracts() == all }
                try await eventually("pairs are written again") { try await suite.pairCount() > 0 }
                try await eventually("the API shows them") {
                    try await api.document("/api/funding-rates?limit=5000").root.count == all
                }
            }
        }
    }
}

extension Suite {
    fileprivate func pairCount() async throws -> Int {
        try await database.query("SELECT count(*) AS pairs FROM arbitrage_opportunities")[0].decode("pairs")
    }
}
