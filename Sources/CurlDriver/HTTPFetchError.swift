/// Why a request got no complete answer.
public struct HTTPFetchError: Error, Sendable, CustomStringConvertible {
    /// What went wrong, as far as a caller may want to tell cases apart.
    public enum Kind: Sendable, Equatable {
        /// The URL cannot be read, or is not `http` or `https`.
        case invalidURL
        /// The host's or the proxy's name has no address.
        case unresolved
        /// Nobody answers at the address, or the proxy refuses to lead there.
        case unreachable
        /// The TLS handshake failed: a certificate that is not trusted, expired, of another host.
        case tls
        /// A deadline passed: the one for connecting or the one for everything.
        case timedOut
        /// The decompressed body is larger than the request allows.
        case bodyTooLarge(limit: Int)
        /// The answer's headers are larger than any honest server's.
        case headersTooLarge(limit: Int)
        /// The connection ended before the answer was complete, or its framing is broken.
        case truncated
        /// The body is not what its `Content-Encoding` says.
        case badEncoding
        /// The calling task was cancelled.
        case cancelled
        /// The fetcher was closed.
        case closed
        /// As many requests as the fetcher takes are already in flight.
        case overloaded
        /// Anything else, with libcurl's code.
        case other(code: Int)
    }

    /// What went wrong.
    public var kind: Kind

    /// What was asked of whom and what happened, for a log line. Neither query nor credentials are in it.
    public var message: String

    /// Whether asking again can help.
    public var isTransient: Bool

    /// Describes a failure. Whether it is transient follows from its kind unless said otherwise.
    public init(kind: Kind, message: String, isTransient: Bool? = nil) {
        self.kind = kind
        self.message = message
        self.isTransient = isTransient ?? kind.isUsuallyTransient
    }

    /// The kind and the message on one line.
    public var description: String {
        "\(kind): \(message)"
    }
}

extension HTTPFetchError.Kind {
    fileprivate var isUsuallyTransient: Bool {
        switch self {
        case .unresolved, .unreachable, .timedOut, .truncated, .badEncoding, .overloaded: true
        case .invalidURL, .tls, .bodyTooLarge, .headersTooLarge, .cancelled, .closed, .other: false
        }
    }
}
