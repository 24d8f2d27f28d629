/// Everything a server can be told; every limit has a default that suits a public API.
public struct WebServerConfiguration: Sendable {
    /// The address to listen on.
    public var host: String
    /// The port to listen on; 0 takes any free one, which `onReady` then learns.
    public var port: Int
    /// A socket that somebody else has bound and listens on, such as systemd: it is taken in place of host and port, and
    /// clients that come while no server runs wait in its backlog.
    public var inheritedSocket: Int32?
    /// How many connections may wait to be accepted.
    public var backlog = 4096
    /// How many connections may be open at once; more wait in the backlog.
    public var maximumConnections = 10_000
    /// How long a connection may stay open without a request, and an answer without the client reading any of it.
    public var idleTimeout: Duration = .seconds(60)
    /// How long a request's head may take from its first byte to its last, so that slow senders hold nothing.
    public var requestHeadTimeout: Duration = .seconds(10)
    /// How long a request's body may take.
    public var requestBodyTimeout: Duration = .seconds(30)
    /// How long a closed connection may wait for the client to close its side.
    public var lingerTimeout: Duration = .seconds(5)
    /// How long a graceful shutdown waits for requests in flight before it cancels them. Whoever ends the process must be
    /// more patient, for what is cancelled takes a moment to end.
    public var shutdownTimeout: Duration = .seconds(6)
    /// The longest request line and header fields together.
    public var maximumHeaderBytes = 32 << 10
    /// The longest request body that is kept; handlers choose lower limits with ``WebRequest/body(upTo:)``.
    public var maximumBodyBytes = 1 << 20
    /// The zlib level for bodies made per request; nil leaves them uncompressed.
    public var compressionLevel: Int? = 1
    /// The value of the `Server` field; nil sends none.
    public var serverName: String? = "funding-suite"
    /// Fields that every answer carries unless the handler set its own.
    public var securityHeaders: [(String, String)] = Self.securityHeaders()
    /// Peers whose `X-Forwarded-For` is believed, such as `127.0.0.1` for a proxy on this machine.
    public var trustedProxies: Set<String> = []
    /// Called once a request, after the last byte of its answer was handed to the socket, or when there is nobody left to
    /// hand it to.
    public var onRequestFinished: (@Sendable (RequestSummary) -> Void)?

    /// The path that speaks WebSocket, such as `/ws`; nil: none does.
    public var webSocketPath: String?
    /// Whether a page of that origin may open a WebSocket or, with `host` the request's `Host` field, whether it is our
    /// own. Clients that send no `Origin` are no browsers and are let in.
    public var allowedOrigins: @Sendable (_ origin: String, _ host: String?) -> Bool = Self.isSameOrigin
    /// Stands before each upgrade that is otherwise in order, and throws to refuse it: as where a client comes too often.
    public var admitsWebSocket: @Sendable (WebRequest) throws(WebError) -> Void = { _ throws(WebError) in }
    /// The longest message a client may send, in one frame or many.
    public var maximumWebSocketFrame = 16 << 10
    /// How many pings, pongs and later pieces of messages a client may send a second, and five times as many at once
    /// after a pause; whoever sends more is closed with 4008. A message of the greatest length in pieces of a KiB has
    /// fifteen.
    public var webSocketSideFramesPerSecond = 200
    /// How many bytes may wait for a client that reads slowly before it is closed with 1013.
    public var maximumWebSocketQueue = 1 << 20
    /// The kernel's send buffer of a WebSocket in bytes; nil leaves it to the kernel, which may hold megabytes.
    public var webSocketSendBuffer: Int?
    /// How often clients are pinged.
    public var webSocketPingInterval: Duration = .seconds(15)
    /// How long a client may be silent before it is closed with 4002.
    public var webSocketSilenceTimeout: Duration = .seconds(45)
    /// How long a closing handshake may take; a client that still reads what was sent before has more time, up to
    /// twelve times as much.
    public var webSocketCloseTimeout: Duration = .seconds(5)

    /// A configuration with every default.
    public init(host: String = "127.0.0.1", port: Int = 0) {
        self.host = host
        self.port = port
    }

    /// The usual security fields around a content security policy.
    public static func securityHeaders(
        contentSecurityPolicy: String? =
            "default-src 'self'; frame-ancestors 'none'; base-uri 'self'; object-src 'none'"
    ) -> [(String, String)] {
        let fixed = [
            ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin"), ("X-Frame-Options", "DENY"),
        ]
        return fixed + (contentSecurityPolicy.map { [("Content-Security-Policy", $0)] } ?? [])
    }

    /// Whether an origin is the server's own: its authority is what the request's `Host` field names.
    public static let isSameOrigin: @Sendable (_ origin: String, _ host: String?) -> Bool = { origin, host in
        guard let host else { return false }
        return ["http://", "https://"].contains { origin.lowercased() == $0 + host.lowercased() }
    }
}

/// What is known about a request once it is over; for metrics and the access log.
public struct RequestSummary: Sendable {
    /// The method in capitals.
    public var method: String
    /// The pattern of the route, or nil for everything without one; never the path itself, so it may label a metric.
    public var routePattern: String?
    /// The status of the answer.
    public var status: Int
    /// From the complete request to the last byte handed to the socket.
    public var duration: Duration
    /// Whether the body came with time, so that the duration says nothing of how fast the server is.
    public var isStream: Bool
    /// Whether the body broke off since the handler that makes it failed or ran out of time at a shutdown; a client
    /// that went away is not meant.
    public var isCutShort = false
    /// Bytes of body sent, after compression.
    public var bytes: Int
    /// The id in the log and in the answer.
    public var requestID: String
}
