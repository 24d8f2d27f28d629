import CLibpq

/// Where Postgres is and how long to wait for it.
public struct PostgresConfiguration: Sendable {
    /// How long connecting may take, for each host of the URL; `connect_timeout` in the URL overrides it.
    public let connectTimeout: Duration
    /// How long one statement may run, zero for any time. The server ends it (57014); should the server fall silent,
    /// the connection is given up half a second later.
    public let statementTimeout: Duration
    /// How long one statement may wait for a lock (55P03), zero for any time.
    public let lockTimeout: Duration
    let options: [String: String]

    /// Reads the URL as libpq does: several hosts, `target_session_attrs`, `sslmode`, `passfile` and all other
    /// settings are passed on, and a `host=… dbname=…` string will do as well.
    ///
    /// - Parameters:
    ///   - url: `postgresql://user:password@host:port/database?setting=value`
    ///   - applicationName: What `pg_stat_activity` shows, unless the URL has an `application_name`.
    /// - Throws: `configuration` if the URL is malformed; the message never quotes it, as it may hold a password.
    public init(
        url: String, applicationName: String, connectTimeout: Duration = .seconds(5),
        statementTimeout: Duration = .seconds(10), lockTimeout: Duration = .seconds(5)
    ) throws(PostgresError) {
        var options = try Self.parse(url)
        let ports = options["port"]?.split(separator: ",") ?? []
        guard ports.allSatisfy({ UInt16($0).map { $0 > 0 } ?? false }) else {
            throw PostgresError(.configuration, "the port in the database URL is not a number from 1 to 65535")
        }
        self.connectTimeout =
            options.removeValue(forKey: "connect_timeout").flatMap(Int.init).map { .seconds($0) } ?? connectTimeout
        self.statementTimeout = statementTimeout
        self.lockTimeout = lockTimeout
        // Nine seconds without a sign of life end a connection, be it idle, waiting or sending.
        let defaults = [
            "keepalives": "1", "keepalives_idle": "3", "keepalives_interval": "2", "keepalives_count": "3",
            "tcp_user_timeout": "9000", "fallback_application_name": applicationName,
        ]
        options.merge(defaults) { given, _ in given }
        options["client_encoding"] = "UTF8"
        self.options = options
    }

    /// Who connects where, without the password: `funding@db1,db2/exchange_data`.
    public var safeDescription: String {
        let host = options["host"] ?? options["hostaddr"] ?? "the local socket"
        let port = options["port"].map { ":\($0)" } ?? ""
        let user = options["user"].map { "\($0)@" } ?? ""
        let database = options["dbname"].map { "/\($0)" } ?? ""
        return user + host + port + database
    }

    /// The options with one host of a list left out; nil if there was only that one.
    func options(without host: Int, from options: [String: String]) -> [String: String]? {
        var remaining = options
        for key in ["host", "hostaddr", "port"] {
            guard let value = options[key] else { continue }
            var parts = value.split(separator: ",", omittingEmptySubsequences: false)
            // One port may stand for all hosts.
            if key == "port" && parts.count == 1 { continue }
            guard parts.count > 1, parts.indices.contains(host) else { return nil }
            parts.remove(at: host)
            remaining[key] = parts.joined(separator: ",")
        }
        return remaining == options ? nil : remaining
    }

    private static func parse(_ url: String) throws(PostgresError) -> [String: String] {
        guard !url.isEmpty, !url.utf8.contains(0) else {
            throw PostgresError(.configuration, "the database URL is empty")
        }
        var message: UnsafeMutablePointer<CChar>?
        guard let parsed = PQconninfoParse(url, &message) else {
            defer { PQfreemem(message) }
            // Behind the first quotation mark libpq repeats parts of the URL, which may be the password.
            let reason = message.map { String(cString: $0).prefix { $0 != "\"" && !$0.isNewline } } ?? ""
            let words = reason.split(separator: " ").joined(separator: " ")
            throw PostgresError(.configuration, "the database URL is malformed: \(words)")
        }
        defer { PQconninfoFree(parsed) }
        var options: [String: String] = [:]
        var option = parsed
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { options[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return options
    }
}
