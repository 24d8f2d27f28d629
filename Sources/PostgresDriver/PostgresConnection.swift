/// A session with Postgres.
///
/// The actor's executor is a thread of its own, on which libpq may block: whoever awaits a query suspends, and the
/// cooperative pool stays free. Cancelling the awaiting task cancels the statement on the server. Use a connection from
/// one task at a time, best lent by a `PostgresPool`; several tasks take turns statement by statement, which is not
/// what a transaction wants.
///
/// A connection that broke stays broken: `isBroken` turns true and every call throws `connectionLost`.
public actor PostgresConnection {
    private nonisolated let executor: ThreadExecutor
    nonisolated let health = ConnectionHealth()
    private nonisolated let configuration: PostgresConfiguration
    private var wire: Wire?
    /// A COPY is under way whose data come from, or go to, code outside of this actor.
    private var isStreaming = false

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private init(_ configuration: PostgresConfiguration, executor: ThreadExecutor) {
        self.configuration = configuration
        self.executor = executor
    }

    deinit {
        executor.stop()
    }

    /// Connects and sets the session's time limits.
    ///
    /// - Throws: `connect`, with the server's SQLSTATE if it answered; `cancelled`.
    public static func connect(
        _ configuration: PostgresConfiguration
    ) async throws(PostgresError) -> PostgresConnection {
        guard let executor = ThreadExecutor.start(named: "pg-connection") else {
            throw PostgresError(.connect, "the system refused a thread for a connection")
        }
        let connection = PostgresConnection(configuration, executor: executor)
        try await connection.dial()
        return connection
    }

    private func dial() async throws(PostgresError) {
        let token = CancelToken()
        let outcome: Result<Wire, PostgresError> = await withTaskCancellationHandler {
            do throws(PostgresError) {
                return .success(try Wire.dial(configuration, token))
            } catch {
                return .failure(error)
            }
        } onCancel: {
            token.cancel()
        }
        let wire = try outcome.get()
        health.update(from: wire)
        self.wire = wire
    }

    /// Whether the connection is beyond use.
    public nonisolated var isBroken: Bool { health.isBroken }

    /// The server's version as a number: 150020 is 15.20; 0 once closed.
    public var serverVersion: Int { wire?.serverVersion ?? 0 }

    /// Runs one statement.
    ///
    /// - Returns: Its rows; none for a statement that returns none, with `affected` set.
    /// - Throws: `server` if the server refuses it, `connectionLost`, `cancelled`, `closed`.
    @discardableResult
    public func query(_ query: PostgresQuery) async throws(PostgresError) -> PostgresRows {
        try await perform { wire, token throws(PostgresError) in try wire.query(query, token) }
    }

    /// Runs several statements, as in a migration; without a BEGIN among them they are one transaction.
    public func script(_ sql: String) async throws(PostgresError) {
        try await perform { wire, token throws(PostgresError) in try wire.script(sql, token) }
    }

    /// Runs several statements in one round trip. The first that fails ends it: the later ones are not run and, outside
    /// of an open transaction, the earlier ones are undone.
    ///
    /// - Throws: The first failure, with its `pipelineIndex`.
    public func pipeline(_ queries: [PostgresQuery]) async throws(PostgresError) -> [PostgresRows] {
        guard !queries.isEmpty else { return [] }
        return try await perform { wire, token throws(PostgresError) in try wire.pipeline(queries, token) }
    }

    /// Changes how long each later statement may run, for as long as this session is in the same hands: a pool sets it
    /// back. `SET statement_timeout` alone would not do, as this side keeps the time too.
    ///
    /// - Parameter timeout: Zero for any time.
    public func setStatementTimeout(_ timeout: Duration) async throws(PostgresError) {
        try await query("SELECT set_config('statement_timeout', \(String(timeout.milliseconds)), false)")
        wire?.silenceLimit = configuration.silenceLimit(statementTimeout: timeout)
        health.setAltered(timeout != configuration.statementTimeout)
    }

    /// Ends the session. Later calls throw `closed`.
    public func close() async {
        wire = nil
        health.markClosed()
    }
}

// MARK: - For the rest of the driver

