import Glibc
import Testing

@testable import CurlDriver

/// Much data, slow readers, many connections. What is measured has a process of its own.
@Suite struct WebSocketPressureTests {
    private static let fiftyThousand: [UInt8] = (0..<50_000).flatMap { number in
        ServerFrame.text("{\"symbol\":\"BTCUSDT\",\"rate\":\"0.0001\",\"number\":\(1_000_000 + number)}")
    }

    @Test func aFloodOfFiftyThousandMessagesArrivesInOrder() async throws {
        let server = try ScriptedServer { connection in
            connection.acceptWebSocket()
            connection.send(Self.fiftyThousand)
            connection.send(ServerFrame.close(1000))
            _ = connection.frame()
        }
        try await withFetcher { fetcher in
            let socket = try await fetcher.open(server.socketURL())
            for number in 0..<50_000 {
                let text = try await socket.text()
                if !text.hasSuffix(":\(1_000_000 + number)}") {
                    Issue.record("message \(number) is \(text)")
                    break
                }
            }
            #expect(await socket.end().error.kind == .closed(code: 1000, reason: ""))
            #expect(socket.traffic.messagesReceived == 50_000)
            #expect(socket.traffic.bytesReceived == Self.fiftyThousand.count + 4)
        }
    }

    @Test func aSlowReaderMakesTheServerWaitAndCostsNothing() async throws {
        await #expect(processExitsWith: .success) {
            let sent = Locked(0)
            let server = try ScriptedServer { connection in
                connection.acceptWebSocket()
                let message = ServerFrame.binary([UInt8](repeating: 7, count: 1 << 20))
                for _ in 0..<64 {
                    guard connection.send(message) else { return }
                    sent.withLock { $0 += 1 }
                }
                connection.waitForHangUp()
            }
            try await withFetcher { fetcher in
                let socket = try await fetcher.open(server.socketURL())
                #expect(await eventually { socket.traffic.pauses == 1 })
                try await Task.sleep(for: .milliseconds(300))
                // What is queued, what is in flight, and the system's buffers on both sides.
                #expect(sent.withLock { $0 } < 32)
                #expect(socket.traffic.messagesReceived <= 5)
                let before = ProcessUse.processorTime
                try await Task.sleep(for: .seconds(1))
                #expect(ProcessUse.processorTime - before < .milliseconds(100), "the loop spins while it is paused")
                // Other connections and requests are not held up.
                let other = try ScriptedServer { $0.answerAll { _ in answer("ok") } }
                #expect(try await fetcher.get(other.url()).status == 200)
                for _ in 0..<64 { #expect(try await socket.text().utf8.count == 1 << 20) }
                #expect(sent.withLock { $0 } == 64)
            }
            #expect(ProcessUse.peakMemory < 256 << 20)
        }
    }

