import Testing

@testable import CurlDriver

/// An open connection: what comes, what goes, and how it ends.
@Suite struct WebSocketConnectionTests {
    @Test func whatIsSentArrives() async throws {
        let server = try ScriptedServer { connection in
            connection.acceptWebSocket()
            while let frame = connection.frame(), frame.opcode == 1 { connection.send(ServerFrame.text(frame.text)) }
        }
        try await withFetcher { fetcher in
            let socket = try await fetcher.open(server.socketURL())
            for text in ["", "subscribe", String(repeating: "ü", count: 300_000)] {
                try await socket.send(text)
                #expect(try await socket.text() == text)
            }
        }
    }

    @Test func pingsAreAnsweredAndPongsReported() async throws {
        let server = try ScriptedServer { connection in
            connection.acceptWebSocket(ServerFrame.ping("are you there"))
            let answer = connection.frame()
            connection.send(ServerFrame.text(answer?.opcode == 10 ? answer?.text ?? "" : "no pong"))
            if connection.frame()?.opcode == 9 { connection.send(ServerFrame.pong()) }
            connection.waitForHangUp()
        }
        try await withFetcher { fetcher in
            let socket = try await fetcher.open(server.socketURL())
            #expect(try await socket.next() == .ping)
            #expect(try await socket.next() == .message(Array("are you there".utf8)))
            try await socket.ping()
            #expect(try await socket.next() == .pong)
        }
    }

    @Test(arguments: [(1000, "bye"), (1012, "restart"), (4001, ""), (nil, "")] as [(Int?, String)])
    func aServersCloseIsToldBehindTheMessagesAndAnswered(code: Int?, reason: String) async throws {
        let echoed = Locked<ReceivedFrame?>(nil)
        let server = try ScriptedServer { connection in
            connection.acceptWebSocket()
            connection.send(ServerFrame.text("last") + ServerFrame.close(code, reason) + ServerFrame.text("late"))
            let frame = connection.frame()
            echoed.withLock { $0 = frame }
        }
        try await withFetcher { fetcher in
            let socket = try await fetcher.open(server.socketURL())
            let (messages, error) = await socket.end()
            #expect(messages == 1)
            #expect(error.kind == .closed(code: code, reason: reason))
            #expect(error.isTransient)
            #expect(await socket.end().error.kind == error.kind)
            #expect(await eventually { echoed.withLock { $0 } != nil })
            #expect(echoed.withLock { $0?.opcode } == 8)
            #expect(echoed.withLock { $0?.code } == code)
            #expect(await eventually { server.open == 0 })
            #expect(await socket.failure(ofSending: "late")?.kind == error.kind)
        }
    }

