import Testing
import WebServer

@Suite struct WebSocketTests {
    /// Echoes; `bye` makes the handler return, `close` closes with a code of its own.
    private static let echo: @Sendable (WebSocketClient) async -> Void = { client in
        for await text in client.incoming {
            switch text {
            case "bye": return
            case "close": client.close(code: 4001, reason: "asked to")
            case "query": client.send(WebSocketFrame(Array(client.query.list("channels").joined(separator: "|").utf8)))
            default: client.send(WebSocketFrame(Array(text.utf8)))
            }
        }
    }

    @Test(arguments: [0, 1, 125, 126, 127, 4_000, 16_384])
    func textComesBack(length: Int) async throws {
        try await withServer(webSocket: Self.echo) { server async throws in
            try await onThread { [port = server.port] () throws in
                let peer = try WebSocketPeer(port: port)
                let text = String(repeating: "é", count: length / 2) + (length % 2 == 1 ? "x" : "")
                for _ in 0..<3 {
                    try peer.send(text)
                    #expect(try peer.readFrame() == .init(opcode: 0x1, payload: Array(text.utf8)))
                }
            }
        }
    }

    @Test func longServerFramesArrive() async throws {
        let long = [UInt8](repeating: UInt8(ascii: "z"), count: 300_000)
        let serve: @Sendable (WebSocketClient) async -> Void = { client in
            client.send(WebSocketFrame(long))
            for await _ in client.incoming {}
        }
        try await withServer(webSocket: serve) { server async throws in
            try await onThread { [port = server.port] () throws in
                #expect(try WebSocketPeer(port: port).readFrame() == .init(opcode: 0x1, payload: long))
            }
        }
    }

    @Test func theQueryReachesTheHandler() async throws {
        try await withServer(webSocket: Self.echo) { server async throws in
            try await onThread { [port = server.port] () throws in
                let peer = try WebSocketPeer(port: port, target: "/ws?channels=rates,arbitrage&channels=a%20b")
                try peer.send("query")
                #expect(try peer.readFrame().text == "rates|arbitrage|a b")
            }
        }
    }

    @Test func pingsAreAnsweredAlsoInsideAMessage() async throws {
        try await withServer(webSocket: Self.echo) { server async throws in
            try await onThread { [port = server.port] () throws in
                let peer = try WebSocketPeer(port: port)
                try peer.send(0x1, Array("frag".utf8), isFinal: false)
                try peer.send(0x9, Array("hello".utf8))
                #expect(try peer.readFrame() == .init(opcode: 0xA, payload: Array("hello".utf8)))
                try peer.send(0x0, Array("men".utf8), isFinal: false)
                try peer.send(0xA, [])
                try peer.send(0x0, Array("ted".utf8))
                #expect(try peer.readFrame().text == "fragmented")
            }
        }
    }

    @Test func aClientsCloseIsEchoedAndTheConnectionEnds() async throws {
        try await withServer(webSocket: Self.echo) { server async throws in
            try await onThread { [port = server.port] () throws in
                for (sent, expected) in [([0x03, 0xE8], 1000), ([0x0B, 0xB8, 0x62], 3000), ([], nil)] {
                    let peer = try WebSocketPeer(port: port)
                    try peer.send(0x8, sent.map { UInt8($0) })
                    let frame = try peer.readFrame()
                    #expect(frame.opcode == 0x8)
                    #expect(frame.closeCode == expected)
                    #expect(try peer.socket.readToEnd().isEmpty)
                }
            }
        }
    }

    @Test(arguments: [("bye", 1000), ("close", 4001)])
    func theServerClosesWithItsCode(message: String, code: Int) async throws {
        try await withServer(webSocket: Self.echo) { server async throws in
            try await onThread { [port = server.port] () throws in
                let peer = try WebSocketPeer(port: port)
                try peer.send("first")
                try peer.send(message)
                #expect(try peer.readFrame().text == "first")
                #expect(try peer.readClose() == code)
                #expect(try peer.socket.readToEnd().isEmpty)
            }
        }
    }

    struct Violation: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var code: Int
        var commit: @Sendable (WebSocketPeer) throws -> Void

