/// Where a Redis server is, who we are to it, and how long to wait for it.
///
/// It prints without its password however it is printed.
public struct RedisConfiguration: Sendable {
    enum Address: Sendable, Equatable {
        case tcp(host: String, port: Int)
        case unix(path: String)
    }

    let address: Address
    /// The ACL user; nil means Redis's default user.
    let user: String?
    let password: String?
    /// The logical database, 0 unless the URL says otherwise.
    public let database: Int

    /// Longest time from the first packet to a connection that is logged in and ready for commands.
    /// Looking up a host name comes before it and has the system resolver's own limit.
    public var connectTimeout: Duration = .seconds(5)
    /// Longest time a command or a whole pipeline may take, from the call to the last reply.
    public var commandTimeout: Duration = .seconds(5)
    /// After this long without a byte from the server, it is asked for a sign of life.
    public var heartbeatInterval: Duration = .seconds(5)
    /// A subscription whose server leaves such a question unanswered for this long counts as lost; so an interruption
    /// is reported at the latest after `heartbeatInterval + heartbeatTimeout`.
    public var heartbeatTimeout: Duration = .seconds(5)
    /// Most commands under way on one connection; more are refused as overloaded.
    public var commandLimit = 65_536
    /// Most bytes of commands under way on one connection; more are refused as overloaded.
    public var byteLimit = 128 << 20

    /// Reads a URL of one of the forms
    ///
    /// - `redis://[user[:password]@]host[:port][/database]`, with `[::1]` for IPv6 and 6379 as the default port,
    /// - `redis+unix://[user[:password]@]/path[?db=database]` or `unix://` likewise.
    ///
    /// Reserved characters are percent-encoded in the user, the password and the path.
    /// - Throws: `RedisError` of the kind `configuration`; its message never shows a part that may be the password.
    public init(url: String) throws(RedisError) {
        let parts = try RedisURL(url)
        address = parts.address
        user = parts.user
        password = parts.password
        database = parts.database
    }

    /// Where the server is, without who we are to it: `127.0.0.1:6379`, or the socket's path.
    public var hostAndPort: String {
        switch address {
        case .tcp(let host, let port): (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
        case .unix(let path): path
        }
    }

    /// The URL with `***` for the password: fit for logs.
    public var safeDescription: String {
        var login = user ?? ""
        if password != nil { login += ":***" }
        if !login.isEmpty { login += "@" }
        switch address {
        case .tcp(let host, let port):
            let shownHost = host.contains(":") ? "[\(host)]" : host
            return "redis://\(login)\(shownHost):\(port)/\(database)"
        case .unix(let path):
            return "redis+unix://\(login)\(path)?db=\(database)"
        }
    }
}

extension RedisConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { safeDescription }
    public var debugDescription: String { safeDescription }
    public var customMirror: Mirror { Mirror(self, children: ["url": safeDescription]) }
}
