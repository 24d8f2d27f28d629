extension PostgresPool {
    /// Lends a connection for the time of `body`. An open transaction is rolled back afterwards.
    ///
    /// - Throws: What `body` throws; `poolTimeout`, `connect`, `cancelled` or `closed` if there is no connection.
    public nonisolated(nonsending) func withConnection<T: Sendable>(
        _ body: nonisolated(nonsending) (PostgresConnection) async throws -> T
    ) async throws -> T {
        let connection = try await acquire()
        do {
            let result = try await body(connection)
            await release(connection)
            return result
        } catch {
            await release(connection)
            throw error
        }
    }

    /// Lends a connection with an open transaction: committed when `body` returns, rolled back when it throws.
    ///
    /// - Parameters:
    ///   - retries: How many times `body` may be run again after a conflict with another transaction (40001, 40P01),
    ///     each time after a short random pause. It must then have no other effects.
    public nonisolated(nonsending) func withTransaction<T: Sendable>(
        isolation: PostgresIsolation = .readCommitted, retries: Int = 0,
        _ body: nonisolated(nonsending) (PostgresConnection) async throws -> T
    ) async throws -> T {
        var conflicts = JitteredBackoff()
        while true {
            do {
                return try await withConnection { connection in
                    try await connection.transaction(isolation: isolation, body)
                }
            } catch let error as PostgresError where error.isConflict && conflicts.failuresInARow < retries {
                try await Task.sleep(for: conflicts.failed(random: .random(in: 0...1)))
            }
        }
    }

    /// Runs one statement on any connection.
    @discardableResult
    public func query(_ query: PostgresQuery) async throws(PostgresError) -> PostgresRows {
        let connection = try await acquire()
        do throws(PostgresError) {
            let rows = try await connection.query(query)
            await release(connection)
            return rows
        } catch {
            await release(connection)
            throw error
        }
    }
}
