public import FundingCore
public import Logging
public import PostgresDriver

/// What a service does before it serves.
public enum StartUp {
    /// Waits until Postgres answers, however long that takes, and throws `Schema.Mismatch` if its schema is not ours.
    public static func waitForSchema(_ pool: PostgresPool, _ logger: Logger) async throws {
        try await insist(on: "the database", logger) { try await Schema.check(pool) }
    }

    /// Does what a service cannot do without, again and again while Postgres keeps it from that for a reason that passes.
    public static func insist<Result>(
        on what: String, _ logger: Logger, _ body: nonisolated(nonsending) () async throws -> Result
    ) async throws -> Result {
        var said = false
        while true {
            do {
                return try await body()
            } catch let error as PostgresError where error.isTransient {
                if !said { logger.warning("waiting for \(what)", metadata: ["error": "\(error)"]) }
                said = true
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// The settings as they are stored, however long Postgres takes to answer.
    /// - Throws: `Schema.Mismatch`, or `UnusableSettings` if they have problems.
    public static func settings(_ configuration: PostgresConfiguration, _ logger: Logger) async throws -> SuiteSettings
    {
        let pool = PostgresPool(configuration, size: 1)
        do {
            let settings = try await settings(pool, logger)
            await pool.close()
            return settings
        } catch {
            await pool.close()
            throw error
        }
    }

    private static func settings(_ pool: PostgresPool, _ logger: Logger) async throws -> SuiteSettings {
        try await waitForSchema(pool, logger)
        do {
            return try await insist(on: "the settings", logger) { try await SettingsStore(pool).current().settings() }
        } catch let refused as SettingsRefused {
            throw UnusableSettings(description: refused.description)
        }
    }

    /// The stored settings have problems: somebody must mend them before the process can start.
    public struct UnusableSettings: ConfigurationFault, Sendable, CustomStringConvertible {
        public var description: String
    }
}
