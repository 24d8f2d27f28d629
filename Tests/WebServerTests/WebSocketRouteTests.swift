import Testing
import WebServer

@Suite struct WebSocketRouteTests {
    /// Everything under `/feeds` is served; the first message is the path.
    private static let route: @Sendable (WebRequest) async throws -> WebServer.WebSocketHandler = { request in
        guard request.path.hasPrefix("/feeds") else {
            throw WebError(status: 429, code: "busy", message: "not now", headers: [.init("Retry-After", "7")])
        }
        return { client in
            client.send(WebSocketFrame(Array(request.path.utf8)))
            for await text in client.incoming {
                switch text {
                case "cut": client.cut()
                case "raw": client.send(WebSocketFrame(wire: [0x82, 0x02, 0xFF, 0x00]))
                default: client.send(WebSocketFrame(Array(text.utf8)))
                }
            }
        }
    }

    @Test(arguments: ["/feeds/a", "/feeds/b/c?token=1"])
    func anyPathMayBeUpgraded(target: String) async throws {
        try await withServer(webSocketRoute: Self.route) { server async throws in
            try await onThread { [port = server.port] () throws in
                let peer = try WebSocketPeer(port: port, target: target)
                #expect(try target.hasPrefix(peer.readFrame().text))
                try peer.send("hello")
                #expect(try peer.readFrame().text == "hello")
            }
        }
    }

    @Test func aRouteRefusesWithItsOwnStatusAndFields() async throws {
        try await withServer(webSocketRoute: Self.route) { server async throws in
            let reply = try await server.request("GET", "/other", headers: WebSocketPeer.handshake())
            #expect(reply.status == 429)
            #expect(reply["Retry-After"] == "7")
        }
    }

    @Test func requestsThatAskForNoWebSocketStayRequests() async throws {
        var router = WebRouter()
        router.get("/feeds/a") { _ in .json(Array("1".utf8)) }
        try await withServer(router, webSocketRoute: Self.route) { server async throws in
            let reply = try await server.request("GET", "/feeds/a")
            #expect(reply.status == 200)
            #expect(reply.text == "1")
        }
    }

    @Test func rawBytesGoOutAsTheyAre() async throws {
        try await withServer(webSocketRoute: Self.route) { server async throws in
            try await onThread { [port = server.port] () throws in
                let peer = try WebSocketPeer(port: port, target: "/feeds")
                _ = try peer.readFrame()
                try peer.send("raw")
                #expect(try peer.readFrame() == .init(opcode: 0x2, payload: [0xFF, 0x00]))
            }
        }
    }

    @Test func aCutEndsWithoutACloseFrame() async throws {
        try await withServer(webSocketRoute: Self.route) { server async throws in
            try await onThread { [port = server.port] () throws in
                let peer = try WebSocketPeer(port: port, target: "/feeds")
                _ = try peer.readFrame()
                try peer.send("cut")
                #expect(try peer.socket.readToEnd().isEmpty)
            }
        }
    }

    @Test func aMuteClientGetsNoPongAndItsSilenceIsSeen() async throws {
        let signs = AsyncStream<Duration>.makeStream()
        let serve: WebServer.WebSocketHandler = { client in
            client.send(WebSocketFrame(Array("open".utf8)))
            for await text in client.incoming where text == "mute" {
                let sign = client.lastSign
                client.isMute = true
                client.send(WebSocketFrame(Array("muted".utf8)))
                while ContinuousClock.now - sign < .milliseconds(300), client.isOpen {
                    do { try await Task.sleep(for: .milliseconds(10)) } catch { return }
                }
                signs.continuation.yield(client.lastSign - sign)
                client.isMute = false
                client.send(WebSocketFrame(Array("heard".utf8)))
            }
        }
        try await withServer(webSocketRoute: { _ in serve }) { server async throws in
            try await onThread { [port = server.port] () throws in
                let peer = try WebSocketPeer(port: port, target: "/any")
                #expect(try peer.readFrame().text == "open")
                try peer.send("mute")
                #expect(try peer.readFrame().text == "muted")
                try peer.send(0x9, Array("ping".utf8))
                #expect(try peer.readFrame().text == "heard")
                try peer.send(0x9, Array("ping".utf8))
                #expect(try peer.readFrame() == .init(opcode: 0xA, payload: Array("ping".utf8)))
            }
        }
        for await moved in signs.stream {
            #expect(moved == .zero)
            break
        }
    }
}
