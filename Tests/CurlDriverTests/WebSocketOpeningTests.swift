import Glibc
import Testing

@testable import CurlDriver

/// From the URL to the 101, and every way not to get there.
@Suite struct WebSocketOpeningTests {
    @Test func theFirstMessagesMayComeWithTheHandshake() async throws {
        let server = try ScriptedServer { connection in
            connection.acceptWebSocket(ServerFrame.text("one") + ServerFrame.text("two") + [0x81])
            connection.send([3] + Array("six".utf8))
            connection.waitForHangUp()
        }
        try await withFetcher { fetcher in
            let socket = try await fetcher.open(server.socketURL())
            #expect(try await socket.text() == "one")
            #expect(try await socket.text() == "two")
            #expect(try await socket.text() == "six")
            #expect(socket.traffic.messagesReceived == 3)
            #expect(socket.traffic.bytesReceived == 15)
        }
    }

    @Test func aHandshakeMayComeByteByByte() async throws {
        let server = try ScriptedServer { connection in
            guard let request = connection.request() else { return }
            for byte in Array(ServerConnection.acceptance(of: request).utf8) + ServerFrame.text("hello") {
                connection.send([byte])
            }
            connection.waitForHangUp()
        }
        try await withFetcher { fetcher in
            let text = try await fetcher.open(server.socketURL()).text()
            #expect(text == "hello")
        }
    }

    @Test func theServerSeesWhatTheRequestSays() async throws {
        let server = try ScriptedServer { connection in
            guard let request = connection.acceptWebSocket() else { return }
            connection.send(ServerFrame.text(request.head))
            connection.waitForHangUp()
        }
        try await withFetcher { fetcher in
            let request = WebSocketRequest(
                url: "ws://me:pass@127.0.0.1:\(server.port)/ws/%7Ea?b=c%2Fd", headers: [("X-Own", "yes")])
            let seen = ReceivedRequest(head: try await fetcher.openWebSocket(request).text())
            #expect(seen.line == "GET /ws/%7Ea?b=c%2Fd HTTP/1.1")
            #expect(seen.header("host") == "127.0.0.1:\(server.port)")
            #expect(seen.header("user-agent") == "driver-tests/1")
            #expect(seen.header("authorization") == "Basic bWU6cGFzcw==")
            #expect(seen.header("x-own") == "yes")
        }
    }

    @Test func aRefusalKeepsItsStatusItsHeaderAndItsPage() async throws {
        let server = try ScriptedServer { connection in
            let status = connection.request()?.line.contains("limited") == true ? "429 Too Many" : "403 Forbidden"
            connection.send(answer("<html>blocked</html>", status: status, headers: ["Retry-After: 17"]))
            connection.waitForHangUp()
        }
        try await withFetcher { fetcher in
            let blocked = await fetcher.failure(ofOpening: WebSocketRequest(url: server.socketURL("/?key=secret")))
            #expect(blocked?.kind == .refused(status: 403))
            #expect(blocked?.isTransient == false)
            #expect(blocked?.body == Array("<html>blocked</html>".utf8))
            #expect(blocked?.description.contains("secret") == false)
            let limited = await fetcher.failure(ofOpening: WebSocketRequest(url: server.socketURL("/limited")))
            #expect(limited?.kind == .refused(status: 429))
            #expect(limited?.isTransient == true)
            #expect(limited?.retryAfter == "17")
        }
        #expect(await eventually { server.open == 0 })
    }

    @Test func aRefusalWithoutItsBodyDoesNotWaitForTheDeadline() async throws {
        let server = try ScriptedServer { connection in
            _ = connection.request()
            connection.send("HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\nhalf")
            connection.waitForHangUp()
        }
        try await withFetcher { fetcher in
            let start = ContinuousClock.now
            let error = await fetcher.failure(ofOpening: WebSocketRequest(url: server.socketURL()))
            #expect(error?.kind == .refused(status: 503))
            #expect(error?.body == Array("half".utf8))
            #expect(ContinuousClock.now - start < .seconds(5))
        }
    }

