import Glibc
import Testing
import WebServer

@Suite struct LimitTests {
    private static func router() -> WebRouter {
        var router = WebRouter()
        router.post("/echo") { request in
            .json(try await request.body(upTo: 1_000))
        }
        router.get("/ok") { _ in .text("ok") }
        router.get("/big") { _ in .json([UInt8](repeating: 7, count: 8 << 20)) }
        return router
    }

    @Test(arguments: [(0, 200), (1_000, 200), (1_001, 413), (5_000, 413), (200_000, 413)])
    func bodiesAreLimited(size: Int, status: Int) async throws {
        try await withServer(Self.router(), configure: { $0.maximumBodyBytes = 4_000 }) { server async throws in
            let body = [UInt8](repeating: UInt8(ascii: "x"), count: size)
            let reply = try await server.request("POST", "/echo", body: body)
            #expect(reply.status == status)
            if status == 200 { #expect(reply.body == body) }
        }
    }

    @Test func chunkedBodiesAreLimitedToo() async throws {
        try await withServer(Self.router(), configure: { $0.maximumBodyBytes = 4_000 }) { server async throws in
            for (pieces, status) in [(3, 200), (11, 413), (60, 413)] {
                let reply = try await onThread { [port = server.port] () throws in
                    let socket = try TestSocket(port: port)
                    try socket.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
                    for _ in 0..<pieces { try socket.send("64\r\n\(String(repeating: "y", count: 100))\r\n") }
                    try socket.send("0\r\n\r\n")
                    return try socket.readReply()
                }
                #expect(reply.status == status)
            }
        }
    }

    @Test func continueIsGivenOnlyToBodiesThatMayCome() async throws {
        try await withServer(Self.router(), configure: { $0.maximumBodyBytes = 4_000 }) { server async throws in
            try await onThread { [port = server.port] () throws in
                let socket = try TestSocket(port: port)
                let head = "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: "
                try socket.send(head + "5\r\n\r\n")
                #expect(try socket.readReply().status == 100)
                try socket.send("hello")
                #expect(try socket.readReply().text == "hello")
                try socket.send(head + "5000\r\n\r\n")
                let refusal = try socket.readReply()
                #expect(refusal.status == 413)
                #expect(refusal["Connection"] == "close")
            }
        }
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\n\r\n", 400), ("GET /ok\r\n\r\n", 400), ("nonsense\r\n\r\n", 400),
        ("GET /ok HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n", 400), ("GET /ok HTTP/9.9\r\nHost: x\r\n\r\n", 400),
        ("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", 400),
        ("GET /ok HTTP/1.1\r\nHost: x\r\nX-Long: \(String(repeating: "a", count: 70_000))\r\n\r\n", 431),
        ("GET /\(String(repeating: "a", count: 70_000)) HTTP/1.1\r\nHost: x\r\n\r\n", 431),
        ("GET /ok HTTP/1.0\r\n\r\n", 200),
    ])
    func malformedRequestsAreRefusedAndClosed(bytes: String, status: Int) async throws {
        try await withServer(Self.router()) { server async throws in
            try await onThread { [port = server.port] () throws in
                let socket = try TestSocket(port: port)
                try socket.send(bytes)
                let reply = try socket.readReply()
                #expect(reply.status == status)
                #expect(reply["Connection"] == "close")
                #expect(try socket.readToEnd().isEmpty)
            }
            #expect(try await server.request("GET", "/ok").text == "ok")
        }
    }

    @Test func slowHeadsAreCut() async throws {
        try await withServer(Self.router(), configure: { $0.requestHeadTimeout = .milliseconds(300) }) {
            server async throws in
            let elapsed = try await onThread { [port = server.port] () throws in
                let socket = try TestSocket(port: port)
                let start = ContinuousClock.now
                try socket.send("GET /ok HTTP/1.1\r\nHost: x\r\n")
                #expect(try socket.readToEnd().isEmpty)
                return start.duration(to: .now)
            }
            #expect(elapsed > .milliseconds(200) && elapsed < .seconds(30))
        }
    }

    @Test func slowBodiesAreCut() async throws {
        try await withServer(Self.router(), configure: { $0.requestBodyTimeout = .milliseconds(300) }) {
            server async throws in
            try await onThread { [port = server.port] () throws in
                let socket = try TestSocket(port: port)
                try socket.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
                #expect(try socket.readToEnd().isEmpty)
            }
        }
    }

