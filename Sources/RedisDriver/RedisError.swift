/// What can go wrong between a caller and Redis.
public struct RedisError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure a caller may want to tell apart.
    public enum Kind: Sendable, Equatable {
        /// The URL or a setting is wrong; no connection was tried.
        case configuration
        /// There is no connection at the moment. The command was certainly not sent.
        case connect
        /// The connection broke while the command was under way: the server may or may not have executed it.
        case connectionLost
        /// The deadline passed without a reply: the server may or may not have executed the command.
        case timedOut
        /// The server answered with an error; `code` is its first word, such as `WRONGTYPE` or `NOAUTH`.
        case server(code: String)
        /// The server's bytes are not its protocol, or the command would break the rule of one reply a command.
        case protocolViolation
        /// Too many commands or bytes are under way already. The command was not sent.
        case overloaded
        /// The connection was closed by its owner.
        case closed
        /// The awaiting task was cancelled: the server may or may not have executed the command.
        case cancelled
    }

    public var kind: Kind
    /// One sentence for a log line. It never holds a password or a payload.
    public var message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// Whether asking again later, with nothing changed by anybody, can help.
    public var isTransient: Bool {
        switch kind {
        case .connect, .connectionLost, .timedOut, .overloaded: true
        case .server(let code): Self.transientCodes.contains(code)
        case .configuration, .protocolViolation, .closed, .cancelled: false
        }
    }

    public var description: String {
        switch kind {
        case .server(let code): "redis server error \(code): \(message)"
        default: "redis \(kind): \(message)"
        }
    }

    /// States a server leaves by itself: loading, a long script, a failover, memory or disk running out.
    private static let transientCodes: Set<String> = [
        "LOADING", "BUSY", "TRYAGAIN", "MASTERDOWN", "CLUSTERDOWN", "NOREPLICAS", "READONLY", "OOM", "MISCONF",
    ]
}

extension RedisError {
    /// The error in a server's error reply, `<CODE> <text>`.
    init(serverReply text: String) {
        let (code, message) = Self.split(text)
        if message.hasPrefix("max number of clients") {
            self.init(.connect, "the server has reached its limit of clients")
        } else {
            self.init(.server(code: code), message)
        }
    }

    /// Parts an error reply into its code and the rest; a reply without a code counts as `ERR`.
    static func split(_ text: String) -> (code: String, message: String) {
        let first = text.prefix { $0 != " " }
        let isCode = !first.isEmpty && first.allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber || $0 == "_") }
        guard isCode else { return ("ERR", text) }
        return (String(first), String(text.dropFirst(first.count + 1)))
    }
}
