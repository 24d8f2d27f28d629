import Glibc

/// What every thread may know about a connection without asking the connection's own.
final class ConnectionHealth: Sendable {
    private struct State {
        var isBroken = false
        var isIdle = true
        var isAltered = false
        var socket: Int32 = -1
    }

    private let monitor = Monitor(State())

    var isBroken: Bool { monitor.withLock { $0.isBroken } }

    /// Whether nothing is left over from earlier work: no transaction, no COPY, no changed time limit.
    var isSettled: Bool { monitor.withLock { $0.isIdle && !$0.isAltered && !$0.isBroken } }

    /// Whether the session's time limit is not the configured one.
    var isAltered: Bool { monitor.withLock { $0.isAltered } }

    func setAltered(_ isAltered: Bool) {
        monitor.withLock { $0.isAltered = isAltered }
    }

    /// Whether the server has sent something unasked: its farewell, or a notice. Ask only while nobody uses the
    /// connection; costs one system call.
    var hasUnreadInput: Bool {
        monitor.withLock { state in
            guard state.socket >= 0 else { return false }
            var ready = pollfd(fd: state.socket, events: Int16(POLLIN), revents: 0)
            return poll(&ready, 1, 0) != 0
        }
    }

    func update(from wire: Wire) {
        let (isBroken, isIdle, socket) = (wire.isBroken, wire.isIdle, wire.socket)
        monitor.withLock { state in
            state.isBroken = isBroken
            state.isIdle = isIdle
            state.socket = socket
        }
    }

    func markClosed() {
        monitor.withLock { state in
            state.isBroken = true
            state.socket = -1
        }
    }
}
