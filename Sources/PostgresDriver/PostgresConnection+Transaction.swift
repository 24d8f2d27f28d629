/// How much a transaction may see of others that run at the same time.
public enum PostgresIsolation: Sendable {
    /// Each statement sees what was committed before it began.
    case readCommitted
    /// All statements see what was committed before the first; a write to a row changed since fails with 40001.
    case repeatableRead
    /// As if transactions ran one after the other; fails with 40001 where that cannot be.
    case serializable
    /// As `repeatableRead`, and refuses writes (25006): several reads that must fit each other.
    case readOnlySnapshot

    fileprivate var begin: String {
        switch self {
        case .readCommitted: "BEGIN ISOLATION LEVEL READ COMMITTED"
        case .repeatableRead: "BEGIN ISOLATION LEVEL REPEATABLE READ"
        case .serializable: "BEGIN ISOLATION LEVEL SERIALIZABLE"
        case .readOnlySnapshot: "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
        }
    }
}

extension PostgresConnection {
    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws or the task was cancelled.
    ///
    /// The commit itself cannot be cancelled. If the connection breaks during it, the error's `commitOutcomeUnknown` is
    /// set. Transactions do not nest.
    ///
    /// - Throws: What `body` throws; `PostgresError` from BEGIN and COMMIT.
    public nonisolated(nonsending) func transaction<T>(
        isolation: PostgresIsolation = .readCommitted,
        _ body: nonisolated(nonsending) (PostgresConnection) async throws -> T
    ) async throws -> T {
        try await begin(isolation)
        let result: T
        do {
            result = try await body(self)
            if Task.isCancelled { throw PostgresError(.cancelled, "the task was cancelled before the commit") }
        } catch {
            // Should this fail as well, the connection is marked and no pool lends it again; the first error counts.
            await rollBackAfterFailure()
            throw error
        }
        try await commit()
        return result
    }

    private func begin(_ isolation: PostgresIsolation) async throws(PostgresError) {
        try await perform { wire, token throws(PostgresError) in
            guard wire.isIdle else {
                throw PostgresError(.protocolViolation, "a transaction is already open on this connection")
            }
            try wire.script(isolation.begin, token)
        }
    }

    private func commit() async throws(PostgresError) {
        do throws(PostgresError) {
            let command = try performShielded { wire, token throws(PostgresError) in
                try wire.query("COMMIT", token).result.command
            }
            // After a failed statement whose error the body kept to itself, COMMIT succeeds by rolling back.
            guard command == "COMMIT" else {
                throw PostgresError(
                    .server(sqlState: "25P02"), "the transaction was rolled back, as a statement in it had failed")
            }
        } catch {
            var error = error
            error.commitOutcomeUnknown = error.kind == .connectionLost
            throw error
        }
    }

    func rollback() async throws(PostgresError) {
        try performShielded { wire, token throws(PostgresError) in try wire.script("ROLLBACK", token) }
    }

    private func rollBackAfterFailure() async {
        do throws(PostgresError) {
            if !isBroken { try await rollback() }
        } catch {
            abandon()
        }
    }
}
