import NIOConcurrencyHelpers
import Testing
import WebServer

@Suite struct ArrivalTests {
    enum End: CaseIterable {
        case shutdown, cancellation
    }

    /// The moment between a connection's arrival and its first task is short: only many rounds meet it.
    @Test(arguments: End.allCases)
    func connectionsThatArriveWhileTheServerEndsAreEndedWithIt(_ end: End) async throws {
        for round in 0..<25 {
            let server = try await RunningServer.start()
            let arrived = NIOLockedValueBox(0)
            try await withThrowingTaskGroup(of: Void.self) { crowd in
                for _ in 0..<4 {
                    crowd.addTask { try await onThread { try Self.connectUntilRefused(server.port, arrived) } }
                }
                #expect(try await eventually { arrived.withLockedValue { $0 } > round })
                switch end {
                case .shutdown: try await server.stop()
                case .cancellation: await server.cancel()
                }
                try await crowd.waitForAll()
            }
        }
    }

    @Test func aClientThatSendsNothingMoreThanItsRequestIsAnswered() async throws {
        var router = WebRouter()
        router.get("/ok") { _ in .text("ok") }
        try await withServer(router) { server async throws in
            try await onThread { [port = server.port] () throws in
                for _ in 0..<100 {
                    let socket = try TestSocket(port: port)
                    try socket.send("GET /ok HTTP/1.1\r\nHost: x\r\n\r\n")
                    socket.finishSending()
                    #expect(try socket.readReply().text == "ok")
                    #expect(try socket.readToEnd().isEmpty)
                }
            }
        }
    }

    /// Connects until the server listens no more, and then wants the last connections closed.
    private static func connectUntilRefused(_ port: Int, _ arrived: NIOLockedValueBox<Int>) throws {
        let deadline = ContinuousClock.now + .seconds(15)
        var latest: [TestSocket] = []
        while ContinuousClock.now < deadline {
            do { latest.append(try TestSocket(port: port)) } catch is TestSocket.Failure { break }
            arrived.withLockedValue { $0 += 1 }
            if latest.count > 40 { latest.removeFirst() }
        }
        #expect(ContinuousClock.now < deadline)
        for socket in latest { #expect(try Self.isClosed(socket)) }
    }

    /// Speaks first: the kernel drops what it had not yet queued for the listener without a word, and says so only when
    /// spoken to.
    private static func isClosed(_ socket: TestSocket) throws -> Bool {
        do { try socket.send("G") } catch is TestSocket.Failure { return true }
        return try socket.readToEnd().isEmpty
    }
}
