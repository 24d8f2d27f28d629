import Foundation
import PostgresDriver
import Testing

/// The Postgres server the tests run against.
enum TestDatabase {
    static let url = ProcessInfo.processInfo.environment["FUNDING_TEST_DATABASE_URL"]

    /// Without a server the tests are skipped, except where they must not be.
    static var isAvailable: Bool {
        let environment = ProcessInfo.processInfo.environment
        return url != nil || environment["CI"] != nil || environment["FUNDING_TEST_REQUIRED"] == "1"
    }

    static func configuration(
        statementTimeout: Duration = .seconds(10), lockTimeout: Duration = .seconds(5)
    ) throws -> PostgresConfiguration {
        let url = try #require(url, "FUNDING_TEST_DATABASE_URL is not set")
        return try PostgresConfiguration(
            url: url, applicationName: "driver-tests", statementTimeout: statementTimeout, lockTimeout: lockTimeout)
    }

    /// A connection for the time of `body`, in a schema of its own that is dropped afterwards.
    static func withConnection(
        statementTimeout: Duration = .seconds(10), _ body: (PostgresConnection) async throws -> Void
    ) async throws {
        let connection = try await PostgresConnection.connect(configuration(statementTimeout: statementTimeout))
        try await inSchema { name in
            try await connection.query("SELECT set_config('search_path', \(name), false)")
            try await body(connection)
        }
        await connection.close()
    }

    /// A schema for the time of `body`, made and dropped by a connection of its own.
    static func inSchema(_ body: (String) async throws -> Void) async throws {
        let name = "driver_\(UUID().uuidString.lowercased().replacing("-", with: "_"))"
        let owner = try await PostgresConnection.connect(configuration())
        try await owner.query("CREATE SCHEMA \(identifier: name)")
        do {
            try await body(name)
        } catch {
            try await owner.query("DROP SCHEMA \(identifier: name) CASCADE")
            throw error
        }
        try await owner.query("DROP SCHEMA \(identifier: name) CASCADE")
        await owner.close()
    }
}

extension Trait where Self == ConditionTrait {
    /// The test needs a Postgres server.
    static var needsPostgres: Self {
        .enabled(if: TestDatabase.isAvailable, "FUNDING_TEST_DATABASE_URL is not set")
    }
}

/// The error `body` throws, which must be a `PostgresError`.
func postgresError(
    _ body: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
) async throws -> PostgresError {
    do {
        try await body()
    } catch let error as PostgresError {
        return error
    }
    Issue.record("no error was thrown", sourceLocation: sourceLocation)
    throw PostgresError(.protocolViolation, "no error was thrown")
}

/// Asks again until `condition` holds; fails after `limit`.
func eventually(
    within limit: Duration = .seconds(10), sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record("not within \(limit)", sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}
