/// Everything that can go wrong between this process and Postgres.
public struct PostgresError: Error, Sendable, CustomStringConvertible {
    /// What failed, for code that must decide what to do next.
    public enum Kind: Sendable, Equatable {
        /// The connection URL cannot be understood.
        case configuration
        /// No connection could be made: refused, timed out, or turned away by the server (see `sqlState`).
        case connect
        /// The connection broke, or its server stayed silent too long. Whether the statement ran is unknown.
        case connectionLost
        /// The server refused the statement; the connection is still good.
        case server(sqlState: String)
        /// A value is not of the type that was asked for.
        case decoding
        /// The task was cancelled, or the other end of a COPY gave up (see `underlying`).
        case cancelled
        /// No connection became free in time.
        case poolTimeout
        /// The connection or the pool was closed before.
        case closed
        /// The driver was used in a way the protocol does not allow, such as `query` with a COPY statement.
        case protocolViolation
    }

    /// What failed.
    public var kind: Kind
    /// What happened, in one sentence; never holds a password.
    public var message: String
    /// The server's elaboration; may quote values of the row concerned.
    public var detail: String?
    /// The server's advice.
    public var hint: String?
    /// The schema of the table concerned.
    public var schema: String?
    /// The table concerned, for constraint and type errors.
    public var table: String?
    /// The column concerned.
    public var column: String?
    /// The constraint that was violated.
    public var constraint: String?
    /// In a pipeline, the position of the query that failed, counted from 0.
    public var pipelineIndex: Int?
    /// True if the connection broke while a COMMIT was under way: the transaction is stored as a whole or not at all,
    /// and only looking will tell which.
    public var commitOutcomeUnknown = false
    /// What the caller's own code threw inside a COPY or while a pool prepared a connection.
    public var underlying: (any Error)?
    var reportedState: String?

    /// An error found on this side of the connection.
    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// The server's five-character code, such as `23505`, if the server had a say.
    public var sqlState: String? {
        if case .server(let sqlState) = kind { sqlState } else { reportedState }
    }

    /// The kind, the message and the names needed to find the place; at most a few hundred characters.
    public var description: String {
        var parts = ["\(label): \(message.prefix(300))"]
        if let pipelineIndex { parts.append("query \(pipelineIndex) of the pipeline") }
        if let table { parts.append("table \(table)") }
        if let constraint { parts.append("constraint \(constraint)") }
        if let detail { parts.append(String(detail.prefix(200))) }
        if let hint { parts.append(String(hint.prefix(200))) }
        if commitOutcomeUnknown { parts.append("whether the transaction was committed is unknown") }
        if let underlying { parts.append("caused by \(String(describing: underlying).prefix(200))") }
        return parts.joined(separator: "; ")
    }

    private var label: String {
        switch kind {
        case .server(let sqlState): "Postgres error \(sqlState)"
        case .configuration: "Postgres configuration"
        case .connect: "Postgres connect" + stateInBrackets
        case .connectionLost: "Postgres connection lost" + stateInBrackets
        case .decoding: "Postgres decoding"
        case .cancelled: "Postgres statement cancelled"
        case .poolTimeout: "Postgres pool timeout"
        case .closed: "Postgres connection closed"
        case .protocolViolation: "Postgres protocol"
        }
    }

    private var stateInBrackets: String {
        reportedState.map { " (\($0))" } ?? ""
    }
}