    @Test func idleConnectionsAreClosedButNotBusyOnes() async throws {
        try await withServer(Self.router(), configure: { $0.idleTimeout = .seconds(2) }) { server async throws in
            try await onThread { [port = server.port] () throws in
                let silent = try TestSocket(port: port)
                let socket = try TestSocket(port: port)
                for _ in 0..<5 { #expect(try socket.request("GET", "/ok").text == "ok") }
                #expect(try socket.readToEnd().isEmpty)
                #expect(try silent.readToEnd().isEmpty)
            }
        }
    }

    @Test func clientsThatReadNothingAreCut() async throws {
        try await withServer(Self.router(), configure: { $0.idleTimeout = .milliseconds(400) }) { server async throws in
            let received = try await onThread { [port = server.port] () throws in
                let socket = try TestSocket(port: port, receiveBuffer: 4_096)
                try socket.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
                let deadline = ContinuousClock.now + .seconds(10)
                // Probing with bytes shows the reset without reading the answer.
                while ContinuousClock.now < deadline {
                    do { try socket.send("x") } catch { break }
                    usleep(20_000)
                }
                #expect(ContinuousClock.now < deadline)
                return try socket.readToEnd().count
            }
            #expect(received < 8 << 20)
        }
    }

    @Test func aClientThatReadsSlowlyIsNotIdle() async throws {
        var router = WebRouter()
        router.get("/huge") { _ in .json([UInt8](repeating: 7, count: 16 << 20)) }
        try await withServer(router, configure: { $0.idleTimeout = .seconds(4) }) { server async throws in
            try await onThread { [port = server.port] () throws in
                let socket = try TestSocket(port: port, receiveBuffer: 200_000)
                try socket.send("GET /huge HTTP/1.1\r\nHost: x\r\n\r\n")
                while case let line = try socket.readLine(), !line.isEmpty {}
                for _ in 0..<64 {
                    usleep(100_000)
                    #expect(try socket.read(256 << 10).count == 256 << 10)
                }
            }
        }
    }

    @Test(arguments: [true, false])
    func aLastAnswerMayTakeLongerThanTheLinger(isAskedFor: Bool) async throws {
        try await withServer(Self.router(), configure: { $0.lingerTimeout = .milliseconds(200) }) {
            server async throws in
            try await onThread { [port = server.port] () throws in
                let socket = try TestSocket(port: port)
                let last = isAskedFor ? "Connection: close\r\n" : ""
                try socket.send("GET /big HTTP/1.1\r\nHost: x\r\n\(last)\r\n")
                // Or else the client says that nothing more will come.
                if !isAskedFor { socket.finishSending() }
                usleep(800_000)
                #expect(try socket.readReply().body.count == 8 << 20)
                #expect(try socket.readToEnd().isEmpty)
            }
        }
    }

    @Test func aConnectionThatIsOverEndsWhateverTheClientSends() async throws {
        try await withServer(Self.router(), configure: { $0.lingerTimeout = .milliseconds(300) }) {
            server async throws in
            try await onThread { [port = server.port] () throws in
                let socket = try TestSocket(port: port)
                let request = "GET /ok HTTP/1.1\r\nHost: x\r\n"
                try socket.send(request + "Connection: close\r\n\r\n")
                #expect(try socket.readReply().text == "ok")
                let deadline = ContinuousClock.now + .seconds(10)
                while ContinuousClock.now < deadline {
                    do { try socket.send(request + "\r\n") } catch { break }
                    usleep(10_000)
                }
                #expect(ContinuousClock.now < deadline)
            }
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        try await withServer(Self.router()) { server async throws in
            try await onThread { [port = server.port] () throws in
                let socket = try TestSocket(port: port)
                let one = "GET /ok HTTP/1.1\r\nHost: x\r\nX-Request-ID: n"
                try socket.send((0..<50).map { "\(one)\($0)\r\n\r\n" }.joined())
                for number in 0..<50 { #expect(try socket.readReply()["X-Request-ID"] == "n\(number)") }
                try socket.send("HEAD /ok HTTP/1.1\r\nHost: x\r\n\r\nGET /ok HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try socket.readReply(toHead: true)["Content-Length"] == "2")
                #expect(try socket.readReply().text == "ok")
            }
        }
    }

    @Test func anUnknownUpgradeIsAnsweredAsPlainHTTP() async throws {
        try await withServer(Self.router()) { server async throws in
            let reply = try await server.request(
                "GET", "/ok", headers: ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMA"])
            #expect(reply.text == "ok")
            #expect(reply["Connection"] == "close")
        }
    }

    @Test func connectionsBeyondTheLimitWaitTheirTurn() async throws {
        try await withServer(Self.router(), configure: { $0.maximumConnections = 2 }) { server async throws in
            try await onThread { [port = server.port] () throws in
                let held = try (0..<2).map { _ in try TestSocket(port: port) }
                for socket in held { #expect(try socket.request("GET", "/ok").status == 200) }
                let waiting = try TestSocket(port: port)
                try waiting.send("GET /ok HTTP/1.1\r\nHost: x\r\n\r\n")
                held[0].close()
                #expect(try waiting.readReply().text == "ok")
            }
        }
    }
}
