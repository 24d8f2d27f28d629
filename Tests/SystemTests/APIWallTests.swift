import Foundation
import PostgresDriver
import Testing

extension LoopbackTests {
    /// The API can neither write nor reach an exchange.
    struct APIWallTests {
        @Test func apiRoleMayChangeNoTableOfTheRunningSuite() async throws {
            try await Suite.run { suite in
                let once = try await suite.start(
                    "once", ["funding-collector", "--once", "--exchanges", "deribit"],
                    environment: suite.environment(user: "funding_collector")
                )
                #expect(try await once.ending(within: .seconds(30)) == .status(0))
                let tables = try await suite.database.query(
                    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
                ).map { try $0.decode("tablename", as: String.self) }
                #expect(tables.count >= 9)
                let session = try await PostgresConnection.connect(
                    PostgresConfiguration(url: suite.postgres.url("funding_api"), applicationName: "funding-api")
                )
                for table in tables {
                    for statement: PostgresQuery in [
                        "DELETE FROM \(identifier: table)", "TRUNCATE \(identifier: table)",
                        "DROP TABLE \(identifier: table)",
                        "INSERT INTO \(identifier: table) DEFAULT VALUES",
                    ] {
                        let error = await #expect(throws: PostgresError.self) { try await session.query(statement) }
                        #expect(error?.sqlState == "42501", "\(statement.sql)")
                    }
                }
                let error = await #expect(throws: PostgresError.self) {
                    try await session.query("CREATE TABLE loot (id int)")
                }
                #expect(error?.sqlState == "42501")
                await session.close()
            }
        }

        @Test func apiIsNotLinkedWithAnHTTPClient() async throws {
            for (program, expected) in [("funding-api", false), ("funding-collector", true)] {
                let folder = Janitor.shared.folder
                let ldd = try Child(
                    "ldd-\(program)", ["/usr/bin/ldd", Programs.path(program)], environment: ["PATH": "/usr/bin:/bin"],
                    logs: folder
                )
                #expect(try await ldd.ending(within: .seconds(10)) == .status(0))
                let libraries = String(decoding: try Data(contentsOf: ldd.output), as: UTF8.self)
                #expect(libraries.contains("libpq"))
                #expect(libraries.contains("libcurl") == expected)
            }
        }
    }
}
