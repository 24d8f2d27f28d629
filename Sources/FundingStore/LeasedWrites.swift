import PostgresDriver

/// The transactions written under a lease, known to whoever takes that lease next.
///
/// The fence of a lease lets a write end before the lease changes hands. A holder that was stopped amid a write, not
/// killed, still answers the server's keepalives: its transaction, and the row it has locked, would stand until it wakes.
enum LeasedWrites {
    /// Separates these advisory locks from all others in the database.
    private static let space: Int32 = 0x4655_4E57

    /// To be part of the statement that proves the lease: the transaction is known by it until it ends.
    static func mark(_ lease: String) -> PostgresQuery {
        "pg_advisory_xact_lock_shared(\(space), hashtext(\(lease)))"
    }

    /// Ends the sessions that still write under a lease that has just been taken, if they logged in as this one did: others
    /// it may not end, and they are waited for.
    static func end(_ lease: String, over session: PostgresConnection) async throws {
        // A role taken on after logging in may not end what whoever logged in has begun; it is put off for this statement.
        try await session.query(
            """
            WITH login AS MATERIALIZED (SELECT set_config('role', 'none', true))
            SELECT pg_terminate_backend(l.pid) FROM login, pg_locks l JOIN pg_stat_activity a USING (pid)
             WHERE l.locktype = 'advisory' AND l.classid = \(space)::oid AND l.objid = hashtext(\(lease))::oid
               AND l.granted AND a.datname = current_database() AND a.usename = session_user
            """
        )
    }
}
