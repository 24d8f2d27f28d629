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

    /// Runs a command that needs nothing but the database, whose schema must be this build's.
    static nonisolated(nonsending) func command(
        _ body: nonisolated(nonsending) (PostgresPool) async throws -> Void
    ) async {
        await ServiceProcess.main("fundingctl") {
            var environment = Environment()
            let database = configuration(&environment)
            try environment.finish()
            guard let database else { return }
            try await withPool(database, body)
        }
    }

    /// Lends a pool of one connection to a database whose schema is this build's; any other is a configuration fault.
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
