import Foundation
import PostgresDriver
import Testing

extension LoopbackTests {
    /// What cannot work ends at once, says everything that is wrong, and is not started again.
    struct ConfigurationTests {
        private static let refused = Child.Ending.status(78)

        @Test func everyFaultOfTheConfigurationIsNamed() async throws {
            try await Suite.run { suite in
                var environment = [
                    "PATH": "/usr/bin:/bin", "DATABASE_URL": "postgres://user:hunter2@host:port/x", "LOG_LEVEL": "loud",
                    "FUNDING_BYBIT_URL": "nowhere",
                ]
                let collector = try await suite.start(
                    "bad-collector", ["funding-collector", "--exchanges", "bybit,mtgox", "--poll-interval", "0"],
                    environment: environment
                )
                #expect(try await collector.ending(within: .seconds(10)) == Self.refused)
                for name in [
                    "DATABASE_URL", "REDIS_URL", "LOG_LEVEL", "FUNDING_BYBIT_URL", "--poll-interval", "mtgox",
                    "lighter",
                ] {
                    #expect(try collector.log.contains(name), "\(name)")
                }
                #expect(try !collector.log.contains("hunter2"))

                environment["REDIS_URL"] = "rediss://127.0.0.1"
                environment["API_PORT"] = "70000"
                environment["CORS_ORIGINS"] = "*"
                let api = try await suite.start("bad-api", ["funding-api"], environment: environment)
                #expect(try await api.ending(within: .seconds(10)) == Self.refused)
                for name in ["DATABASE_URL", "REDIS_URL", "LOG_LEVEL", "API_PORT", "CORS_ORIGINS"] {
                    #expect(try api.log.contains(name), "\(name)")
                }
                #expect(try !api.log.contains("hunter2"))

                let control = try await suite.start(
                    "bad-control", ["fundingctl", "migrate", "--directory", "/nonexistent"], environment: environment
                )
                #expect(try await control.ending(within: .seconds(10)) == Self.refused)
                for name in ["DATABASE_URL", "/nonexistent"] { #expect(try control.log.contains(name), "\(name)") }

                #expect(try await Suite.feeds.asyncAllSatisfy { try await suite.simulator.requests(of: $0).isEmpty })
            }
        }

        @Test(arguments: ["missing", "older", "newer"])
        func foreignSchemaIsRefusedWithAClearMessage(schema: String) async throws {
            try await Suite.run("schema-\(schema)") { suite in
                let advice: String
                switch schema {
                case "missing":
                    try await suite.database.query("DROP TABLE schema_migrations")
                    advice = "no schema: run fundingctl migrate"
                case "older":
                    try await suite.database.query("DELETE FROM schema_migrations WHERE version > 1")
                    advice = "run fundingctl migrate"
                default:
                    try await suite.database.query(
                        "INSERT INTO schema_migrations (version, name, checksum) VALUES (1000, 'later', '')"
                    )
                    advice = "install the newer build"
                }
                for (program, user) in [("funding-collector", "funding_collector"), ("funding-api", "funding_api")] {
                    var environment = suite.environment(user: user)
                    environment["API_PORT"] = "0"
                    let child = try await suite.start(program, [program], environment: environment)
                    #expect(try await child.ending(within: .seconds(15)) == Self.refused, "\(program)")
                    let log = try child.log
                    #expect(log.contains(advice), "\(program): \(log)")
                }
            }
        }
    }
}

extension Sequence {
    fileprivate func asyncAllSatisfy(_ predicate: (Element) async throws -> Bool) async rethrows -> Bool {
        for element in self where try await !predicate(element) { return false }
        return true
    }
}
