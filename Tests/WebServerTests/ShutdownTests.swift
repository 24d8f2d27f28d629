import Glibc
import Logging
import NIOConcurrencyHelpers
import Testing
import WebServer

@Suite struct ShutdownTests {
    @Test func shutdownClosesSocketsWith1001AndFinishesRequestsInFlight() async throws {
        let gate = AsyncStream<Void>.makeStream()
        let present = NIOLockedValueBox(0)
        var router = WebRouter()
        router.get("/slow") { _ in
            present.withLockedValue { $0 += 1 }
            for await _ in gate.stream { break }
            return .json([UInt8](repeating: UInt8(ascii: " "), count: 500_000))
        }
        let serve: @Sendable (WebSocketClient) async -> Void = { client in
            present.withLockedValue { $0 += 1 }
            for await _ in client.incoming {}
        }
        let server = try await RunningServer.start(router, webSocket: serve)
        let port = server.port
        async let code = onThread {
            let peer = try WebSocketPeer(port: port)
            let code = try peer.readClose()
            #expect(try peer.socket.readToEnd().isEmpty)
            gate.continuation.yield()
            return code
        }
        async let idle = onThread {
            let socket = try TestSocket(port: port)
            present.withLockedValue { $0 += 1 }
            return try socket.readToEnd().count
        }
        async let slow = onThread {
            let socket = try TestSocket(port: port)
            let reply = try socket.request("GET", "/slow")
            #expect(try socket.readToEnd().isEmpty)
            return reply
        }
        #expect(try await eventually { present.withLockedValue { $0 } == 3 })
        let start = ContinuousClock.now
        await server.beginShutdown()
        #expect(try await code == 1001)
        #expect(try await idle == 0)
        let reply = try await slow
        #expect(reply.status == 200)
        #expect(reply.body.count == 500_000)
        #expect(reply["Connection"] == "close")
        try await server.stop()
        #expect(start.duration(to: .now) < .seconds(10))
        await #expect(throws: (any Error).self) { try await onThread { _ = try TestSocket(port: port) } }
    }

    @Test func anUpgradeGrantedDuringAShutdownIsClosedAtOnce() async throws {
        let isAsked = NIOLockedValueBox(false)
        let isAnnounced = NIOLockedValueBox(false)
        let configure: (inout WebServerConfiguration) -> Void = {
            $0.allowedOrigins = { _, _ in
                isAsked.withLockedValue { $0 = true }
                for _ in 0..<5_000 where !isAnnounced.withLockedValue({ $0 }) { usleep(1_000) }
                return true
            }
        }
        let server = try await RunningServer.start(webSocket: { for await _ in $0.incoming {} }, configure: configure)
        let port = server.port
        let idle = try await onThread {
            let socket = try TestSocket(port: port)
            #expect(try socket.request("GET", "/").status == 404)
            return NIOLockedValueBox(Lent(socket: socket))
        }
        async let code = onThread {
            try WebSocketPeer(port: port, headers: ["Origin: http://test"]).readClose()
        }
        #expect(try await eventually { isAsked.withLockedValue { $0 } })
        await server.beginShutdown()
        // Idle connections are closed by the same announcement.
        #expect(try await onThread { try idle.withLockedValue { try $0.socket.readToEnd().isEmpty } })
        isAnnounced.withLockedValue { $0 = true }
        #expect(try await code == 1001)
        try await server.stop()
    }

    /// Carries a socket between threads; used by one at a time, under the box's lock.
    private struct Lent: Sendable {
        nonisolated(unsafe) let socket: TestSocket
    }

