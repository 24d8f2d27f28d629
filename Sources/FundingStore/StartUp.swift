public import Logging
public import PostgresDriver

/// What a service does before it serves.
public enum StartUp {
    /// Waits until Postgres answers, however long that takes, and throws `Schema.Mismatch` if its schema is not ours.
    public static func waitForSchema(_ pool: PostgresPool, _ logger: Logger) async throws {
        var said = false
        while true {
            do {
                return try await Schema.check(pool)
            } catch let error as PostgresError where error.isTransient {
                if !said { logger.warning("waiting for the database", metadata: ["error": "\(error)"]) }
                said = true
                try await Task.sleep(for: .seconds(1))
            }
        }
    }
}
