/// Why a WebSocket could not be opened, or is no more.
public struct WebSocketError: Error, Sendable, CustomStringConvertible {
    /// What went wrong, as far as a caller may want to tell cases apart.
    public enum Kind: Sendable, Equatable {
        /// The URL cannot be read or is not `ws` or `wss`, or a header could not be sent.
        case invalidRequest
        /// The name has no address, nobody answers there, or the proxy refuses to lead there.
        case unreachable
        /// The TLS handshake failed: a certificate that is not trusted, expired, of another host.
        case tls
        /// The connection was not ready in time, the server fell silent, or it took nothing of what was sent.
        case timedOut
        /// The server answered the handshake with another status than 101.
        case refused(status: Int)
        /// The server's handshake or frames break the protocol.
        case protocolViolation
        /// The server announced a message larger than the request allows.
        case tooLarge
        /// One side closed in order. The code is the closing side's, nil if it gave none.
        case closed(code: Int?, reason: String)
        /// The connection broke, or ended without a close frame.
        case connectionLost
        /// The calling task was cancelled.
        case cancelled
        /// The fetcher was closed.
        case fetcherClosed
        /// As many connections as the fetcher takes are open, or too much waits to be sent on this one.
        case overloaded
    }

    /// What went wrong.
    public var kind: Kind

    /// Which WebSocket and what happened, for a log line. Neither query nor credentials are in it.
    public var message: String

    /// Whether connecting again can help.
    public var isTransient: Bool

    /// The `Retry-After` header of a refusal, as it was sent.
    public var retryAfter: String?

    /// The start of a refusal's body, 2 KiB at most; empty if there was none.
    public var body: [UInt8]

    /// Describes a failure. Whether it is transient follows from its kind unless said otherwise.
    public init(
        kind: Kind, message: String, isTransient: Bool? = nil, retryAfter: String? = nil, body: [UInt8] = []
    ) {
        self.kind = kind
        self.message = message
        self.isTransient = isTransient ?? kind.isUsuallyTransient
        self.retryAfter = retryAfter
        self.body = body
    }

    /// The kind and the message on one line.
    public var description: String {
        "\(kind): \(message)"
    }
}

extension WebSocketError.Kind {
    fileprivate var isUsuallyTransient: Bool {
        switch self {
        case .unreachable, .timedOut, .protocolViolation, .closed, .connectionLost, .overloaded: true
        case .refused(let status): status == 408 || status == 429 || status >= 500
        case .invalidRequest, .tls, .tooLarge, .cancelled, .fetcherClosed: false
        }
    }
}
