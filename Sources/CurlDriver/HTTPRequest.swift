/// One HTTP request: what to send, and how much time and memory its answer may take.
public struct HTTPRequest: Sendable {
    /// What is asked of the resource.
    public enum Method: String, Sendable, CaseIterable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    /// The request's method.
    public var method: Method

    /// The absolute URL, `http` or `https`, already percent-encoded.
    public var url: String

    /// Headers to send besides those the driver writes itself (`Host`, `User-Agent`, `Accept`, `Accept-Encoding`,
    /// `Content-Length`). One given here replaces the driver's.
    public var headers: [(String, String)]

    /// The bytes to send, exactly as they are. No `Content-Type` is invented for them.
    public var body: [UInt8]?

    /// How long resolving the name, connecting and the TLS handshake may take together.
    public var connectTimeout: Duration

    /// How long everything may take: waiting for a free connection, connecting, sending, receiving.
    public var totalTimeout: Duration

    /// The largest answer accepted, counted after decompression.
    public var maximumBodyBytes: Int

    /// Whether redirects are followed, at most five, to `http` and `https` only. A redirect is otherwise an answer
    /// like any other. Headers given here also go to the new host, except `Authorization` and `Cookie`.
    public var followsRedirects: Bool

    /// Describes a request; everything but the URL has a default.
    public init(
        method: Method = .get,
        url: String,
        headers: [(String, String)] = [],
        body: [UInt8]? = nil,
        connectTimeout: Duration = .seconds(5),
        totalTimeout: Duration = .seconds(10),
        maximumBodyBytes: Int = 32 << 20,
        followsRedirects: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.connectTimeout = connectTimeout
        self.totalTimeout = totalTimeout
        self.maximumBodyBytes = maximumBodyBytes
        self.followsRedirects = followsRedirects
    }
}
