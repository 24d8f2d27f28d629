/// The HTTP/1.1 request that asks for a WebSocket, and what its answer says (RFC 6455 section 4.1).
struct WebSocketHandshake {
    enum Progress: Equatable {
        /// The answer is not complete.
        case unfinished
        /// The server switched; `rest` is what came behind its answer: frames already.
        case accepted(rest: [UInt8])
        /// The server answered with another status.
        case refused(Refusal)
    }

    /// An answer other than 101.
    struct Refusal: Equatable {
        var status: Int
        var retryAfter: String?
        /// The start of the body as far as it has come.
        var body: [UInt8] = []
        /// Whether there is no more of the body, or no more is wanted.
        var isComplete = false
    }

    /// All of the answer's headers together, interim answers included.
    static let headLimit = 16 << 10

    /// How much of a refusal's body is kept.
    static let bodyLimit = 2 << 10

    /// The bytes to send.
    let request: [UInt8]

    private let expectedAccept: String
    private let offeredProtocols: [String]
    private var received: [UInt8] = []
    private var refusal: Refusal?
    private var headBytes = 0
    private var bodyLength = bodyLimit
    private var isChunked = false

    /// Writes the request. `key` is for tests; otherwise it is 16 random bytes.
    ///
    /// - Throws: `.invalidRequest` if a header would break the request, or is one of the handshake's own.
    init(
        _ request: WebSocketRequest, to endpoint: WebSocketEndpoint, userAgent: String, key: String = randomKey()
    ) throws(WebSocketError) {
        var lines = ["GET \(endpoint.target) HTTP/1.1"]
        func add(_ name: String, _ value: String?) {
            guard let value, !request.headers.contains(where: { $0.0.equalsIgnoringCase(name) }) else { return }
            lines.append("\(name): \(value)")
        }
        add("Host", endpoint.host)
        add("User-Agent", userAgent)
        add("Authorization", endpoint.authorization)
        add("Upgrade", "websocket")
        add("Connection", "Upgrade")
        add("Sec-WebSocket-Version", "13")
        add("Sec-WebSocket-Key", key)
        for (name, value) in request.headers {
            guard isHeaderField(name, value) else {
                throw WebSocketError(
                    kind: .invalidRequest, message: "\(endpoint.display): a header breaks out of its line")
            }
            guard !Self.ownHeaders.contains(where: { $0.equalsIgnoringCase(name) }) else {
                throw WebSocketError(
                    kind: .invalidRequest, message: "\(endpoint.display): the handshake writes \(name) itself")
            }
            lines.append("\(name): \(value)")
        }
        self.request = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        expectedAccept = Self.accept(of: key)
        offeredProtocols = request.headers.filter { $0.0.equalsIgnoringCase("Sec-WebSocket-Protocol") }
            .flatMap { $0.1.tokens }
    }

    private static let ownHeaders = [
        "Upgrade", "Connection", "Sec-WebSocket-Version", "Sec-WebSocket-Key", "Sec-WebSocket-Extensions",
        "Content-Length", "Transfer-Encoding",
    ]

    private static func randomKey() -> String {
        Base64.text(of: (0..<16).map { _ in .random(in: .min ... .max) })
    }