        init(_ name: String, _ code: Int, _ commit: @escaping @Sendable (WebSocketPeer) throws -> Void) {
            testDescription = name
            self.code = code
            self.commit = commit
        }
    }

    static let violations = [
        Violation("binary", 1003) { try $0.send(0x2, [1]) },
        Violation("unmasked", 1002) { try $0.send(0x1, [65], isMasked: false) },
        Violation("reserved bit", 1002) { try $0.send(0x1, [65], reserved: 0x40) },
        Violation("reserved opcode", 1002) { try $0.send(0x3, [65]) },
        Violation("continuation of nothing", 1002) { try $0.send(0x0, [65]) },
        Violation("text inside a message", 1002) {
            try $0.send(0x1, [65], isFinal: false)
            try $0.send(0x1, [65])
        },
        Violation("fragmented ping", 1002) { try $0.send(0x9, [], isFinal: false) },
        Violation("long ping", 1002) { try $0.send(0x9, [UInt8](repeating: 1, count: 126)) },
        Violation("close code 1005", 1002) { try $0.send(0x8, [0x03, 0xED]) },
        Violation("close of one byte", 1002) { try $0.send(0x8, [0x03]) },
        Violation("reason not UTF-8", 1007) { try $0.send(0x8, [0x03, 0xE8, 0xFF]) },
        Violation("text not UTF-8", 1007) { try $0.send(0x1, [0xC3, 0x28]) },
        Violation("frame too long", 1009) { try $0.send(0x1, [UInt8](repeating: 65, count: 16_385)) },
        Violation("far too long", 1009) { try $0.send(0x1, [UInt8](repeating: 65, count: 70_000)) },
        Violation("message too long", 1009) {
            try $0.send(0x1, [UInt8](repeating: 65, count: 16_000), isFinal: false)
            try $0.send(0x0, [UInt8](repeating: 65, count: 400))
        },
    ]

    @Test(arguments: violations)
    func violationsAreClosedWithTheirCode(violation: Violation) async throws {
        try await withServer(webSocket: Self.echo) { server async throws in
            try await onThread { [port = server.port] () throws in
                let peer = try WebSocketPeer(port: port)
                try violation.commit(peer)
                #expect(try peer.readClose(answering: false) == violation.code)
                peer.socket.close()
            }
        }
    }

    @Test(arguments: [
        (["Origin: https://evil.example"], 403, "forbidden"), (["Origin: null"], 403, "forbidden"),
        (["Origin: http://test"], 101, nil), (["Origin: https://test"], 101, nil), ([], 101, nil),
    ])
    func foreignOriginsAreRefused(headers: [String], status: Int, code: String?) async throws {
        try await withServer(webSocket: Self.echo) { server async throws in
            let reply = try await server.request("GET", "/ws", headers: WebSocketPeer.handshake(headers: headers))
            #expect(reply.status == status)
            if let code { #expect(reply.text.contains(code)) }
        }
    }

    @Test func theOriginRuleIsTheOwners() async throws {
        let configure: (inout WebServerConfiguration) -> Void = {
            $0.allowedOrigins = { origin, host in origin == "http://localhost:3000" && host == "test" }
        }
        try await withServer(webSocket: Self.echo, configure: configure) { server async throws in
            for (origin, status) in [("http://localhost:3000", 101), ("http://test", 403)] {
                let headers = WebSocketPeer.handshake(headers: ["Origin: \(origin)"])
                #expect(try await server.request("GET", "/ws", headers: headers).status == status)
            }
        }
    }

    @Test func theOwnerMayRefuseAnUpgradeThatIsInOrder() async throws {
        let configure: (inout WebServerConfiguration) -> Void = {
            $0.admitsWebSocket = { request throws(WebError) in
                if request.query.first("again") != nil {
                    throw WebError(status: 429, code: "rate_limited", message: "Later")
                }
            }
        }
        try await withServer(webSocket: Self.echo, configure: configure) { server async throws in
            for (target, status) in [("/ws", 101), ("/ws?again=1", 429)] {
                #expect(try await server.request("GET", target, headers: WebSocketPeer.handshake()).status == status)
            }
        }
    }

    @Test func whatIsNoUpgradeIsToldSo() async throws {
        try await withServer(webSocket: Self.echo) { server async throws in
            let plain = try await server.request("GET", "/ws")
            #expect(plain.status == 426)
            #expect(plain["Upgrade"] == "websocket")
            let old = WebSocketPeer.handshake().map { $0.replacing("Version: 13", with: "Version: 8") }
            let refused = try await server.request("GET", "/ws", headers: old)
            #expect(refused.status == 426)
            #expect(refused["Sec-WebSocket-Version"] == "13")
            #expect(try await server.request("POST", "/ws").status == 405)
            let keyless = WebSocketPeer.handshake().filter { !$0.hasPrefix("Sec-WebSocket-Key") }
            #expect(try await server.request("GET", "/ws", headers: keyless).status == 400)
            #expect(try await server.request("GET", "/other", headers: WebSocketPeer.handshake()).status == 404)
        }
    }

    @Test func aUsedConnectionCanBeUpgraded() async throws {
        try await withServer(webSocket: Self.echo) { server async throws in
            try await onThread { [port = server.port] () throws in
                let socket = try TestSocket(port: port)
                #expect(try socket.request("GET", "/nowhere").status == 404)
                let peer = try WebSocketPeer(upgrading: socket)
                try peer.send("still here")
                #expect(try peer.readFrame().text == "still here")
            }
        }
    }

    @Test func framesSentWithTheHandshakeAreNotLost() async throws {
        try await withServer(webSocket: Self.echo) { server async throws in
            try await onThread { [port = server.port] () throws in
                let socket = try TestSocket(port: port)
                let head = ["GET /ws HTTP/1.1", "Host: test"] + WebSocketPeer.handshake()
                try socket.send(head.joined(separator: "\r\n") + "\r\n\r\n\u{1}\u{0}")
                #expect(try socket.readReply().status == 101)
                #expect(try socket.read(2)[0] == 0x88)
            }
        }
    }
}