    struct Broken: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var answer: String
        var kind: WebSocketError.Kind
    }

    static let brokenAnswers = [
        Broken(testDescription: "not HTTP", answer: "SSH-2.0-OpenSSH_9.2\r\n", kind: .protocolViolation),
        Broken(
            testDescription: "a wrong accept",
            answer: "HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
            kind: .protocolViolation),
        Broken(
            testDescription: "endless headers",
            answer: "HTTP/1.1 101 OK\r\n" + String(repeating: "X: y\r\n", count: 9000),
            kind: .protocolViolation),
        Broken(testDescription: "200", answer: "HTTP/1.1 200 OK\r\n\r\n", kind: .refused(status: 200)),
        Broken(testDescription: "half an answer", answer: "HTTP/1.1 101 Swi", kind: .connectionLost),
        Broken(testDescription: "nothing", answer: "", kind: .connectionLost),
    ]

    @Test(arguments: brokenAnswers)
    func aBrokenAnswerOpensNothing(broken: Broken) async throws {
        let server = try ScriptedServer { connection in
            _ = connection.request()
            connection.send(broken.answer)
        }
        let error = try await withFetcher {
            await $0.failure(ofOpening: WebSocketRequest(url: server.socketURL()))
        }
        #expect(error?.kind == broken.kind, "\(error?.message ?? "")")
    }

    @Test func aServerThatAnswersNothingTimesOut() async throws {
        let server = try ScriptedServer { $0.waitForHangUp() }
        try await withFetcher { fetcher in
            let start = ContinuousClock.now
            let error = await fetcher.failure(
                ofOpening: WebSocketRequest(url: server.socketURL(), connectTimeout: .milliseconds(200)))
            let taken = ContinuousClock.now - start
            #expect(error?.kind == .timedOut)
            #expect(taken >= .milliseconds(200) && taken < .seconds(8))
            #expect(await eventually { server.open == 0 })
        }
    }

    @Test func aClosedPortAndAnUnknownNameAreUnreachable() async throws {
        let port = try Loopback.freePort()
        try await withFetcher { fetcher in
            for url in ["ws://127.0.0.1:\(port)/", "ws://nonexistent.invalid/"] {
                let error = await fetcher.failure(ofOpening: WebSocketRequest(url: url))
                #expect(error?.kind == .unreachable)
                #expect(error?.isTransient == true)
            }
        }
    }

    @Test func cancellingWhileItOpensHangsUp() async throws {
        let server = try ScriptedServer { $0.waitForHangUp() }
        try await withFetcher { fetcher in
            let task = Task { await fetcher.failure(ofOpening: WebSocketRequest(url: server.socketURL())) }
            #expect(await eventually { server.open == 1 })
            let start = ContinuousClock.now
            task.cancel()
            #expect(await task.value?.kind == .cancelled)
            #expect(ContinuousClock.now - start < .seconds(5))
            #expect(await eventually { server.open == 0 })
        }
    }

    @Test func cancellingAtAnyMomentLosesNoCallerAndNoSocket() async throws {
        let server = try ScriptedServer { connection in
            connection.acceptWebSocket(ServerFrame.text("hello"))
            while let frame = connection.frame() {
                if frame.opcode == 8 { return }
            }
        }
        try await withFetcher { fetcher in
            for round in 0..<200 {
                let task = Task { () async -> Bool in
                    do throws(WebSocketError) {
                        return try await fetcher.open(server.socketURL()).text() == "hello"
                    } catch {
                        return error.kind == .cancelled
                    }
                }
                for _ in 0..<(round % 40) { await Task.yield() }
                if round % 3 == 0 { try await Task.sleep(for: .microseconds(20 * round)) }
                task.cancel()
                #expect(await task.value)
            }
            #expect(await eventually { server.open == 0 })
        }
    }

    @Test func thereIsRoomForAsManyAsAreAllowed() async throws {
        Environment.withoutProxies
        let server = try ScriptedServer { connection in
            connection.acceptWebSocket()
            while let frame = connection.frame(), frame.opcode != 8 {}
        }
        let fetcher = HTTPFetcher(userAgent: "driver-tests/1", maximumWebSockets: 1)
        let first = try await fetcher.open(server.socketURL())
        let second = await fetcher.failure(ofOpening: WebSocketRequest(url: server.socketURL()))
        #expect(second?.kind == .overloaded)
        await first.close()
        let third = try await fetcher.open(server.socketURL())
        await third.close()
        await fetcher.close()
        #expect(await fetcher.failure(ofOpening: WebSocketRequest(url: server.socketURL()))?.kind == .fetcherClosed)
    }

    @Test func aProxyIsAskedForATunnel() async throws {
        await #expect(processExitsWith: .success) {
            Environment.withoutProxies
            let proxy = try ScriptedServer { connection in
                guard let asked = connection.request() else { return }
                connection.send("HTTP/1.1 200 Connection established\r\n\r\n")
                connection.acceptWebSocket(ServerFrame.text(asked.line))
                connection.waitForHangUp()
            }
            setenv("http_proxy", proxy.url(), 1)
            let fetcher = HTTPFetcher(userAgent: "driver-tests/1")
            let line = try await fetcher.open("ws://exchange.example:81/ws").text()
            #expect(line == "CONNECT exchange.example:81 HTTP/1.1")
            await fetcher.close()
        }
    }
}