    struct Offence: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var bytes: [UInt8]
        var kind = WebSocketError.Kind.protocolViolation
        var code = 1002
    }

    static let offences = [
        Offence(testDescription: "a masked frame", bytes: WebSocketFrame.text.encoded("masked".utf8)),
        Offence(testDescription: "garbage", bytes: Array("HTTP/1.1 200 OK\r\n\r\n".utf8)),
        Offence(testDescription: "a forbidden close code", bytes: ServerFrame.close(1006)),
        Offence(testDescription: "broken text", bytes: ServerFrame.frame(1, [0xFF]), code: 1007),
        Offence(
            testDescription: "100 MB announced", bytes: ServerFrame.frame(2, [], announced: 100 << 20), kind: .tooLarge,
            code: 1009),
    ]

    @Test(arguments: offences)
    func anOffenceEndsTheConnectionAndIsNamed(offence: Offence) async throws {
        let told = Locked<Int?>(nil)
        let server = try ScriptedServer { connection in
            connection.acceptWebSocket(ServerFrame.text("fine") + offence.bytes)
            let code = connection.frame()?.code
            told.withLock { $0 = code }
        }
        try await withFetcher { fetcher in
            let (messages, error) = try await fetcher.open(server.socketURL()).end()
            #expect(messages == 1)
            #expect(error.kind == offence.kind, "\(error.message)")
            #expect(await eventually { told.withLock { $0 } == offence.code })
            #expect(await eventually { server.open == 0 })
        }
    }

    @Test(arguments: [false, true])
    func aConnectionThatBreaksIsLost(isReset: Bool) async throws {
        let server = try ScriptedServer { connection in
            connection.acceptWebSocket(ServerFrame.text("a") + ServerFrame.text("never finished").dropLast())
            if isReset { connection.resetOnClose() }
        }
        try await withFetcher { fetcher in
            let (messages, error) = try await fetcher.open(server.socketURL()).end()
            #expect(messages == 1)
            #expect(error.kind == .connectionLost)
        }
    }

    @Test func aSilentServerIsPingedAndKept() async throws {
        let pings = Locked(0)
        let server = try ScriptedServer { connection in
            connection.acceptWebSocket()
            while let frame = connection.frame(), frame.opcode == 9 {
                connection.send(ServerFrame.pong())
                if pings.withLock({
                    $0 += 1; return $0 == 5
                }) {
                    connection.send(ServerFrame.text("still here"))
                }
            }
        }
        try await withFetcher { fetcher in
            let request = WebSocketRequest(url: server.socketURL(), idleTimeout: .milliseconds(300))
            let text = try await fetcher.openWebSocket(request).text()
            #expect(text == "still here")
        }
        #expect(pings.withLock { $0 } == 5)
    }

    @Test func aDeadServerIsNoticed() async throws {
        let server = try ScriptedServer { connection in
            connection.acceptWebSocket(ServerFrame.text("last sign of life"))
            connection.waitForHangUp()
        }
        try await withFetcher { fetcher in
            let request = WebSocketRequest(url: server.socketURL(), idleTimeout: .milliseconds(200))
            let start = ContinuousClock.now
            let (messages, error) = try await fetcher.openWebSocket(request).end()
            #expect(messages == 1)
            #expect(error.kind == .timedOut)
            #expect(ContinuousClock.now - start < .seconds(10))
            #expect(await eventually { server.open == 0 })
        }
    }

    // MARK: - From this side

    @Test func closingSaysGoodbyeAndWaitsForTheAnswer() async throws {
        let told = Locked<Int?>(nil)
        let server = try ScriptedServer { connection in
            connection.acceptWebSocket()
            let code = connection.frame()?.code
            told.withLock { $0 = code }
            connection.send(ServerFrame.text("in between") + ServerFrame.close(code))
            connection.waitForHangUp()
        }
        try await withFetcher { fetcher in
            let socket = try await fetcher.open(server.socketURL())
            async let reading = socket.end()
            await socket.close(code: 4000)
            #expect(told.withLock { $0 } == 4000)
            #expect(await reading.error.kind == .closed(code: 4000, reason: ""))
            #expect(await eventually { server.open == 0 })
            await socket.close()
        }
    }

    @Test func aServerThatDoesNotAnswerTheCloseIsLeft() async throws {
        let server = try ScriptedServer { connection in
            connection.acceptWebSocket()
            connection.waitForHangUp()
        }
        try await withFetcher { fetcher in
            let socket = try await fetcher.open(server.socketURL())
            let start = ContinuousClock.now
            await socket.close()
            let taken = ContinuousClock.now - start
            #expect(taken > .seconds(1) && taken < .seconds(5))
            #expect(await eventually { server.open == 0 })
        }
    }

    @Test func aForgottenConnectionIsClosed() async throws {
        let told = Locked<Int?>(nil)
        let server = try ScriptedServer { connection in
            connection.acceptWebSocket()
            let code = connection.frame()?.code
            told.withLock { $0 = code }
        }
        try await withFetcher { fetcher in
            _ = try await fetcher.open(server.socketURL())
            #expect(await eventually { told.withLock { $0 } == 1001 })
            #expect(await eventually { server.open == 0 })
        }
    }

    @Test func closingTheFetcherEndsEveryConnection() async throws {
        let server = try ScriptedServer { connection in
            connection.acceptWebSocket(ServerFrame.text("x"))
            connection.waitForHangUp()
        }
        try await withFetcher { fetcher in
            var sockets: [WebSocketConnection] = []
            for _ in 0..<20 { sockets.append(try await fetcher.open(server.socketURL())) }
            for socket in sockets { #expect(try await socket.text() == "x") }
            let readers = sockets.map { socket in Task { await socket.end().error.kind } }
            await fetcher.close()
            for reader in readers { #expect(await reader.value == .fetcherClosed) }
            #expect(await eventually { server.open == 0 })
            await sockets[0].close()
        }
    }

    @Test func aCancelledReaderReturnsAndLosesNothing() async throws {
        let server = try ScriptedServer { connection in
            connection.acceptWebSocket()
            while let frame = connection.frame(), frame.opcode == 1 { connection.send(ServerFrame.text(frame.text)) }
        }
        try await withFetcher { fetcher in
            let socket = try await fetcher.open(server.socketURL())
            let reader = Task { await socket.end() }
            try await Task.sleep(for: .milliseconds(20))
            let start = ContinuousClock.now
            reader.cancel()
            #expect(await reader.value.error.kind == .cancelled)
            #expect(ContinuousClock.now - start < .seconds(2))
            // Numbers come back in order, whoever was cancelled while they came.
            var next = 0
            for round in 0..<200 {
                try await socket.send("\(round)")
                let reader = Task { () async throws(WebSocketError) in try await socket.text() }
                for _ in 0..<(round % 20) { await Task.yield() }
                reader.cancel()
                if let text = try? await reader.value {
                    #expect(text == "\(next)")
                    next += 1
                }
            }
            while next < 200 {
                #expect(try await socket.text() == "\(next)")
                next += 1
            }
        }
    }
}
