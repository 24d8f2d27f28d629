/// Who has which connection and who waits: the decisions of a pool, without their effects.
///
/// Each change returns what is to be done next, once the lock that guards this value is free again.
struct PoolState {
    /// A task that waits for a connection; resumed exactly once, by whoever removes it from the queue.
    struct Waiter {
        let id: UInt64
        let resume: @Sendable (Result<PostgresConnection, PostgresError>) -> Void
    }

    enum Next {
        case nothing
        /// Start an attempt to connect, not before this time.
        case connect(notBefore: ContinuousClock.Instant)
        case hand(PostgresConnection, to: Waiter)
        case fail([Waiter], PostgresError)
        case close(PostgresConnection)
    }

    /// More tasks than this do not wait: the queue would only turn slowness into memory.
    static let mostWaiters = 1024

    let size: Int
    private(set) var isClosed = false
    private(set) var open = 0
    private(set) var connecting = 0
    private(set) var idle: [PostgresConnection] = []
    private(set) var waiters: [Waiter] = []
    private(set) var lastFailure: PostgresError?
    private(set) var connects = 0
    private(set) var failures = 0
    var acquireTimeouts = 0
    private var backoff = JitteredBackoff()
    private var notBefore = ContinuousClock.now

    init(size: Int) {
        self.size = size
    }

    /// The connection used last, as its caches are the warmest.
    mutating func takeIdle() -> PostgresConnection? {
        waiters.isEmpty ? idle.popLast() : nil
    }

    mutating func enqueue(_ waiter: Waiter) -> Next {
        guard !isClosed else { return .fail([waiter], .poolClosed) }
        guard waiters.count < Self.mostWaiters else {
            return .fail([waiter], PostgresError(.poolTimeout, "\(waiters.count) tasks already wait for a connection"))
        }
        if waiters.isEmpty, let connection = idle.popLast() { return .hand(connection, to: waiter) }
        waiters.append(waiter)
        return growth()
    }

    mutating func remove(waiter id: UInt64) -> Waiter? {
        waiters.firstIndex { $0.id == id }.map { waiters.remove(at: $0) }
    }

    /// A lent connection came back in good order.
    mutating func returned(_ connection: PostgresConnection) -> Next {
        guard !isClosed else {
            open -= 1
            return .close(connection)
        }
        guard waiters.isEmpty else { return .hand(connection, to: waiters.removeFirst()) }
        idle.append(connection)
        return .nothing
    }

    /// A lent connection turned out to be lost.
    mutating func discarded() -> Next {
        open -= 1
        return growth()
    }

    mutating func connected(_ connection: PostgresConnection) -> Next {
        connecting -= 1
        open += 1
        connects += 1
        backoff.succeeded()
        lastFailure = nil
        return returned(connection)
    }

    mutating func failedToConnect(_ error: PostgresError, now: ContinuousClock.Instant, random: Double) -> Next {
        connecting -= 1
        guard !isClosed else { return .nothing }
        failures += 1
        lastFailure = error
        notBefore = now + backoff.failed(random: random)
        // With connections in use, one of them may yet be returned to who waits.
        guard open == 0, connecting == 0 else { return growth() }
        defer { waiters = [] }
        return .fail(waiters, error)
    }

    /// After a hand-over or a connect: whether the queue asks for another connection.
    mutating func growth() -> Next {
        guard !isClosed, waiters.count > connecting, open + connecting < size else { return .nothing }
        // Towards a server that does not answer, one attempt at a time will do.
        guard backoff.failuresInARow == 0 || connecting == 0 else { return .nothing }
        connecting += 1
        return .connect(notBefore: notBefore)
    }

    /// - Returns: The connections to close and the waiters to fail.
    mutating func close() -> (idle: [PostgresConnection], waiters: [Waiter]) {
        defer {
            isClosed = true
            open -= idle.count
            idle = []
            waiters = []
        }
        return (idle, waiters)
    }

    var statistics: PostgresPoolStatistics {
        PostgresPoolStatistics(
            size: size, open: open, idle: idle.count, waiting: waiters.count, acquireTimeouts: acquireTimeouts,
            connects: connects, failures: failures)
    }
}

extension PostgresError {
    static var poolClosed: PostgresError { PostgresError(.closed, "the pool was closed") }
}
