import CLibpq

/// What libpq needs to cancel a statement of one connection.
///
/// Unchecked: libpq documents `PQcancel` as safe from any thread, and the object is freed only with the last reference.
final class CancelHandle: @unchecked Sendable {
    private let pointer: OpaquePointer

    init?(connection: OpaquePointer) {
        guard let pointer = PQgetCancel(connection) else { return nil }
        self.pointer = pointer
    }

    deinit {
        PQfreeCancel(pointer)
    }

    /// Blocks until the server has passed the request on, or cannot be reached; a cancelled statement shows it.
    func cancel() {
        var message = [CChar](repeating: 0, count: 256)
        _ = PQcancel(pointer, &message, Int32(message.count))
    }
}

/// Cancels one statement, from any thread, and makes sure that no later statement is hit instead.
final class CancelToken: Sendable {
    private struct State {
        var cancelledAt: ContinuousClock.Instant?
        /// Present while the statement runs.
        var handle: CancelHandle?
        var isFiring = false
    }

    /// How long the end of a request to cancel is waited for before the connection is given up.
    private static let patience: Duration = .seconds(2)
    private let monitor = Monitor(State())

    /// How long ago the statement was cancelled, nil if it was not.
    var cancelledFor: Duration? {
        monitor.withLock { $0.cancelledAt }.map { $0.duration(to: .now) }
    }

    var isCancelled: Bool { cancelledFor != nil }

    /// The statement is about to start. False if it was cancelled before and must not.
    func arm(_ handle: CancelHandle) -> Bool {
        monitor.withLock { state in
            guard state.cancelledAt == nil else { return false }
            state.handle = handle
            return true
        }
    }

    /// Asks the server to end the statement; returns at once.
    func cancel() {
        monitor.withLock { state in
            if state.cancelledAt == nil { state.cancelledAt = .now }
        }
        fire()
    }

    /// Sends the request, again if it was sent before: it is lost on a server that had not yet read the statement.
    func fire() {
        let handle: CancelHandle? = monitor.withLock { state in
            guard let handle = state.handle, !state.isFiring else { return nil }
            state.isFiring = true
            return handle
        }
        guard let handle else { return }
        let started = PosixThread.start(named: "pg-cancel") { [self] in
            handle.cancel()
            monitor.update { $0.isFiring = false }
        }
        if !started { monitor.update { $0.isFiring = false } }
    }

    /// The statement has ended. False if a request may still be under way and could hit the next statement.
    func disarm() -> Bool {
        monitor.withLock { $0.handle = nil }
        return monitor.wait(atMost: Self.patience) { $0.isFiring ? nil : true } ?? false
    }
}
