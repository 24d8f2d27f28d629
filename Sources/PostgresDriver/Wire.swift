import CLibpq
import Glibc

/// One libpq connection, driven by the thread that owns it: every call may block that thread, but none for ever.
///
/// libpq is in non-blocking mode throughout; waiting is done here, with deadlines and with an eye on cancellation.
final class Wire {
    let connection: OpaquePointer
    let cancelHandle: CancelHandle
    /// How long the server may stay silent while it owes an answer; nil for any time.
    var silenceLimit: Duration?
    private(set) var isAbandoned = false

    /// How often a waiting thread looks up, and repeats a request to cancel.
    private static let glance: Int32 = 100
    /// How long an answer to a request to cancel is waited for.
    private static let cancelPatience: Duration = .seconds(2)

    /// Takes over an established connection.
    init(_ connection: OpaquePointer, cancelHandle: CancelHandle) {
        self.connection = connection
        self.cancelHandle = cancelHandle
    }

    deinit {
        PQfinish(connection)
    }

    var isBroken: Bool { isAbandoned || PQstatus(connection) == CONNECTION_BAD }

    /// Whether a transaction is open, or a COPY or pipeline unfinished.
    var isIdle: Bool { PQtransactionStatus(connection) == PQTRANS_IDLE }

    var socket: Int32 { PQsocket(connection) }
    var serverVersion: Int { Int(PQserverVersion(connection)) }

    /// Reads what the server sent while nothing was asked; afterwards `isBroken` tells if it has gone.
    func readUnasked() {
        // Twice: the farewell first, then the end of the stream.
        for _ in 0..<2 where PQconsumeInput(connection) == 1 {
            _ = PQisBusy(connection)
        }
    }

    /// Gives the connection up: it is in a state nobody can know.
    func abandon() {
        isAbandoned = true
    }

    /// Waits until the socket is ready; an error gives the connection up.
    func wait(for events: Int32, _ token: CancelToken) throws(PostgresError) {
        let started = ContinuousClock.now
        // Without a socket, the connection was lost just now and the caller's next step says so.
        while socket >= 0 {
            var ready = pollfd(fd: socket, events: Int16(events), revents: 0)
            let count = poll(&ready, 1, Self.glance)
            if count > 0 { return }
            if count < 0 && errno != EINTR {
                abandon()
                throw PostgresError(.connectionLost, "waiting for the server failed: errno \(errno)")
            }
            if let cancelledFor = token.cancelledFor {
                guard cancelledFor < Self.cancelPatience else {
                    abandon()
                    throw PostgresError(.cancelled, "cancelled; the server did not answer and was disconnected")
                }
                token.fire()
            }
            if let silenceLimit, started.duration(to: .now) > silenceLimit {
                abandon()
                let seconds = Double(silenceLimit.milliseconds) / 1000
                throw PostgresError(.connectionLost, "the server did not answer within \(seconds) s")
            }
        }
    }

    /// Sends what libpq has buffered, reading meanwhile so that two full buffers never wait for each other.
    func flush(_ token: CancelToken) throws(PostgresError) {
        while true {
            switch PQflush(connection) {
            case 0: return
            case 1:
                try wait(for: POLLIN | POLLOUT, token)
                // A failure shows in the next flush or result.
                _ = PQconsumeInput(connection)
            default: throw PostgresError(connection: connection)
            }
        }
    }

    /// The next result of the statement under way, nil after the last.
    func nextResult(_ token: CancelToken) throws(PostgresError) -> PostgresResult? {
        while PQisBusy(connection) == 1 {
            try wait(for: POLLIN, token)
            // On a lost connection, PQgetResult has the server's last words, or says that it is lost.
            if PQconsumeInput(connection) == 0 { break }
        }
        return PQgetResult(connection).map { PostgresResult($0) }
    }

    /// Reads all that is left of the statement and returns its last result.
    ///
    /// - Throws: The first error among the results.
    func lastResult(_ token: CancelToken) throws(PostgresError) -> PostgresResult {
        var last: PostgresResult?
        var failure: PostgresError?
        while let result = try nextResult(token) {
            switch result.status {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                last = result
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                failure = failure ?? PostgresError(.protocolViolation, "COPY needs copyIn or copyOut")
                try leaveCopy(result.status, token)
            default:
                failure = failure ?? PostgresError(result: result.pointer, connection: connection)
            }
            if isBroken && failure != nil { break }
        }
        if var failure {
            if PQstatus(connection) == CONNECTION_BAD { failure.becomeConnectionLost() }
            throw failure
        }
        guard let last else {
            abandon()
            throw PostgresError(.protocolViolation, "the server ended the statement without a result")
        }
        return last
    }

    private func leaveCopy(_ status: ExecStatusType, _ token: CancelToken) throws(PostgresError) {
        if status == PGRES_COPY_IN {
            guard PQputCopyEnd(connection, "not expected") == 1 else { throw PostgresError(connection: connection) }
            try flush(token)
        } else {
            // Nothing but the end of the session stops a COPY that sends without having been asked to.
            abandon()
            throw PostgresError(.protocolViolation, "COPY … TO STDOUT needs copyOut")
        }
    }
}

extension PostgresError {
    /// The server said goodbye before it went: keep its words, but the session is over.
    mutating func becomeConnectionLost() {
        if case .server(let sqlState) = kind { reportedState = sqlState }
        kind = .connectionLost
    }
}
