import Testing

@testable import CurlDriver

/// What is asked, what is answered, and the two old algorithms between them.
@Suite struct WebSocketHandshakeTests {
    /// RFC 3174 section 7.3, FIPS 180 and the lengths around a block's end.
    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
        (String(repeating: "a", count: 55), "c1c8bbdc22796e28c0e15163d20899b65621d65a"),
        (String(repeating: "a", count: 56), "c2db330f6083854c99d4b5bfb6e8f29f201be699"),
        (String(repeating: "a", count: 64), "0098ba824b5c16427bd7a1122a5a442a25ec644d"),
        (String(repeating: "a", count: 1_000), "291e9a6c66994949b57ba5e650361e98fc36b1ba"),
        (String(repeating: "01234567", count: 80), "dea356a2cddd90c7a7ecedc5ebb563934f460452"),
    ])
    func sha1IsAsPublished(message: String, digest: String) {
        let hex = SHA1.digest(of: Array(message.utf8)).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        #expect(hex.joined() == digest)
    }

    /// RFC 4648 section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func base64IsAsPublished(text: String, encoded: String) {
        #expect(Base64.text(of: Array(text.utf8)) == encoded)
        #expect(Base64.text(of: [0xFB, 0xFF, 0xFE]) == "+//+")
    }

    /// RFC 6455 section 1.3.
    @Test func theAcceptValueIsAsPublished() {
        #expect(WebSocketHandshake.accept(of: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    private static func handshake(
        _ url: String = "ws://example.com/", _ headers: [(String, String)] = []
    ) throws -> WebSocketHandshake {
        try WebSocketHandshake(
            WebSocketRequest(url: url, headers: headers), to: WebSocketEndpoint(of: url), userAgent: "tests/1",
            key: "dGhlIHNhbXBsZSBub25jZQ==")
    }

    private static func request(_ url: String, _ headers: [(String, String)] = []) throws -> ReceivedRequest {
        ReceivedRequest(head: String(decoding: try handshake(url, headers).request, as: UTF8.self))
    }

    @Test(arguments: [
        ("ws://example.com", "/", "example.com"),
        ("WSS://example.com?a=1", "/?a=1", "example.com"),
        ("ws://example.com:80/x", "/x", "example.com"),
        ("wss://example.com:443/x", "/x", "example.com"),
        ("wss://example.com:8443/x", "/x", "example.com:8443"),
        ("ws://[::1]:9000/", "/", "[::1]:9000"),
        (
            "wss://example.com/a/../b%2f%2F/%7e?streams=btc@trade/eth%40x&t=%5B1%5D#part",
            "/a/../b%2f%2F/%7e?streams=btc@trade/eth%40x&t=%5B1%5D", "example.com"
        ),
    ])
    func pathAndQueryAreSentAsWritten(url: String, target: String, host: String) throws {
        let request = try Self.request(url)
        #expect(request.line == "GET \(target) HTTP/1.1")
        #expect(request.header("host") == host)
        #expect(request.header("user-agent") == "tests/1")
        #expect(request.header("upgrade") == "websocket")
        #expect(request.header("connection") == "Upgrade")
        #expect(request.header("sec-websocket-version") == "13")
        #expect(request.header("sec-websocket-extensions") == nil)
        #expect(request.header("authorization") == nil)
    }

    @Test func credentialsBecomeAHeaderAndAreShownNowhere() throws {
        let url = "ws://Aladdin:open%20sesame@example.com/path?key=secret"
        #expect(try Self.request(url).header("authorization") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        #expect(try WebSocketEndpoint(of: url).display == "ws://example.com/path")
        let own = try Self.request(url, [("Authorization", "Bearer x")])
        #expect(own.head.components(of: "uthorization").count == 2)
        #expect(own.header("authorization") == "Bearer x")
    }

    @Test func keysAreRandom() throws {
        let request = WebSocketRequest(url: "ws://example.com/")
        let endpoint = try WebSocketEndpoint(of: request.url)
        let keys = try (0..<50).map { _ in
            let bytes = try WebSocketHandshake(request, to: endpoint, userAgent: "").request
            return ReceivedRequest(head: String(decoding: bytes, as: UTF8.self)).header("sec-websocket-key")
        }
        #expect(Set(keys).count == 50)
        #expect(keys.allSatisfy { $0?.utf8.count == 24 })
    }

    @Test(arguments: [
        "", "example.com", "http://example.com/", "ws:/example.com", "ws://", "ws://exa mple.com/", "ws://e.com/ü",
        "ws://example.com:99999/", "ws://example.com/\u{0}", "ws://e.com/\r\nX: y",
    ])
    func aBadURLIsRefused(url: String) {
        #expect(throws: WebSocketError.self) { try WebSocketEndpoint(of: url) }
    }

    @Test(arguments: [
        ("X-A", "1\r\nX-B: 2"), ("X-A: 1\r\nX-B", "2"), ("", "1"), ("X A", "1"), ("upgrade", "h2c"),
        ("Sec-WebSocket-Key", "mine"), ("Sec-WebSocket-Extensions", "permessage-deflate"), ("Content-Length", "5"),
    ])
    func aHeaderThatWouldBreakTheRequestIsRefused(name: String, value: String) {
        #expect(throws: WebSocketError.self) { try Self.handshake("ws://example.com/", [(name, value)]) }
    }

    // MARK: - Answers

    private static let accepted = [
        "HTTP/1.1 101 Switching Protocols", "Upgrade: WebSocket", "connection: keep-alive, upgrade",
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    ]

    private static func outcome(
        _ lines: [String], _ body: String = "", piece: Int = .max, _ headers: [(String, String)] = []
    ) throws -> WebSocketHandshake.Progress {
        var handshake = try handshake("ws://example.com/", headers)
        var rest = Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)[...]
        var progress = WebSocketHandshake.Progress.unfinished
        while !rest.isEmpty, progress == .unfinished || progress.isRefusal {
            let bytes = Array(rest.prefix(piece))
            rest = rest.dropFirst(bytes.count)
            progress = try bytes.withUnsafeBufferPointer { try handshake.receive($0) }
        }
        return progress
    }

    @Test(arguments: [1, 2, 7, .max])
    func framesMayFollowTheAnswerDirectly(piece: Int) throws {
        let progress = try Self.outcome(Self.accepted, "rest", piece: piece)
        guard case .accepted(let rest) = progress else {
            Issue.record("\(progress)")
            return
        }
        #expect("rest".utf8.starts(with: rest))
        if piece == .max { #expect(rest == Array("rest".utf8)) }
    }

    @Test func anInterimAnswerIsPassedOver() throws {
        let lines = ["HTTP/1.1 103 Early Hints", "Link: </x>", "", "HTTP/1.1 100 Continue", ""] + Self.accepted
        #expect(try Self.outcome(lines) == .accepted(rest: []))
    }

    @Test(arguments: [
        ("SSH-2.0-OpenSSH", 0), ("HTTP/1.1 abc Nonsense", 0), ("HTTP/2 101 x", 0), ("HTTP/1.1 101 no upgrade", 1),
        ("HTTP/1.1 101 no connection", 2), ("HTTP/1.1 101 no accept", 3),
    ])
    func aBrokenAnswerIsAViolation(firstLine: String, without: Int) throws {
        var lines = Self.accepted
        lines.remove(at: without)
        lines = without == 0 ? [firstLine] + lines : lines
        #expect(throws: WebSocketViolation.self) { try Self.outcome(lines) }
    }

    @Test(arguments: [
        "Sec-WebSocket-Extensions: permessage-deflate", "Sec-WebSocket-Protocol: chat",
        "X-Large: \(String(repeating: "x", count: 16 << 10))",
    ])
    func whatWasNotOfferedIsAViolation(line: String) throws {
        #expect(throws: WebSocketViolation.self) { try Self.outcome(Self.accepted + [line]) }
    }

    @Test func anOfferedSubprotocolIsTaken() throws {
        let lines = Self.accepted + ["Sec-WebSocket-Protocol: chat"]
        let offer = [("Sec-WebSocket-Protocol", "superchat, chat")]
        #expect(try Self.outcome(lines, "", offer) == .accepted(rest: []))
    }

    @Test(arguments: [1, 5, .max])
    func aRefusalKeepsItsStatusAndTheStartOfItsBody(piece: Int) throws {
        let head = ["HTTP/1.1 429 Too Many Requests", "Retry-After: 30", "Content-Length: 4"]
        let expected = WebSocketHandshake.Refusal(
            status: 429, retryAfter: "30", body: Array("slow".utf8), isComplete: true)
        #expect(try Self.outcome(head, "slow", piece: piece) == .refused(expected))
    }

    @Test func aRefusalsBodyIsBoundedAndItsChunksAreUndone() throws {
        let long = String(repeating: "x", count: 100_000)
        guard case .refused(let large) = try Self.outcome(["HTTP/1.1 403 Forbidden"], long, piece: 1000) else {
            Issue.record("not refused")
            return
        }
        #expect(large.body.count == WebSocketHandshake.bodyLimit)
        #expect(large.isComplete)
        let chunked = try Self.outcome(
            ["HTTP/1.1 403 Forbidden", "Transfer-Encoding: chunked"], "5;x=y\r\n<html\r\n0\r\n\r\n", piece: 3)
        #expect(chunked == .refused(.init(status: 403, body: Array("<html".utf8), isComplete: true)))
    }
}

extension WebSocketHandshake.Progress {
    fileprivate var isRefusal: Bool {
        if case .refused(let refusal) = self { !refusal.isComplete } else { false }
    }
}

extension String {
    fileprivate func components(of separator: String) -> [Substring] {
        split(separator: separator, omittingEmptySubsequences: false)
    }
}
