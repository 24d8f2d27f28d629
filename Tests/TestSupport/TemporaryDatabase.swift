public import Foundation
import FundingStore
public import PostgresDriver

/// A database of a test's own, with the suite's schema, dropped afterwards.
///
/// The server is named by `FUNDING_TEST_DATABASE_URL`, whose user must be a superuser; it must run on this host, since
/// databases are dropped on it. The schema comes from a template database that is migrated once for each state of
/// `sql/` and kept for later runs.
public struct TemporaryDatabase: Sendable {
    public let name: String
    private let server: URLComponents

    /// Without a server, tests that need one are skipped, except where they must not be.
    public static var isAvailable: Bool { serverURL != nil || isRequired }

    /// `CI` or `FUNDING_TEST_REQUIRED` is set: a missing server is a failure.
    static var isRequired: Bool {
        let environment = ProcessInfo.processInfo.environment
        return environment["CI"] != nil || environment["FUNDING_TEST_REQUIRED"] == "1"
    }

    private static var serverURL: String? { ProcessInfo.processInfo.environment["FUNDING_TEST_DATABASE_URL"] }

    /// The folder with the migrations of this checkout.
    public static let sqlDirectory = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("sql")

    /// Makes a database for the time of `body`.
    ///
    /// - Parameter isEmpty: the database has no schema.
    public static func with(isEmpty: Bool = false, _ body: (TemporaryDatabase) async throws -> Void) async throws {
        let server = try localServer()
        let name = "funding_test_\(UUID().uuidString.lowercased().replacing("-", with: "_"))"
        let template = isEmpty ? "template0" : try await TemplateDatabase.ready(on: server)
        try await administer(server) {
            try await $0.query("CREATE DATABASE \(identifier: name) TEMPLATE \(identifier: template)")
        }
        let database = TemporaryDatabase(name: name, server: server)
        do {
            try await body(database)
        } catch {
            try await database.drop()
            throw error
        }
        try await database.drop()
    }

    /// The address, for a session that has the rights of `role`; of the superuser if nil.
    public func url(as role: String? = nil) -> String {
        Self.url(server, database: name, role: role)
    }

    public func configuration(
        as role: String? = nil, statementTimeout: Duration = .seconds(10)
    ) throws -> PostgresConfiguration {
        try PostgresConfiguration(url: url(as: role), applicationName: "tests", statementTimeout: statementTimeout)
    }

    /// A pool for the time of `body`.
    public func withPool(
        as role: String? = nil, size: Int = 4,
        onConnect: (@Sendable (PostgresConnection) async throws -> Void)? = nil,
        _ body: (PostgresPool) async throws -> Void
    ) async throws {
        let pool = PostgresPool(
            try configuration(as: role), size: size, acquireTimeout: .seconds(10), onConnect: onConnect
        )
        do {
            try await body(pool)
        } catch {
            await pool.close()
            throw error
        }
        await pool.close()
    }

    /// Lets nobody in any more and throws everybody out, as if the server were gone; the database can still be dropped.
    public func refuseConnections() async throws {
        try await Self.administer(server) { server in
            try await server.query("ALTER DATABASE \(identifier: name) ALLOW_CONNECTIONS false")
            try await server.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = \(name)")
        }
    }

    /// Ends what `refuseConnections` began.
    public func allowConnections() async throws {
        try await Self.administer(server) {
            try await $0.query("ALTER DATABASE \(identifier: name) ALLOW_CONNECTIONS true")
        }
    }

    private func drop() async throws {
        try await Self.administer(server) { try await $0.query("DROP DATABASE \(identifier: name) WITH (FORCE)") }
    }
}

// MARK: - The server

extension TemporaryDatabase {
    private static func localServer() throws -> URLComponents {
        guard let url = serverURL else { throw TestSupportError("FUNDING_TEST_DATABASE_URL is not set") }
        guard let server = URLComponents(string: url) else {
            throw TestSupportError("FUNDING_TEST_DATABASE_URL is not a URL")
        }
        let host = server.host ?? ""
        guard ["127.0.0.1", "[::1]", "::1", "localhost", ""].contains(host),
            !(server.queryItems ?? []).contains(where: { $0.name == "host" && $0.value?.hasPrefix("/") == false })
        else { throw TestSupportError("tests drop databases, and \(host) is not this host") }
        return server
    }

    static func url(_ server: URLComponents, database: String, role: String? = nil) -> String {
        var url = server
        url.path = "/" + database
        // The session logs in as the superuser and takes the role at once, so that roles need no passwords.
        if let role {
            url.queryItems = (url.queryItems ?? []) + [URLQueryItem(name: "options", value: "-c role=\(role)")]
        }
        return url.string ?? ""
    }

    @discardableResult
    static func administer<T: Sendable>(
        _ server: URLComponents, _ work: (PostgresConnection) async throws -> T
    ) async throws -> T {
        let configuration = try PostgresConfiguration(
            url: server.string ?? "", applicationName: "tests", statementTimeout: .seconds(120), lockTimeout: .zero
        )
        let connection = try await PostgresConnection.connect(configuration)
        do {
            let result = try await work(connection)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error
        }
    }
}
