import NIOCore

/// An answer: status, header fields, body. Length, date, server and security fields are the server's business.
public struct WebResponse: Sendable {
    /// The HTTP status.
    public var status: Int
    /// Header fields in the order they are sent. A field named here replaces the server's own of that name.
    public var headers: [(String, String)]
    /// What is sent after the head.
    public var body: WebBody

    /// What went wrong while the answer was made; for the log, never for the client.
    public var failure: (any Error)?

    /// Makes an answer.
    public init(status: Int = 200, headers: [(String, String)] = [], body: WebBody = .none) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// An answer of JSON that is already encoded.
    public static func json(_ bytes: [UInt8], status: Int = 200) -> WebResponse {
        WebResponse(status: status, headers: [("Content-Type", "application/json")], body: .bytes(bytes))
    }

    /// An answer of plain text.
    public static func text(_ text: String, status: Int = 200) -> WebResponse {
        WebResponse(
            status: status, headers: [("Content-Type", "text/plain; charset=utf-8")], body: .bytes(Array(text.utf8))
        )
    }

    /// An answer without a body.
    public static func empty(_ status: Int = 204) -> WebResponse {
        WebResponse(status: status)
    }

    /// An answer whose body was encoded and compressed beforehand.
    public static func prepared(_ body: PreparedBody) -> WebResponse {
        WebResponse(body: .prepared(body))
    }

    /// Sends the client elsewhere.
    public static func redirect(to location: String, status: Int = 307) -> WebResponse {
        WebResponse(status: status, headers: [("Location", location)])
    }

    /// The first value of a header field that the handler set; names are case-insensitive.
    public func header(_ name: String) -> String? {
        headers.first { $0.0.lowercased() == name.lowercased() }?.1
    }

    /// Sets a header field, replacing those of the same name.
    public mutating func setHeader(_ name: String, _ value: String) {
        headers.removeAll { $0.0.lowercased() == name.lowercased() }
        headers.append((name, value))
    }

    /// The body's bytes before compression; nil for a stream and where nothing is answered. For tests and for middleware that looks at answers.
    public var bodyBytes: [UInt8]? {
        switch body {
        case .none: []
        case .bytes(let bytes): bytes
        case .prepared(let body): Array(body.identity.readableBytesView)
        case .stream, .download, .disconnect: nil
        }
    }
}

/// The body of an answer.
public enum WebBody: Sendable {
    /// Nothing.
    case none
    /// Bytes made for this answer; compressed on the way if the client accepts it and it pays.
    case bytes([UInt8])
    /// Bytes made once for many answers, with validators and a compressed twin.
    case prepared(PreparedBody)
    /// Bytes that come with time and have no end of their own, such as server-sent events; sent chunked, or plain
    /// where the handler knows their number and sets `Content-Length`, which it then has to keep. The closure is
    /// cancelled when the server shuts down, which ends the body well, and its writes throw once the client is gone.
    /// An error it throws cuts the connection and is logged, unless the client had gone before.
    case stream(@Sendable (WebBodyWriter) async throws -> Void)
    /// Bytes that are too many to have at once and come to an end, such as a table; sent as those of a stream. A
    /// shutdown lets the closure run on until `shutdownTimeout` has passed. One that is cancelled then, whatever it
    /// makes of that, or that throws has its connection cut, so that nobody takes a part for the whole, and that is
    /// logged.
    case download(@Sendable (WebBodyWriter) async throws -> Void)
    /// No answer at all: the connection is cut before a byte of it. For playing a broken server.
    case disconnect
}

/// Where a streaming handler puts its bytes.
public struct WebBodyWriter: Sendable {
    let put: @Sendable (ByteBuffer) async throws -> Void

    /// Sends bytes; suspends while the client is slower than the stream.
    ///
    /// - Throws: an error if the client is gone.
    public func write(_ bytes: [UInt8]) async throws {
        try await put(ByteBuffer(bytes: bytes))
    }
}