    /// What a server has to answer to a key.
    static func accept(of key: String) -> String {
        Base64.text(of: SHA1.digest(of: Array("\(key)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)))
    }

    /// Reads on.
    mutating func receive(_ bytes: UnsafeBufferPointer<UInt8>) throws(WebSocketViolation) -> Progress {
        if refusal != nil { return read(body: Array(bytes)) }
        received.append(contentsOf: bytes)
        guard zip(received, "HTTP/1.".utf8).allSatisfy({ $0 == $1 }) else {
            throw .broken("the answer is not HTTP/1")
        }
        while let end = received.headEnd {
            headBytes += end
            guard headBytes <= Self.headLimit else { break }
            let answer = received[..<end]
            let rest = Array(received[end...])
            received = rest
            let status = try Self.status(of: answer)
            // 100 Continue and 103 Early Hints may come before the answer itself.
            if status != 101, status < 200 { continue }
            let headers = Self.headers(of: answer)
            if status == 101 {
                try check(headers)
                return .accepted(rest: rest)
            }
            return refuse(status, headers, rest)
        }
        guard headBytes + received.count <= Self.headLimit else {
            throw .broken("the answer's headers are larger than \(Self.headLimit) bytes")
        }
        return .unfinished
    }

    private static func status(of answer: ArraySlice<UInt8>) throws(WebSocketViolation) -> Int {
        let line = String(decoding: answer.prefix { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1].utf8.count == 3,
            let status = Int(words[1]), (100...599).contains(status)
        else { throw .broken("the answer begins with \(line.prefix(60).debugDescription)") }
        return status
    }

    private static func headers(of answer: ArraySlice<UInt8>) -> HTTPHeaders {
        let buffer = ResponseBuffer(bodyLimit: 0)
        for line in answer.split(separator: UInt8(ascii: "\n")) {
            _ = line.withUnsafeBufferPointer { buffer.receive(headerLine: $0) }
        }
        return buffer.headers
    }

    private func check(_ headers: HTTPHeaders) throws(WebSocketViolation) {
        guard headers["Upgrade"]?.equalsIgnoringCase("websocket") == true else {
            throw .broken("101 without Upgrade: websocket")
        }
        guard headers.all("Connection").flatMap(\.tokens).contains(where: { $0.equalsIgnoringCase("upgrade") }) else {
            throw .broken("101 without Connection: Upgrade")
        }
        guard headers["Sec-WebSocket-Accept"] == expectedAccept else {
            throw .broken("Sec-WebSocket-Accept does not fit the key")
        }
        guard headers.all("Sec-WebSocket-Extensions").allSatisfy(\.tokens.isEmpty) else {
            throw .broken("the server uses an extension that was not offered")
        }
        guard headers["Sec-WebSocket-Protocol"].map(offeredProtocols.contains) ?? true else {
            throw .broken("the server chose a subprotocol that was not offered")
        }
    }

    // MARK: - A refusal's body

    private mutating func refuse(_ status: Int, _ headers: HTTPHeaders, _ rest: [UInt8]) -> Progress {
        refusal = Refusal(status: status, retryAfter: headers["Retry-After"])
        let announced = headers["Content-Length"].flatMap { Int($0) } ?? Self.bodyLimit
        bodyLength = status == 204 || status == 304 ? 0 : max(0, min(announced, Self.bodyLimit))
        isChunked = headers.all("Transfer-Encoding").flatMap(\.tokens).contains { $0.equalsIgnoringCase("chunked") }
        received = []
        return read(body: rest)
    }

    private mutating func read(body bytes: [UInt8]) -> Progress {
        guard var refusal else { return .unfinished }
        received.append(contentsOf: bytes.prefix(Self.bodyLimit - min(received.count, Self.bodyLimit)))
        refusal.body = isChunked ? received.firstChunk : Array(received.prefix(bodyLength))
        refusal.isComplete =
            received.count >= bodyLength || isChunked && received.ends(withText: "0\r\n\r\n")
        self.refusal = refusal
        return .refused(refusal)
    }
}

extension String {
    /// The parts of a comma-separated header value.
    fileprivate var tokens: [String] {
        split(whereSeparator: { $0 == "," || $0 == " " || $0 == "\t" }).map { String($0) }
    }
}

extension [UInt8] {
    /// Where the bytes after the first empty line begin.
    fileprivate var headEnd: Int? {
        guard count >= 4 else { return nil }
        for index in 0...(count - 4) where self[index] == 13 {
            if self[index + 1] == 10, self[index + 2] == 13, self[index + 3] == 10 { return index + 4 }
        }
        return nil
    }

    /// What is there of the first chunk of a chunked body: enough to show.
    fileprivate var firstChunk: [UInt8] {
        guard let lineEnd = firstIndex(of: UInt8(ascii: "\n")) else { return [] }
        let digits = String(decoding: self[..<lineEnd].prefix { $0 != 13 && $0 != UInt8(ascii: ";") }, as: UTF8.self)
        let length = Int(digits, radix: 16) ?? 0
        return Array(self[(lineEnd + 1)...].prefix(Swift.max(0, length)))
    }

    fileprivate func ends(withText text: String) -> Bool {
        suffix(text.utf8.count).elementsEqual(text.utf8)
    }
}
