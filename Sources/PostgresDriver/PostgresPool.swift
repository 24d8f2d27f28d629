/// A few connections, lent one task at a time in the order of asking.
///
/// Connections are opened when first needed. One that broke is not lent again but replaced when the next task asks.
/// While the server cannot be reached, attempts are spaced by a jittered backoff of at most a second, and whoever waits
/// gets the transient error of the attempt that failed instead of waiting on.
public final class PostgresPool: Sendable {
    let configuration: PostgresConfiguration
    let state: Monitor<PoolState>
    let connectors = Monitor<[UInt64: Task<Void, Never>]>([:])
    private let acquireTimeout: Duration
    private let onConnect: (@Sendable (PostgresConnection) async throws -> Void)?
    private let ids = Monitor<UInt64>(0)

    /// Opens nothing yet.
    ///
    /// - Parameters:
    ///   - size: How many connections there may be; each has a thread.
    ///   - acquireTimeout: How long a task waits for a connection.
    ///   - onConnect: Prepares each new connection, for instance with temporary tables. If it throws, the connection
    ///     counts as failed.
    public init(
        _ configuration: PostgresConfiguration, size: Int = 4, acquireTimeout: Duration = .seconds(2),
        onConnect: (@Sendable (PostgresConnection) async throws -> Void)? = nil
    ) {
        precondition(size > 0, "A pool without connections serves nobody.")
        self.configuration = configuration
        self.acquireTimeout = acquireTimeout
        self.onConnect = onConnect
        state = Monitor(PoolState(size: size))
    }

    /// What the pool is doing.
    public var statistics: PostgresPoolStatistics {
        state.withLock { $0.statistics }
    }

    /// Closes the idle connections now and the lent ones when they come back. Whoever waits gets `closed`.
    public func close() async {
        let (idle, waiters) = state.withLock { $0.close() }
        waiters.forEach { $0.resume(.failure(.poolClosed)) }
        for connection in idle { await connection.close() }
        let connectors = connectors.withLock { $0.values.map { $0 } }
        for connector in connectors {
            connector.cancel()
            await connector.value
        }
    }

    // MARK: Taking and giving back

    /// A connection that was alive a moment ago.
    func acquire() async throws(PostgresError) -> PostgresConnection {
        let deadline = ContinuousClock.now + acquireTimeout
        while true {
            guard !Task.isCancelled else { throw PostgresError(.cancelled, "cancelled before a connection was taken") }
            let idle = state.withLock { $0.takeIdle() }
            let connection: PostgresConnection
            if let idle { connection = idle } else { connection = try await waitForOne(until: deadline) }
            // Something to read on an idle connection is most likely the server's farewell.
            guard connection.health.hasUnreadInput else { return connection }
            if await connection.isStillThere() { return connection }
            await discard(connection)
        }
    }

    /// Takes a connection back; one that cannot be brought into order is replaced.
    func release(_ connection: PostgresConnection) async {
        var isGood = connection.health.isSettled
        if !isGood { isGood = await connection.settle() }
        if isGood {
            await perform(state.withLock { $0.returned(connection) })
        } else {
            await discard(connection)
        }
    }

    private func discard(_ connection: PostgresConnection) async {
        await connection.close()
        await perform(state.withLock { $0.discarded() })
    }

    private func waitForOne(until deadline: ContinuousClock.Instant) async throws(PostgresError) -> PostgresConnection {
        let id = ids.withLock { id in
            id += 1
            return id
        }
        let outcome = await withTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            return await withCheckedContinuation { continuation in
                let waiter = PoolState.Waiter(id: id) { continuation.resume(returning: $0) }
                self.performNow(self.state.withLock { $0.enqueue(waiter) })
                // Only now: a task that is cancelled already would look for the waiter before it is there.
                group.addTask { await self.limit(waiter: id, until: deadline) }
            }
        }
        return try outcome.get()
    }

    private func limit(waiter id: UInt64, until deadline: ContinuousClock.Instant) async {
        do {
            try await Task.sleep(until: deadline, clock: .continuous)
            expire(waiter: id)
        } catch {
            giveUp(waiter: id)
        }
    }

    private func expire(waiter id: UInt64) {
        let (waiter, failure, size) = state.withLock { state in
            let waiter = state.remove(waiter: id)
            if waiter != nil { state.acquireTimeouts += 1 }
            return (waiter, state.lastFailure, state.size)
        }
        let timeout = PostgresError(
            .poolTimeout, "none of the \(size) connections became free within \(acquireTimeout)")
        waiter?.resume(.failure(failure ?? timeout))
    }

    private func giveUp(waiter id: UInt64) {
        let waiter = state.withLock { $0.remove(waiter: id) }
        waiter?.resume(.failure(PostgresError(.cancelled, "cancelled while waiting for a connection")))
    }

    // MARK: Doing what the state decided

    private func perform(_ next: PoolState.Next) async {
        if case .close(let connection) = next {
            await connection.close()
        } else {
            performNow(next)
        }
    }

    private func performNow(_ next: PoolState.Next) {
        switch next {
        case .nothing, .close: break
        case .hand(let connection, let waiter): waiter.resume(.success(connection))
        case .fail(let waiters, let error): waiters.forEach { $0.resume(.failure(error)) }
        case .connect(let time): startConnector(notBefore: time)
        }
    }

    /// Connecting outlives the task that asked for it, as its waiting time may be shorter; `close` awaits it.
    private func startConnector(notBefore time: ContinuousClock.Instant) {
        connectors.withLock { connectors in
            let id = (connectors.keys.max() ?? 0) + 1
            connectors[id] = Task {
                await self.connect(notBefore: time)
                self.connectors.withLock { $0[id] = nil }
            }
        }
    }

    private func connect(notBefore time: ContinuousClock.Instant) async {
        var connection: PostgresConnection?
        do {
            try await Task.sleep(until: time, clock: .continuous)
            let new = try await PostgresConnection.connect(configuration)
            connection = new
            try await onConnect?(new)
            guard await new.settle() else { throw PostgresError(.connect, "preparing the connection left it unusable") }
            await perform(state.withLock { $0.connected(new) })
            // More may be waiting than connections are on their way.
            performNow(state.withLock { $0.growth() })
        } catch {
            await connection?.close()
            let failure = error as? PostgresError ?? .preparation(failedWith: error)
            performNow(
                state.withLock { $0.failedToConnect(failure, now: .now, random: .random(in: 0...1)) })
        }
    }
}

extension PostgresError {
    fileprivate static func preparation(failedWith error: any Error) -> PostgresError {
        var failure = PostgresError(.connect, "preparing a new connection failed")
        failure.underlying = error
        return failure
    }
}
