import Foundation
import FundingStore
import PostgresDriver

/// The migrated database that temporary ones are copied from. Its name holds a checksum of `sql/`, so a change there
/// makes a new one; the old one stays, as another checkout may be using it.
enum TemplateDatabase {
    /// The template's name, once it is there.
    static func ready(on server: URLComponents) async throws -> String {
        let migrations = try Migration.all(in: TemporaryDatabase.sqlDirectory)
        return try await TemporaryDatabase.administer(server) { connection in
            let checksum: String = try await connection.query(
                "SELECT left(encode(sha256(\(migrations.flatMap(\.bytes))), 'hex'), 16) AS checksum"
            )[0].decode("checksum")
            let name = "funding_test_template_\(checksum)"
            guard try await !exists(name, connection) else { return name }
            // Test processes of several checkouts may start together.
            try await connection.query("SELECT pg_advisory_lock(4655444)")
            if try await !exists(name, connection) { try await make(name, migrations, on: server, connection) }
            return name
        }
    }

    private static func exists(_ name: String, _ connection: PostgresConnection) async throws -> Bool {
        try await !connection.query("SELECT FROM pg_database WHERE datname = \(name)").isEmpty
    }

    /// Renamed only when complete: a run that was killed leaves nothing that looks like a template.
    private static func make(
        _ name: String, _ migrations: [Migration], on server: URLComponents, _ connection: PostgresConnection
    ) async throws {
        let draft = name + "_draft"
        try await connection.query("DROP DATABASE IF EXISTS \(identifier: draft) WITH (FORCE)")
        try await connection.query("CREATE DATABASE \(identifier: draft) TEMPLATE template0")
        let configuration = try PostgresConfiguration(
            url: TemporaryDatabase.url(server, database: draft), applicationName: "tests", statementTimeout: .zero
        )
        try await Migrator(configuration).run(migrations)
        // The migrator's session may take a moment to leave.
        try await eventually {
            try await connection.query("SELECT FROM pg_stat_activity WHERE datname = \(draft)").isEmpty
        }
        try await connection.query("ALTER DATABASE \(identifier: draft) RENAME TO \(identifier: name)")
    }
}