extension PostgresConnection {
    /// Runs blocking work on the connection; cancelling the task cancels it.
    func perform<T>(
        _ work: (Wire, CancelToken) throws(PostgresError) -> T
    ) async throws(PostgresError) -> T {
        let wire = try readyWire()
        let token = CancelToken()
        let outcome: Result<T, PostgresError> = await withTaskCancellationHandler {
            run(work, on: wire, token)
        } onCancel: {
            token.cancel()
        }
        return try outcome.get()
    }

    /// Runs blocking work that must not be cut short, such as a COMMIT.
    func performShielded<T>(_ work: (Wire, CancelToken) throws(PostgresError) -> T) throws(PostgresError) -> T {
        try run(work, on: try readyWire(), CancelToken()).get()
    }

    /// Runs a conversation between the server and code outside, which suspends in between.
    func converse<T: Sendable>(
        _ work: nonisolated(nonsending) (Wire, CancelToken) async throws(PostgresError) -> T
    ) async throws(PostgresError) -> T {
        let wire = try readyWire()
        let token = CancelToken()
        isStreaming = true
        defer { isStreaming = false }
        let outcome: Result<T, PostgresError> = await withTaskCancellationHandler {
            guard token.arm(wire.cancelHandle) else { return .failure(.beforeStart) }
            do throws(PostgresError) {
                return conclude(.success(try await work(wire, token)), on: wire, token)
            } catch {
                return conclude(.failure(error), on: wire, token)
            }
        } onCancel: {
            token.cancel()
        }
        return try outcome.get()
    }

    private func run<T>(
        _ work: (Wire, CancelToken) throws(PostgresError) -> T, on wire: Wire, _ token: CancelToken
    ) -> Result<T, PostgresError> {
        guard token.arm(wire.cancelHandle) else { return .failure(.beforeStart) }
        do throws(PostgresError) {
            return conclude(.success(try work(wire, token)), on: wire, token)
        } catch {
            return conclude(.failure(error), on: wire, token)
        }
    }

    private func conclude<T>(
        _ outcome: Result<T, PostgresError>, on wire: Wire, _ token: CancelToken
    ) -> Result<T, PostgresError> {
        if !token.disarm() { wire.abandon() }
        health.update(from: wire)
        return outcome.mapError { error in
            guard token.isCancelled, error.kind == .server(sqlState: "57014") else { return error }
            var cancelled = error
            cancelled.kind = .cancelled
            cancelled.reportedState = "57014"
            return cancelled
        }
    }

    private func readyWire() throws(PostgresError) -> Wire {
        guard let wire else { throw PostgresError(.closed, "the connection was closed") }
        guard !wire.isBroken else { throw PostgresError(.connectionLost, "the connection was lost before") }
        guard !isStreaming else { throw PostgresError(.protocolViolation, "a COPY is under way on this connection") }
        return wire
    }

    /// Gives the connection up; a pool replaces it.
    func abandon() {
        guard let wire else { return }
        wire.abandon()
        health.update(from: wire)
    }

    /// Reads what came in unasked; false if that was the end of the session.
    func isStillThere() -> Bool {
        guard let wire else { return false }
        wire.readUnasked()
        health.update(from: wire)
        return !wire.isBroken
    }

    /// Brings the session back into the state a pool lends it in.
    ///
    /// - Returns: False if it cannot, and the connection must go.
    func settle() async -> Bool {
        do throws(PostgresError) {
            guard let wire, !wire.isBroken, !isStreaming else { return false }
            if !wire.isIdle { try await rollback() }
            if health.isAltered {
                let limit = configuration.statementTimeout
                try performShielded { wire, token throws(PostgresError) in
                    try wire.script("SET statement_timeout = \(limit.milliseconds)", token)
                }
                wire.silenceLimit = configuration.silenceLimit(statementTimeout: limit)
                health.setAltered(false)
            }
            return wire.isIdle && !wire.isBroken
        } catch {
            return false
        }
    }
}

extension PostgresError {
    fileprivate static var beforeStart: PostgresError {
        PostgresError(.cancelled, "the task was cancelled before the statement started")
    }
}
