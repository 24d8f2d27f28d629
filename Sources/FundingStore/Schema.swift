public import FundingCore
public import PostgresDriver

/// The shape of the tables that this build reads and writes.
public enum Schema {
    /// The number of the last file in `sql/`.
    public static let version = 14

    /// The database has another shape. Waiting does not help: it must be migrated, or this build replaced.
    public struct Mismatch: ConfigurationFault, Sendable, CustomStringConvertible {
        public var found: Int?

        public var description: String {
            switch found {
            case nil: "the database has no schema: run fundingctl migrate"
            case let found? where found < Schema.version:
                "the database has schema \(found), this build needs \(Schema.version): run fundingctl migrate"
            case let found?:
                "the database has schema \(found), this build knows only \(Schema.version): install the newer build"
            }
        }
    }

    /// Throws `Mismatch` if the database's schema is not this build's.
    public static func check(_ pool: PostgresPool) async throws {
        let exists: Bool = try await pool.query("SELECT to_regclass('schema_migrations') IS NOT NULL AS known")[0]
            .decode("known")
        guard exists else { throw Mismatch(found: nil) }
        let found: Int? = try await pool.query("SELECT max(version) AS version FROM schema_migrations")[0]
            .decode("version")
        guard found == version else { throw Mismatch(found: found) }
    }
}
