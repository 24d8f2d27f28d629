import NIOCore
import NIOHTTP1

/// An answer as it goes onto the wire.
struct OutgoingResponse: Sendable {
    enum Content: Sendable {
        case none
        case buffer(ByteBuffer)
        case stream(Stream)
        case disconnect
    }

    /// A body that is made while it is sent.
    struct Stream: Sendable {
        var produce: @Sendable (WebBodyWriter) async throws -> Void
        /// Whether it has no end of its own, so that the server's is one.
        var isEndless: Bool
    }

    var head: HTTPResponseHead
    var content: Content
}

/// Turns a handler's answer into head and bytes: negotiation, validators, framing and the fields every answer has.
struct ResponseAssembly: Sendable {
    /// What the assembly must know of the request.
    struct Circumstances: Sendable {
        var version = HTTPVersion.http1_1
        var keepsAlive: Bool
    }

    private let serverName: String?
    private let securityHeaders: [(String, String)]
    private let compressionLevel: Int?
    private let date = HTTPDate()

    init(_ configuration: WebServerConfiguration) {
        serverName = configuration.serverName
        securityHeaders = configuration.securityHeaders
        compressionLevel = configuration.compressionLevel
    }

    func assemble(_ response: WebResponse, to request: WebRequest, _ circumstances: Circumstances) -> OutgoingResponse {
        var fields = HTTPHeaders()
        fields.reserveCapacity(response.headers.count + 12)
        for (name, value) in response.headers { fields.add(name: name, value: value) }
        var status = response.status
        var content: OutgoingResponse.Content
        switch response.body {
        case .none: content = .buffer(ByteBuffer())
        case .bytes(let bytes): content = .buffer(negotiate(bytes, request, &fields))
        case .prepared(let body): content = .buffer(negotiate(body, request, &fields))
        case .stream(let produce): content = .stream(.init(produce: produce, isEndless: true))
        case .download(let produce): content = .stream(.init(produce: produce, isEndless: false))
        case .disconnect: content = .disconnect
        }
        if status == 200, isUnchanged(request, response, fields) {
            status = 304
            content = .none
            fields.remove(name: "Content-Type")
            fields.remove(name: "Content-Encoding")
        }
        frame(&content, status: status, request.method, circumstances, &fields)
        addStandingFields(request, circumstances, &fields)
        let head = HTTPResponseHead(
            version: circumstances.version, status: HTTPResponseStatus(statusCode: status), headers: fields
        )
        return OutgoingResponse(head: head, content: content)
    }

    /// Whether the client has this already; the tags to compare are those of both encodings.
    private func isUnchanged(_ request: WebRequest, _ response: WebResponse, _ fields: HTTPHeaders) -> Bool {
        guard request.method == "GET" || request.method == "HEAD" else { return false }
        let sent = request.fields["If-None-Match"]
        guard !sent.isEmpty else { return false }
        if case .prepared(let body) = response.body {
            return ContentNegotiation.matches(sent, anyOf: [body.etag, body.gzipTag])
        }
        return ContentNegotiation.matches(sent, anyOf: fields["ETag"])
    }

    private func negotiate(_ body: PreparedBody, _ request: WebRequest, _ fields: inout HTTPHeaders) -> ByteBuffer {
        fields.addUnlessPresent("Content-Type", body.contentType)
        fields.addUnlessPresent("Cache-Control", body.cacheControl)
        if body.isCompressible { fields.add(name: "Vary", value: "Accept-Encoding") }
        guard body.isCompressible, ContentNegotiation.acceptsGzip(request.fields["Accept-Encoding"]),
            let gzip = body.gzip
        else {
            fields.replaceOrAdd(name: "ETag", value: body.etag)
            return body.identity
        }
        fields.replaceOrAdd(name: "ETag", value: body.gzipTag)
        fields.replaceOrAdd(name: "Content-Encoding", value: "gzip")
        return gzip
    }

    private func negotiate(_ bytes: [UInt8], _ request: WebRequest, _ fields: inout HTTPHeaders) -> ByteBuffer {
        guard let compressionLevel, bytes.count >= Gzip.worthwhileBytes,
            let type = fields.first(name: "Content-Type"), MediaType.isCompressible(type),
            !fields.contains(name: "Content-Encoding")
        else { return ByteBuffer(bytes: bytes) }
        fields.add(name: "Vary", value: "Accept-Encoding")
        guard ContentNegotiation.acceptsGzip(request.fields["Accept-Encoding"]),
            let gzip = Gzip.compress(bytes, level: compressionLevel)
        else { return ByteBuffer(bytes: bytes) }
        fields.replaceOrAdd(name: "Content-Encoding", value: "gzip")
        // A strong tag promises equal bytes; compressed per request, they are only equal in meaning.
        if let tag = fields.first(name: "ETag"), !tag.hasPrefix("W/") {
            fields.replaceOrAdd(name: "ETag", value: "W/\(tag)")
        }
        return gzip
    }

    private func frame(
        _ content: inout OutgoingResponse.Content, status: Int, _ method: String, _ circumstances: Circumstances,
        _ fields: inout HTTPHeaders
    ) {
        let isBodiless = status == 204 || status == 304 || (100..<200).contains(status)
        let announced = fields.first(name: "Content-Length")
        fields.remove(name: "Transfer-Encoding")
        fields.remove(name: "Content-Length")
        switch content {
        case .disconnect: return
        case .buffer(let buffer) where !isBodiless:
            fields.add(name: "Content-Length", value: String(buffer.readableBytes))
            if buffer.readableBytes == 0 { content = .none }
        case .stream where !isBodiless && method != "HEAD":
            if let announced {
                fields.add(name: "Content-Length", value: announced)
            } else if circumstances.version == .http1_1 {
                fields.add(name: "Transfer-Encoding", value: "chunked")
            }
        default: break
        }
        if isBodiless || method == "HEAD" { content = .none }
    }

    private func addStandingFields(
        _ request: WebRequest, _ circumstances: Circumstances, _ fields: inout HTTPHeaders
    ) {
        for (name, value) in securityHeaders { fields.addUnlessPresent(name, value) }
        fields.replaceOrAdd(name: "X-Request-ID", value: request.requestID)
        if let serverName { fields.addUnlessPresent("Server", serverName) }
        fields.addUnlessPresent("Date", date.now)
        if !circumstances.keepsAlive {
            fields.replaceOrAdd(name: "Connection", value: "close")
        } else if circumstances.version == .http1_0 {
            fields.replaceOrAdd(name: "Connection", value: "keep-alive")
        }
    }
}

extension HTTPHeaders {
    fileprivate mutating func addUnlessPresent(_ name: String, _ value: String) {
        if !contains(name: name) { add(name: name, value: value) }
    }
}
