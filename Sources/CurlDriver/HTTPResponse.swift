/// A complete answer, whatever its status: 404 and 500 are answers too, not errors.
public struct HTTPResponse: Sendable {
    /// The status code, as in 200.
    public var status: Int

    /// The final answer's headers; those of interim answers and of redirects that were followed are gone.
    public var headers: HTTPHeaders

    /// The whole body, decompressed. libcurl does not notice a gzip stream that stops early inside correct framing, so
    /// a reader of the body still has to refuse half a document.
    public var body: [UInt8]

    /// How long the parts of the exchange took.
    public var timing: HTTPTiming

    /// Headers and body as they came over the wire, before decompression and without TLS.
    public var wireBytes: Int

    /// Puts an answer together; the driver does, and so may a stand-in for it.
    public init(
        status: Int,
        headers: HTTPHeaders = HTTPHeaders(),
        body: [UInt8] = [],
        timing: HTTPTiming = HTTPTiming(),
        wireBytes: Int = 0
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.timing = timing
        self.wireBytes = wireBytes
    }
}

/// Where a request's time went. `connect`, `firstByte` and `total` count from the end of `queued`.
public struct HTTPTiming: Sendable, Equatable {
    /// Waiting for one of the host's connections to become free.
    public var queued: Duration

    /// Until the connection was ready, TLS included; next to nothing on a connection used before.
    public var connect: Duration

    /// Until the first byte of the answer.
    public var firstByte: Duration

    /// Until the last byte of the answer.
    public var total: Duration

    /// The parts one by one, zero where not known.
    public init(
        queued: Duration = .zero,
        connect: Duration = .zero,
        firstByte: Duration = .zero,
        total: Duration = .zero
    ) {
        self.queued = queued
        self.connect = connect
        self.firstByte = firstByte
        self.total = total
    }
}
