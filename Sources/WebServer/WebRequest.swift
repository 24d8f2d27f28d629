import NIOCore
import NIOHTTP1

/// One HTTP request, complete: its head is parsed and its body, up to the server's limit, has arrived.
public struct WebRequest: Sendable {
    /// The method in capitals, such as `GET`.
    public var method: String
    /// The whole path, percent-decoded; ``segments`` tells a `/` from an escaped one.
    public var path: String
    /// The path as sent, without the query.
    public var rawPath: String
    /// The path's segments, each percent-decoded; a slash at the end adds none.
    public var segments: [String]
    /// The values the route's pattern named, percent-decoded.
    public var parameters: [String: String] = [:]
    /// The decoded query string.
    public var query: WebQuery
    /// The query string as sent, without the `?`.
    public var rawQuery: String
    /// The pattern of the route that serves the request, such as `/api/historical/{symbol*}`; nil if none does.
    public internal(set) var routePattern: String?
    /// The client's address without a port, such as `127.0.0.1`. Behind a trusted proxy: the address it reports.
    public var remoteAddress: String
    /// Whether the request came over loopback directly. False as soon as a proxy's header says that it speaks for
    /// somebody else, because then loopback says nothing about who asks.
    public var isLoopbackPeer: Bool
    /// The id that appears in the log line and in the `X-Request-ID` of the answer.
    public var requestID: String

    var fields: HTTPHeaders
    var payload: Payload

    /// What is known of the body.
    enum Payload: Sendable {
        case complete(ByteBuffer)
        case longerThan(Int)
    }

    /// Makes a request by hand, for calling a router without a network.
    ///
    /// - Parameter target: path and query as they stand in a request line, percent-encoded.
    /// - Throws: ``WebError`` with status 400 if the target is malformed.
    public init(
        method: String,
        target: String,
        headers: [(String, String)] = [],
        body: [UInt8] = [],
        remoteAddress: String = "127.0.0.1",
        requestID: String = "direct"
    ) throws(WebError) {
        try self.init(
            method: method, target: target, fields: HTTPHeaders(headers),
            peer: remoteAddress, trustsForwarding: false, requestID: requestID
        )
        payload = .complete(ByteBuffer(bytes: body))
    }

    init(
        method: String, target: String, fields: HTTPHeaders, peer: String, trustsForwarding: Bool, requestID: String
    ) throws(WebError) {
        let target = try RequestTarget(target)
        self.method = method
        self.path = target.path
        self.rawPath = target.rawPath
        self.segments = target.segments
        self.query = target.rawQuery.isEmpty ? .empty : try WebQuery(target.rawQuery)
        self.rawQuery = target.rawQuery
        self.fields = fields
        self.requestID = requestID
        self.payload = .complete(ByteBuffer())
        let client = PeerAddress(peer: peer, fields: fields, trustsForwarding: trustsForwarding)
        self.remoteAddress = client.address
        self.isLoopbackPeer = client.isLoopback
    }

    /// A request whose target could not be read; only its refusal needs it.
    init(unreadable method: String, fields: HTTPHeaders, peer: String, requestID: String) {
        self.method = method
        self.path = "/"
        self.rawPath = "/"
        self.segments = []
        self.query = .empty
        self.rawQuery = ""
        self.fields = fields
        self.requestID = requestID
        self.payload = .complete(ByteBuffer())
        self.remoteAddress = peer
        self.isLoopbackPeer = false
    }

    /// The first value of a header field; names are case-insensitive.
    public func header(_ name: String) -> String? {
        fields.first(name: name)
    }

    /// All header fields in the order they were sent.
    public var headers: [(String, String)] {
        fields.map { ($0.name, $0.value) }
    }

    /// The request's body.
    ///
    /// - Parameter limit: the most bytes this caller accepts; the server's own limit applies as well.
    /// - Throws: ``WebError`` with status 413 if the body is longer.
    public func body(upTo limit: Int) async throws -> [UInt8] {
        switch payload {
        case .longerThan(let serverLimit):
            throw WebError.tooLarge(limit: min(limit, serverLimit))
        case .complete(let buffer):
            guard buffer.readableBytes <= limit else { throw WebError.tooLarge(limit: limit) }
            return Array(buffer.readableBytesView)
        }
    }
}
