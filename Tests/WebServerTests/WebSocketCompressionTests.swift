import Testing

@testable import WebServer

/// permessage-deflate; the bytes of single messages are those of RFC 7692, section 7.2.3.
@Suite struct WebSocketCompressionTests {
    private static let offer = ["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"]
    private static let agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

    private static let echo: @Sendable (WebSocketClient) async -> Void = { client in
        for await text in client.incoming { client.send(WebSocketFrame(Array(text.utf8))) }
    }

    @Test(arguments: [
        ("permessage-deflate", agreed), ("PerMessage-Deflate ; client_max_window_bits", agreed),
        ("permessage-deflate; client_max_window_bits=12; server_no_context_takeover", agreed),
        ("permessage-deflate; server_max_window_bits=\"15\"", agreed + "; server_max_window_bits=15"),
        ("permessage-deflate; server_max_window_bits=10", nil), ("permessage-deflate; server_max_window_bits", nil),
        ("permessage-deflate; client_max_window_bits=7", nil), ("permessage-deflate; more", nil), ("", nil),
        ("permessage-deflate; client_max_window_bits; client_max_window_bits", nil), ("x-webkit-deflate-frame", nil),
        ("permessage-deflate; server_max_window_bits=9, permessage-deflate", agreed),
    ])
    func offersAreTakenAsFarAsTheyCanBeKept(offers: String, answer: String?) async throws {
        try await withServer(webSocket: Self.echo) { server async throws in
            let reply = try await server.request(
                "GET", "/ws", headers: WebSocketPeer.handshake(headers: ["Sec-WebSocket-Extensions: \(offers)"]))
            #expect(reply.status == 101)
            #expect(reply["Sec-WebSocket-Extensions"] == answer)
        }
    }

    @Test func longMessagesAreCompressedForThoseWhoUnderstandThat() async throws {
        let long = (0..<20_000).map { "{\"asset\":\"A\($0 % 300)\"}" }.joined()
        let frame = WebSocketFrame(Array(long.utf8))
        let serve: @Sendable (WebSocketClient) async -> Void = { client in
            client.send(frame)
            client.send(WebSocketFrame(Array("short".utf8)))
            for await _ in client.incoming {}
        }
        try await withServer(webSocket: serve) { server async throws in
            try await onThread { [port = server.port] () throws in
                for _ in 0..<2 {
                    let peer = try WebSocketPeer(port: port, headers: Self.offer)
                    let compressed = try peer.readFrame()
                    #expect(compressed.isCompressed && compressed.payload.count < long.utf8.count / 4)
                    #expect(try expandedMessage(compressed.payload) == Array(long.utf8))
                    #expect(try peer.readFrame() == .init(opcode: 0x1, payload: Array("short".utf8)))
                }
                let other = try WebSocketPeer(port: port)
                #expect(try other.readFrame() == .init(opcode: 0x1, payload: Array(long.utf8)))
            }
        }
    }

    @Test func aClientsMessagesAreExpanded() async throws {
        try await withServer(webSocket: Self.echo) { server async throws in
            try await onThread { [port = server.port] () throws in
                let peer = try WebSocketPeer(port: port, headers: Self.offer)
                for message: [UInt8] in [
                    [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00],
                    [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00],
                    [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00],
                    [0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00],
                ] {
                    try peer.send(0x1, message, reserved: 0x40)
                    #expect(try peer.readFrame().text == "Hello")
                }
                try peer.send(0x1, [0xf2, 0x48, 0xcd], isFinal: false, reserved: 0x40)
                try peer.send(0x0, [0xc9, 0xc9, 0x07, 0x00])
                #expect(try peer.readFrame().text == "Hello")
                try peer.send("as it is")
                #expect(try peer.readFrame().text == "as it is")
            }
        }
    }

    @Test(
        arguments: [
            (0x1, [0xff, 0xff, 0xff], 1007), (0x9, [0x00], 1002), (0x2, [0x00], 1002), (0x0, [0x00], 1002),
        ] as [(UInt8, [UInt8], Int)])
    func whatIsNoCompressedMessageIsRefused(opcode: UInt8, payload: [UInt8], code: Int) async throws {
        try await withServer(webSocket: Self.echo) { server async throws in
            try await onThread { [port = server.port] () throws in
                let peer = try WebSocketPeer(port: port, headers: Self.offer)
                try peer.send(opcode, payload, reserved: 0x40)
                #expect(try peer.readClose(answering: false) == code)
                peer.socket.close()
            }
        }
    }

    @Test func whatExpandsBeyondTheLimitIsRefused() async throws {
        let bomb = try #require(Deflate.compress([UInt8](repeating: 65, count: 100_000)))
        #expect(bomb.count < 1000)
        try await withServer(webSocket: Self.echo) { server async throws in
            try await onThread { [port = server.port] () throws in
                let peer = try WebSocketPeer(port: port, headers: Self.offer)
                try peer.send(0x1, bomb, reserved: 0x40)
                #expect(try peer.readClose(answering: false) == 1009)
                peer.socket.close()
            }
        }
    }

    /// Each message comes in some forty bytes and expands to 16 KiB.
    @Test func aBurstThatExpandsToTooMuchIsRefused() async throws {
        let message = try #require(Deflate.compress([UInt8](repeating: UInt8(ascii: " "), count: 16_384)))
        let gate = AsyncStream<Void>.makeStream()
        let deaf: @Sendable (WebSocketClient) async -> Void = { _ in for await _ in gate.stream {} }
        try await withServer(webSocket: deaf) { server async throws in
            try await onThread { [port = server.port] () throws in
                let peer = try WebSocketPeer(port: port, headers: Self.offer)
                for _ in 0..<200 { try peer.send(0x1, message, reserved: 0x40) }
                // What has arrived before the end is read, however full the inbox is.
                peer.socket.finishSending()
                #expect(try peer.readClose(answering: false) == 4008)
            }
        }
        gate.continuation.finish()
    }
}