    @Test func manySmallMessagesPauseByTheirNumber() async throws {
        let server = try ScriptedServer { connection in
            connection.acceptWebSocket()
            connection.send(Self.fiftyThousand)
            connection.waitForHangUp()
        }
        try await withFetcher { fetcher in
            let request = WebSocketRequest(url: server.socketURL(), queueLimit: (bytes: 1 << 30, events: 100))
            let socket = try await fetcher.openWebSocket(request)
            #expect(await eventually { socket.traffic.pauses == 1 })
            // The limit, and what one read of 64 KiB holds.
            #expect(socket.traffic.messagesReceived < 100 + (64 << 10) / 50)
            for number in 0..<50_000 {
                let text = try await socket.text()
                if number % 1000 == 0 { #expect(text.hasSuffix(":\(1_000_000 + number)}")) }
            }
        }
    }

    @Test func aPausedConnectionSurvivesOthersComingAndGoing() async throws {
        let server = try ScriptedServer { connection in
            connection.acceptWebSocket()
            connection.send(Self.fiftyThousand)
            connection.waitForHangUp()
        }
        let web = try ScriptedServer { connection in
            _ = connection.request()
            connection.send(answer("ok", headers: ["Connection: close"]))
        }
        try await withFetcher { fetcher in
            let request = WebSocketRequest(url: server.socketURL(), queueLimit: (bytes: 1 << 30, events: 100))
            let socket = try await fetcher.openWebSocket(request)
            #expect(await eventually { socket.traffic.pauses == 1 })
            // libcurl looks for dead connections once a second when a new one is made.
            for _ in 0..<6 {
                try await Task.sleep(for: .milliseconds(400))
                #expect(try await fetcher.get(web.url()).status == 200)
            }
            for _ in 0..<50_000 { _ = try await socket.text() }
        }
    }

    @Test func aServerThatStopsReadingIsLeft() async throws {
        let server = try ScriptedServer { connection in
            connection.acceptWebSocket()
            while connection.isOpenUnread { usleep(10_000) }
        }
        try await withFetcher { fetcher in
            let request = WebSocketRequest(url: server.socketURL(), sendTimeout: .milliseconds(300))
            let socket = try await fetcher.openWebSocket(request)
            let text = String(repeating: "x", count: 200_000)
            var refusal: WebSocketError?
            for _ in 0..<1000 where refusal == nil {
                refusal = await socket.failure(ofSending: text)
                await Task.yield()
            }
            #expect(refusal?.kind == .overloaded)
            let start = ContinuousClock.now
            #expect(await socket.end().error.kind == .timedOut)
            #expect(ContinuousClock.now - start < .seconds(10))
        }
    }

    @Test func aBurstOfSmallMessagesIsSentInOrder() async throws {
        let wrong = Locked<[String]?>(nil)
        let server = try ScriptedServer { connection in
            connection.acceptWebSocket()
            var unexpected: [String] = []
            for number in 0..<50_000 {
                guard let text = connection.frame()?.text else { return }
                if text != "\(number)" { unexpected.append(text) }
            }
            wrong.withLock { [unexpected] in $0 = unexpected }
            connection.waitForHangUp()
        }
        try await withFetcher { fetcher in
            let socket = try await fetcher.open(server.socketURL())
            for number in 0..<50_000 {
                while let refusal = await socket.failure(ofSending: "\(number)") {
                    try #require(refusal.kind == .overloaded)
                    try await Task.sleep(for: .milliseconds(1))
                }
            }
            #expect(await eventually { wrong.withLock { $0 } != nil })
        }
        #expect(wrong.withLock { $0 } == [])
    }

    @Test func pingsToAServerThatDoesNotReadDoNotPileUp() async throws {
        await #expect(processExitsWith: .success) {
            let server = try ScriptedServer { connection in
                connection.acceptWebSocket()
                let pings = (0..<1000).flatMap { _ in ServerFrame.ping(String(repeating: "p", count: 125)) }
                for _ in 0..<200 { guard connection.send(pings) else { return } }
                connection.send(ServerFrame.text("done"))
                connection.waitForHangUp()
            }
            try await withFetcher { fetcher in
                let socket = try await fetcher.open(server.socketURL())
                let before = ProcessUse.peakMemory
                #expect(try await socket.text() == "done")
                #expect(ProcessUse.peakMemory - before < 32 << 20)
            }
        }
    }

    @Test func twoHundredConnectionsShareOneThread() async throws {
        await #expect(processExitsWith: .success) {
            let server = try ScriptedServer { connection in
                connection.acceptWebSocket()
                while let frame = connection.frame(), frame.opcode == 1 {
                    connection.send(ServerFrame.text(frame.text))
                }
            }
            try await withFetcher { fetcher in
                // The first sleep opens descriptors of the runtime's own.
                try await Task.sleep(for: .milliseconds(1))
                let before = ProcessUse.descriptors
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<200 {
                        group.addTask {
                            let socket = try await fetcher.open(server.socketURL())
                            for round in 0..<20 {
                                try await socket.send("\(number) \(round)")
                                #expect(try await socket.text() == "\(number) \(round)")
                            }
                            await socket.close()
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(ProcessUse.threads(named: "curl-engine") == 1)
                #expect(server.accepted == 200)
                #expect(await eventually { server.open == 0 && ProcessUse.descriptors <= before })
            }
        }
    }
}

extension ProcessUse {
    /// What all threads of this process have computed, system calls included.
    static var processorTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

extension ServerConnection {
    /// POLLRDHUP, which the Glibc module leaves out.
    private static let peerHasClosed: Int16 = 0x2000

    /// Whether the client is still there; reads nothing.
    fileprivate var isOpenUnread: Bool {
        var state = pollfd(fd: socket, events: Self.peerHasClosed, revents: 0)
        return poll(&state, 1, 0) == 0
    }
}
