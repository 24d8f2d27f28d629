import FundingRuntime
import FundingStore
import PostgresDriver

/// The database that a command works on.
enum Database {
    /// Reads `DATABASE_URL`. Statements may take as long as they need: an operator is watching.
    static func configuration(_ environment: inout Environment) -> PostgresConfiguration? {
        environment.value("DATABASE_URL") {
            try PostgresConfiguration(url: $0, applicationName: "fundingctl", statementTimeout: .zero)
        }
    }

    /// Lends a connection to a database whose schema is this build's; any other is a configuration fault.
    static nonisolated(nonsending) func withConnection(
        _ configuration: PostgresConfiguration,
        _ body: nonisolated(nonsending) (PostgresConnection) async throws -> Void
    ) async throws {
        try await withPool(configuration) { try await $0.withConnection(body) }
    }

    /// The same with a pool of one connection.
    static nonisolated(nonsending) func withPool(
        _ configuration: PostgresConfiguration, _ body: nonisolated(nonsending) (PostgresPool) async throws -> Void
    ) async throws {
        let pool = PostgresPool(configuration, size: 1, acquireTimeout: .seconds(10))
        do {
            try await Schema.check(pool)
            try await body(pool)
        } catch {
            await pool.close()
            throw error
        }
        await pool.close()
    }
}
