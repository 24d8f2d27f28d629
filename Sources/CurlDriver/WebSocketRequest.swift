/// A WebSocket to open: where, and how much time and memory it may take.
public struct WebSocketRequest: Sendable {
    /// The absolute URL, `ws` or `wss`, already percent-encoded; its path and query are sent as they stand here.
    /// A user and password in it become an `Authorization` header.
    public var url: String

    /// Headers to send besides those the driver writes itself (`Host`, `User-Agent` and the handshake's own).
    /// `Host`, `User-Agent` and `Authorization` may be replaced, the handshake's may not.
    public var headers: [(String, String)]

    /// How long everything until the server's 101 may take together: name, connection, TLS, handshake.
    public var connectTimeout: Duration

    /// The largest message accepted, all its fragments together. A larger one ends the connection before it is read.
    public var maximumMessageBytes: Int

    /// How long the server may send nothing at all. After half of it the driver pings, which a living server answers,
    /// so that only a dead connection ends: as `.timedOut`. nil waits for ever. While the reader is too slow and
    /// reading pauses, the time stands still.
    public var idleTimeout: Duration?

    /// How long the server may refuse to take any byte of what is to be sent, before the connection ends as
    /// `.timedOut`.
    public var sendTimeout: Duration

    /// How much may wait for the reader, in bytes and in events, before no more is read from the socket and TCP makes
    /// the server wait. One message and what one read holds may come on top.
    public var queueLimit: (bytes: Int, events: Int)

    /// Describes a WebSocket; everything but the URL has a default.
    public init(
        url: String,
        headers: [(String, String)] = [],
        connectTimeout: Duration = .seconds(10),
        maximumMessageBytes: Int = 8 << 20,
        idleTimeout: Duration? = .seconds(60),
        sendTimeout: Duration = .seconds(30),
        queueLimit: (bytes: Int, events: Int) = (4 << 20, 4096)
    ) {
        self.url = url
        self.headers = headers
        self.connectTimeout = connectTimeout
        self.maximumMessageBytes = maximumMessageBytes
        self.idleTimeout = idleTimeout
        self.sendTimeout = sendTimeout
        self.queueLimit = queueLimit
    }
}