    @Test func whatDoesNotEndIsCancelled() async throws {
        let isCancelled = NIOLockedValueBox(false)
        let started = NIOLockedValueBox(0)
        var router = WebRouter()
        router.get("/forever") { _ in
            started.withLockedValue { $0 += 1 }
            do {
                try await Task.sleep(for: .seconds(3_600))
            } catch {
                isCancelled.withLockedValue { $0 = true }
            }
            return .empty()
        }
        let configure: (inout WebServerConfiguration) -> Void = {
            $0.shutdownTimeout = .seconds(2)
            $0.webSocketCloseTimeout = .seconds(1)
        }
        let serve: @Sendable (WebSocketClient) async -> Void = { client in
            started.withLockedValue { $0 += 1 }
            for await _ in client.incoming {}
        }
        let server = try await RunningServer.start(router, webSocket: serve, configure: configure)
        let port = server.port
        async let ended = onThread {
            let deaf = try WebSocketPeer(port: port)
            let socket = try TestSocket(port: port)
            try socket.send("GET /forever HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try socket.readToEnd()
            // Never answers the close frame.
            return try deaf.readClose(answering: false)
        }
        #expect(try await eventually { started.withLockedValue { $0 } == 2 })
        let start = ContinuousClock.now
        try await server.stop()
        #expect(start.duration(to: .now) < .seconds(8))
        #expect(isCancelled.withLockedValue { $0 })
        #expect(try await ended == 1001)
    }

    @Test func anAnswerThatTheClientHasYetToReadIsSentWhole() async throws {
        let isHandedOver = NIOLockedValueBox(false)
        var router = WebRouter()
        router.get("/big") { _ in .json([UInt8](repeating: 7, count: 8 << 20)) }
        let configure: (inout WebServerConfiguration) -> Void = {
            $0.onRequestFinished = { request in
                if request.routePattern != nil { isHandedOver.withLockedValue { $0 = true } }
            }
        }
        let server = try await RunningServer.start(router, configure: configure)
        let port = server.port
        async let size = onThread {
            let idle = try TestSocket(port: port)
            #expect(try idle.request("GET", "/").status == 404)
            let socket = try TestSocket(port: port)
            try socket.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
            // Idle connections are closed by the announcement of the shutdown.
            #expect(try idle.readToEnd().isEmpty)
            let size = try socket.readReply().body.count
            #expect(try socket.readToEnd().isEmpty)
            return size
        }
        #expect(try await eventually { isHandedOver.withLockedValue { $0 } })
        await server.beginShutdown()
        #expect(try await size == 8 << 20)
        try await server.stop()
    }

    @Test func aShutdownThatIsCutShortIsNoFailure() async throws {
        let isAsked = NIOLockedValueBox(false)
        var router = WebRouter()
        router.get("/forever") { _ in
            isAsked.withLockedValue { $0 = true }
            try await Task.sleep(for: .seconds(3_600))
            return .empty()
        }
        let server = try await RunningServer.start(router)
        let port = server.port
        async let rest = onThread {
            let socket = try TestSocket(port: port)
            try socket.send("GET /forever HTTP/1.1\r\nHost: x\r\n\r\n")
            return try socket.readToEnd()
        }
        #expect(try await eventually { isAsked.withLockedValue { $0 } })
        await server.beginShutdown()
        let end = await server.cancel()
        #expect(throws: Never.self) { try end.get() }
        _ = try await rest
    }

    @Test func streamsAreSentChunkByChunkAndEndWithTheServer() async throws {
        let written = NIOLockedValueBox(0)
        var router = WebRouter()
        router.get("/events") { _ in
            WebResponse(
                headers: [("Content-Type", "text/event-stream")],
                body: .stream { writer in
                    for number in 0... {
                        try await writer.write(Array("data: \(number)\n\n".utf8))
                        written.withLockedValue { $0 = number }
                        try await Task.sleep(for: .milliseconds(20))
                    }
                })
        }
        router.get("/broken") { _ in
            WebResponse(
                body: .stream { writer in
                    try await writer.write([1, 2, 3])
                    throw WebError.internalError
                })
        }
        let server = try await RunningServer.start(router)
        let port = server.port
        async let stream = onThread {
            let socket = try TestSocket(port: port)
            try socket.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
            return try socket.readReply()
        }
        #expect(try await server.request("HEAD", "/events")["Content-Length"] == nil)
        await #expect(throws: (any Error).self) { try await server.request("GET", "/broken") }
        #expect(try await eventually { written.withLockedValue { $0 } >= 3 })
        try await server.stop()
        let reply = try await stream
        #expect(reply["Transfer-Encoding"] == "chunked")
        #expect(reply.text.hasPrefix("data: 0\n\ndata: 1\n\n"))
    }

    @Test func aDownloadRunsOnDuringAShutdownAndIsSentWhole() async throws {
        let gate = AsyncStream<Void>.makeStream()
        let isBegun = NIOLockedValueBox(false)
        var router = WebRouter()
        router.get("/rows.csv") { _ in
            WebResponse(
                body: .download { writer in
                    try await writer.write(Array("first,".utf8))
                    isBegun.withLockedValue { $0 = true }
                    for await _ in gate.stream { break }
                    try await writer.write(Array("last".utf8))
                })
        }
        let server = try await RunningServer.start(router)
        let port = server.port
        async let text = onThread {
            let idle = try TestSocket(port: port)
            #expect(try idle.request("GET", "/").status == 404)
            let socket = try TestSocket(port: port)
            try socket.send("GET /rows.csv HTTP/1.1\r\nHost: x\r\n\r\n")
            // Idle connections are closed by the announcement of the shutdown.
            #expect(try idle.readToEnd().isEmpty)
            gate.continuation.yield()
            return try socket.readReply().text
        }
        #expect(try await eventually { isBegun.withLockedValue { $0 } })
        await server.beginShutdown()
        #expect(try await text == "first,last")
        try await server.stop()
    }

    @Test func aDownloadThatOutlastsTheShutdownIsCutAndToldOf() async throws {
        let gate = AsyncStream<Void>.makeStream()
        let isBegun = NIOLockedValueBox(false)
        let summaries = NIOLockedValueBox<[RequestSummary]>([])
        let log = LogLines()
        var router = WebRouter()
        router.get("/rows.csv") { _ in
            WebResponse(
                body: .download { writer in
                    try await writer.write(Array("first,".utf8))
                    isBegun.withLockedValue { $0 = true }
                    // Heeds its cancellation by returning, as if this were all.
                    for await _ in gate.stream {}
                })
        }
        let configure: (inout WebServerConfiguration) -> Void = {
            $0.shutdownTimeout = .milliseconds(500)
            $0.onRequestFinished = { summary in summaries.withLockedValue { $0.append(summary) } }
        }
        let server = try await RunningServer.start(router, logger: log.logger, configure: configure)
        let port = server.port
        async let answer = onThread {
            let socket = try TestSocket(port: port)
            try socket.send("GET /rows.csv HTTP/1.1\r\nHost: x\r\n\r\n")
            return String(decoding: try socket.readToEnd(), as: UTF8.self)
        }
        #expect(try await eventually { isBegun.withLockedValue { $0 } })
        try await server.stop()
        let text = try await answer
        #expect(text.contains("first,"))
        #expect(!text.hasSuffix("0\r\n\r\n"), "a client would take it for whole")
        #expect(summaries.withLockedValue { $0 }.map(\.isCutShort) == [true])
        #expect(log.levels(of: "answer cut short") == [.warning])
        gate.continuation.finish()
    }

    @Test func anAddressInUseIsAnError() async throws {
        try await withServer { server async throws in
            await #expect(throws: (any Error).self) {
                try await RunningServer.start(configure: { $0.port = server.port })
            }
        }
    }
}
