public import PostgresDriver

/// Brings a database's schema up to date: applies the files of `sql/` that it does not have yet, in order.
///
/// Each file runs in one transaction together with its row in `schema_migrations`, so there is no half-applied state:
/// killed at any point, the next run goes on where this one ended. Several migrators may start at once; one works, the
/// others wait and then find nothing to do.
public struct Migrator: Sendable {
    /// The advisory lock of whoever migrates; `sql/README.md` uses it as well.
    static let lockKey = 4_655_443

    private let configuration: PostgresConfiguration
    private let lockTimeout: Duration

    /// - Parameters:
    ///   - configuration: the role must own the database and be allowed to create roles. Its statement timeout limits
    ///     each file; zero is usual.
    ///   - lockTimeout: how long to wait for another migrator.
    public init(_ configuration: PostgresConfiguration, lockTimeout: Duration = .seconds(60)) {
        self.configuration = configuration
        self.lockTimeout = lockTimeout
    }

    /// Applies what is missing.
    ///
    /// - Parameter applied: called after each commit.
    /// - Returns: what this run applied.
    /// - Throws: `StoreError` if an applied file has changed since, if the database knows more than the files, if a
    ///   file fails, or if another migrator did not end in time; `PostgresError`.
    @discardableResult
    public func run(
        _ migrations: [Migration], applied: @Sendable (Migration) -> Void = { _ in }
    ) async throws -> [Migration] {
        try await withSession { session in
            try await lock(session)
            // Reading what is there comes after the lock: a migrator that had to wait sees what the other has done.
            // Made only if needed, so that a role that may not make tables can still learn that there is nothing to do.
            if try await !Self.hasTable(session) { try await session.query(Self.createTable) }
            let pending = try await Self.pending(migrations, session)
            for migration in pending {
                try await Self.apply(migration, session)
                applied(migration)
            }
            return pending
        }
    }

    /// What `run` would apply. Changes nothing, not even a database without any schema.
    public func pending(_ migrations: [Migration]) async throws -> [Migration] {
        try await withSession { session in
            try await Self.hasTable(session) ? try await Self.pending(migrations, session) : migrations
        }
    }

    private func withSession<T: Sendable>(
        _ body: nonisolated(nonsending) (PostgresConnection) async throws -> T
    ) async throws -> T {
        let session = try await PostgresConnection.connect(configuration)
        do {
            let result = try await body(session)
            await session.close()
            return result
        } catch {
            await session.close()
            throw error
        }
    }

    /// Polls instead of waiting in the server: a waiting statement would hold a snapshot, which blocks the other
    /// migrator's concurrent index builds forever.
    private func lock(_ session: PostgresConnection) async throws {
        let deadline = ContinuousClock.now + lockTimeout
        while true {
            let locked: Bool = try await session.query(
                "SELECT pg_try_advisory_lock(\(Self.lockKey)) AS locked"
            )[0].decode("locked")
            if locked { return }
            guard ContinuousClock.now < deadline else {
                throw StoreError("another migrator is at work on this database and did not end within \(lockTimeout)")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}

// MARK: - One session's work

extension Migrator {
    private static let createTable: PostgresQuery = """
        CREATE TABLE schema_migrations (
            version    integer PRIMARY KEY,
            name       text NOT NULL,
            checksum   text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        )
        """

    private static func hasTable(_ session: PostgresConnection) async throws -> Bool {
        try await session.query("SELECT to_regclass('schema_migrations') IS NOT NULL AS known")[0].decode("known")
    }

    /// Compares the files with the database. The server computes the checksums: SHA-256 in hexadecimal.
    private static func pending(_ migrations: [Migration], _ session: PostgresConnection) async throws -> [Migration] {
        let rows = try await session.query("SELECT version, name, checksum FROM schema_migrations ORDER BY version")
        for (place, row) in rows.enumerated() {
            let version: Int = try row.decode("version")
            guard version == place + 1 else {
                throw StoreError(
                    "the database has migration \(version) but not \(place + 1): restore schema_migrations")
            }
            guard place < migrations.count else {
                throw StoreError(
                    """
                    the database has schema \(try rows[rows.count - 1].decode("version", as: Int.self)), the files end \
                    at \(migrations.count): use the newer build
                    """
                )
            }
            let checksum: String = try await session.query(
                "SELECT encode(sha256(\(migrations[place].bytes)), 'hex') AS checksum"
            )[0].decode("checksum")
            guard try row.decode("checksum") == checksum else {
                throw StoreError(
                    """
                    \(migrations[place].fileName) has changed since it was applied: restore it and put the change into \
                    a new file
                    """
                )
            }
        }
        return Array(migrations.dropFirst(rows.count))
    }

    private static func apply(_ migration: Migration, _ session: PostgresConnection) async throws {
        do {
            try await session.transaction { session in
                let before = try await transactionID(session)
                try await session.script(String(decoding: migration.bytes, as: UTF8.self))
                guard try await transactionID(session) == before else {
                    throw StoreError("the file ends its transaction: it may not hold COMMIT or ROLLBACK")
                }
                try await session.query(
                    """
                    INSERT INTO schema_migrations (version, name, checksum)
                    VALUES (\(migration.version), \(migration.name), encode(sha256(\(migration.bytes)), 'hex'))
                    """
                )
            }
        } catch {
            throw StoreError("\(migration.fileName): \(error)")
        }
    }

    private static func transactionID(_ session: PostgresConnection) async throws -> String {
        try await session.query("SELECT pg_current_xact_id()::text AS id")[0].decode("id")
    }
}
