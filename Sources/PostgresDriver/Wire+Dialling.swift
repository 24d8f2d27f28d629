import CLibpq
import Glibc

extension Wire {
    /// Connects, trying the hosts of the URL in turn as libpq does. Blocks the thread.
    ///
    /// libpq's own `connect_timeout` counts whole seconds from two and cannot be cancelled, so the time is kept here:
    /// a host that stays silent is left out and the others are tried again.
    static func dial(_ configuration: PostgresConfiguration, _ token: CancelToken) throws(PostgresError) -> Wire {
        var options = configuration.options
        while true {
            let dialling = try Dialling(options, configuration)
            if let wire = try dialling.finish(token) { return wire }
            guard let rest = configuration.options(without: dialling.hostPosition, from: options) else {
                let seconds = Double(configuration.connectTimeout.milliseconds) / 1000
                throw PostgresError(
                    .connect,
                    "cannot connect to \(configuration.safeDescription): no answer within \(seconds) s")
            }
            options = rest
        }
    }
}

/// One attempt to connect.
private final class Dialling {
    private var connection: OpaquePointer?
    private let options: [String: String]
    private let configuration: PostgresConfiguration

    /// How often the thread looks whether the attempt was cancelled.
    private static let glance: Int64 = 50

    init(_ options: [String: String], _ configuration: PostgresConfiguration) throws(PostgresError) {
        self.options = options
        self.configuration = configuration
        let keywords = options.keys.map { strdup($0) }
        let values = options.values.map { strdup($0) }
        defer { (keywords + values).forEach { free($0) } }
        connection = PQconnectStartParams(
            keywords.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 0)
        guard let connection else { throw PostgresError(.connect, "out of memory") }
        pgdriver_discard_notices(connection)
        // Verbose, so that the message of a refusal holds its SQLSTATE: there is no result to ask for it.
        PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
    }

    deinit {
        PQfinish(connection)
    }

    /// Which of the listed hosts is being tried.
    var hostPosition: Int {
        let host = connection.flatMap { PQhost($0) }.map { String(cString: $0) } ?? ""
        let port = connection.flatMap { PQport($0) }.map { String(cString: $0) } ?? ""
        let hosts = list("host").isEmpty ? list("hostaddr") : list("host")
        let ports = list("port")
        let position = hosts.indices.first { position in
            hosts[position] == host && (ports.count != hosts.count || ports[position] == port)
        }
        return position ?? 0
    }

    private func list(_ key: String) -> [String] {
        options[key]?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? []
    }

    /// Sees the attempt through; nil if the time is over.
    func finish(_ token: CancelToken) throws(PostgresError) -> Wire? {
        guard let connection else { return nil }
        var host = hostPosition
        var started = ContinuousClock.now
        var wanted = PGRES_POLLING_WRITING
        if PQstatus(connection) == CONNECTION_BAD { wanted = PGRES_POLLING_FAILED }
        while wanted != PGRES_POLLING_OK {
            guard wanted != PGRES_POLLING_FAILED else {
                throw PostgresError(refused: connection, by: configuration.safeDescription)
            }
            if hostPosition != host {
                host = hostPosition
                started = .now
            }
            let rest = (configuration.connectTimeout - started.duration(to: .now)).milliseconds
            guard rest > 0 else { return nil }
            guard !token.isCancelled else { throw PostgresError(.cancelled, "connecting was cancelled") }
            let events = wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT
            var ready = pollfd(fd: PQsocket(connection), events: Int16(events), revents: 0)
            let count = poll(&ready, 1, Int32(min(rest, Self.glance)))
            if count > 0 { wanted = PQconnectPoll(connection) }
        }
        return try handOver(connection, token)
    }

    private func handOver(_ connection: OpaquePointer, _ token: CancelToken) throws(PostgresError) -> Wire {
        PQsetErrorVerbosity(connection, PQERRORS_DEFAULT)
        guard PQsetnonblocking(connection, 1) == 0, let handle = CancelHandle(connection: connection) else {
            throw PostgresError(refused: connection, by: configuration.safeDescription)
        }
        self.connection = nil
        let wire = Wire(connection, cancelHandle: handle)
        wire.silenceLimit = configuration.connectTimeout
        do throws(PostgresError) {
            try wire.script(configuration.sessionSettings, token)
        } catch {
            var refusal = PostgresError(.connect, "cannot prepare the session: \(error.message)")
            refusal.reportedState = error.sqlState
            throw refusal
        }
        wire.silenceLimit = configuration.silenceLimit(statementTimeout: configuration.statementTimeout)
        return wire
    }
}

extension PostgresConfiguration {
    /// How much later than the server this side gives up.
    private static let silenceGrace: Duration = .milliseconds(500)

    /// Statements rather than startup options, which a pooler in between refuses. The keepalives let the server notice
    /// a dead client, and release its locks, within nine seconds too. UTC, so that a day begins when it does elsewhere.
    var sessionSettings: String {
        """
        SET statement_timeout = \(statementTimeout.milliseconds); SET lock_timeout = \(lockTimeout.milliseconds);
        SET tcp_keepalives_idle = 3; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3;
        SET TimeZone = 'UTC'
        """
    }

    func silenceLimit(statementTimeout: Duration) -> Duration? {
        statementTimeout > .zero ? statementTimeout + Self.silenceGrace : nil
    }
}
