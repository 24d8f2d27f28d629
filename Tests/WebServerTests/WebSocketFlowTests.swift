import Glibc
import NIOConcurrencyHelpers
import Testing
import WebServer

/// What happens over time: slow clients, silent clients, floods, crowds.
@Suite struct WebSocketFlowTests {
    /// Who is connected, so that a test can broadcast.
    private final class Room: Sendable {
        let clients = NIOLockedValueBox<[WebSocketClient]>([])

        @Sendable func serve(_ client: WebSocketClient) async {
            clients.withLockedValue { $0.append(client) }
            for await text in client.incoming { client.send(WebSocketFrame(Array(text.utf8))) }
        }

        func broadcast(_ frame: WebSocketFrame) {
            for client in clients.withLockedValue({ $0 }) { client.send(frame) }
        }
    }

    @Test func aClientThatStopsReadingIsClosedWhileOthersReceive() async throws {
        let room = Room()
        let configure: (inout WebServerConfiguration) -> Void = {
            $0.webSocketSendBuffer = 16_384
            $0.maximumWebSocketQueue = 200_000
            $0.webSocketCloseTimeout = .seconds(20)
        }
        try await withServer(webSocket: room.serve, configure: configure) { server async throws in
            let port = server.port
            let frame = WebSocketFrame([UInt8](repeating: UInt8(ascii: "a"), count: 50_000))
            let isReading = NIOLockedValueBox(true)
            async let lively = onThread {
                let peer = try WebSocketPeer(port: port)
                try peer.send("ready")
                var received = 0
                while isReading.withLockedValue({ $0 }) {
                    let next = try peer.readFrame()
                    if next.payload.count == 50_000 { received += 1 }
                    if next.text == "end" { break }
                }
                return received
            }
            let stalled = try await onThread { NIOLockedValueBox(try Peer(port: port, receiveBuffer: 8_192)) }
            #expect(try await eventually { room.clients.withLockedValue(\.count) == 2 })
            let clients = room.clients.withLockedValue { $0 }
            var sent = 0
            let isOverrun = try await eventually(within: .seconds(20)) {
                room.broadcast(frame)
                sent += 1
                #expect(clients.allSatisfy { $0.queuedBytes <= 200_000 + frame.byteCount })
                // The lively one is given the time to read, so only the stalled one falls behind.
                let isRead = try await eventually { clients.contains { $0.isOpen && $0.queuedBytes == 0 } }
                return isRead && clients.contains { !$0.isOpen }
            }
            #expect(isOverrun)
            #expect(clients.filter(\.isOpen).count == 1)
            for _ in 0..<20 {
                room.broadcast(frame)
                sent += 1
                #expect(try await eventually { clients.allSatisfy { $0.queuedBytes == 0 || !$0.isOpen } })
            }
            room.broadcast(WebSocketFrame(Array("end".utf8)))
            #expect(try await lively == sent)
            let code = try await onThread { try stalled.withLockedValue { try $0.peer.readClose() } }
            #expect(code == 1013)
        }
    }

    /// Carries a peer between threads; used by one at a time, under the box's lock.
    private struct Peer: Sendable {
        nonisolated(unsafe) let peer: WebSocketPeer

        init(port: Int, receiveBuffer: Int32) throws {
            peer = try WebSocketPeer(port: port, receiveBuffer: receiveBuffer)
        }
    }

    @Test func aClientThatIsGivenUpLearnsWhyBeforeAllThatWaits() async throws {
        let isClosed = NIOLockedValueBox(false)
        let serve: @Sendable (WebSocketClient) async -> Void = { client in
            let frame = WebSocketFrame([UInt8](repeating: UInt8(ascii: "d"), count: 200_000))
            for _ in 0..<50 { client.send(frame) }
            client.close(code: 1013, reason: "reading too slowly", droppingQueue: true)
            isClosed.withLockedValue { $0 = true }
            for await _ in client.incoming {}
        }
        let configure: (inout WebServerConfiguration) -> Void = {
            $0.webSocketSendBuffer = 16_384
            $0.maximumWebSocketQueue = 20 << 20
        }
        try await withServer(webSocket: serve, configure: configure) { server async throws in
            let (messages, code) = try await onThread { [port = server.port] () throws -> (Int, Int?) in
                let peer = try WebSocketPeer(port: port, receiveBuffer: 8_192)
                for _ in 0..<10_000 where !isClosed.withLockedValue({ $0 }) { usleep(1_000) }
                var messages = 0
                while true {
                    let frame = try peer.readFrame()
                    if frame.opcode == 0x8 { return (messages, frame.closeCode) }
                    #expect(frame.payload.count == 200_000, "a message was cut")
                    messages += 1
                }
            }
            #expect(code == 1013)
            #expect(messages < 5)
        }
    }

    @Test func aClientThatStillTakesBytesIsNotCutBeforeItsCloseFrame() async throws {
        let piece = 100_000
        let frame = WebSocketFrame([UInt8](repeating: UInt8(ascii: "e"), count: 60 * piece))
        let serve: @Sendable (WebSocketClient) async -> Void = { client in
            client.send(frame)
            for await _ in client.incoming {
                client.close(code: 1013, reason: "reading too slowly", droppingQueue: true)
            }
        }
        let configure: (inout WebServerConfiguration) -> Void = {
            $0.webSocketSendBuffer = 65_536
            $0.webSocketCloseTimeout = .seconds(2)
        }
        try await withServer(webSocket: serve, configure: configure) { server async throws in
            try await onThread { [port = server.port] () throws in
                let peer = try WebSocketPeer(port: port, receiveBuffer: 65_536)
                // The message's head: what follows is on its way.
                _ = try peer.socket.read(10)
                try peer.send("enough")
                for _ in 0..<60 {
                    _ = try peer.socket.read(piece)
                    usleep(100_000)
                }
                #expect(try peer.readClose() == 1013)
            }
        }
    }

    @Test func queuedBytesFallToZeroOnceTheClientHasRead() async throws {
        let room = Room()
        try await withServer(webSocket: room.serve) { server async throws in
            let port = server.port
            let frame = WebSocketFrame([UInt8](repeating: UInt8(ascii: "b"), count: 900_000))
            async let received = onThread {
                let peer = try WebSocketPeer(port: port)
                return try (0..<3).map { _ in try peer.readFrame().payload.count }
            }
            #expect(try await eventually { room.clients.withLockedValue(\.count) == 1 })
            let client = room.clients.withLockedValue { $0[0] }
            for _ in 0..<3 {
                client.send(frame)
                #expect(try await eventually { client.queuedBytes == 0 })
            }
            #expect(try await received == [900_000, 900_000, 900_000])
        }
    }

    @Test func silentClientsArePingedThenClosed() async throws {
        let configure: (inout WebServerConfiguration) -> Void = {
            $0.webSocketPingInterval = .milliseconds(50)
            $0.webSocketSilenceTimeout = .milliseconds(1_500)
        }
        try await withServer(webSocket: { for await _ in $0.incoming {} }, configure: configure) {
            server async throws in
            try await onThread { [port = server.port] () throws in
                let silent = try WebSocketPeer(port: port)
                #expect(try silent.readFrame().opcode == 0x9)
                #expect(try silent.readClose() == 4002)
                let alive = try WebSocketPeer(port: port)
                let end = ContinuousClock.now + .seconds(4)
                while ContinuousClock.now < end {
                    #expect(try alive.readFrame().opcode == 0x9)
                    try alive.send(0xA, [])
                }
            }
        }
    }

    @Test func pingsOfAClientThatReadsNothingPileUpNoAnswers() async throws {
        let isHeard = NIOLockedValueBox(false)
        let serve: @Sendable (WebSocketClient) async -> Void = { client in
            for await _ in client.incoming { isHeard.withLockedValue { $0 = true } }
        }
        let configure: (inout WebServerConfiguration) -> Void = {
            $0.webSocketSendBuffer = 16_384
            $0.webSocketSideFramesPerSecond = 5_000
        }
        try await withServer(webSocket: serve, configure: configure) { server async throws in
            let answers = try await onThread { [port = server.port] () throws in
                let peer = try WebSocketPeer(port: port, receiveBuffer: 8_192)
                let filling = [UInt8](repeating: UInt8(ascii: "."), count: 100)
                for number in 0..<5_000 { try peer.send(0x9, Array("\(number)".utf8) + filling) }
                // Once this is heard, so are all pings.
                try peer.send("done")
                let deadline = ContinuousClock.now + .seconds(60)
                while !isHeard.withLockedValue({ $0 }), ContinuousClock.now < deadline { usleep(1_000) }
                try #require(isHeard.withLockedValue { $0 })
                var answers = 1
                while try !peer.readFrame().text.hasPrefix("4999.") { answers += 1 }
                return answers
            }
            #expect(answers < 2_500)
        }
    }

    /// Pings, pongs, and pieces of a message that never ends.
    @Test(arguments: [0x9, 0xA, 0x0] as [UInt8])
    func aFloodOfWhatIsNoMessageIsEnded(opcode: UInt8) async throws {
        try await withServer(webSocket: { for await _ in $0.incoming {} }) { server async throws in
            try await onThread { [port = server.port] () throws in
                let peer = try WebSocketPeer(port: port)
                let isPiece = opcode == 0x0
                if isPiece { try peer.send(0x1, [], isFinal: false) }
                // Empty and masked; all at once, however busy the machine is.
                let frame: [UInt8] = [isPiece ? opcode : 0x80 | opcode, 0x80, 1, 2, 3, 4]
                try peer.socket.send([[UInt8]](repeating: frame, count: 3_000).flatMap { $0 })
                #expect(try peer.readClose(answering: false) == 4008)
                peer.socket.close()
            }
        }
    }

    @Test func longMessagesInManyPiecesAreNoFlood() async throws {
        let room = Room()
        try await withServer(webSocket: room.serve) { server async throws in
            try await onThread { [port = server.port] () throws in
                let peer = try WebSocketPeer(port: port)
                let piece = [UInt8](repeating: UInt8(ascii: "f"), count: 1_024)
                for _ in 0..<60 {
                    try peer.send(0x1, piece, isFinal: false)
                    for number in 1...15 { try peer.send(0x0, piece, isFinal: number == 15) }
                    #expect(try peer.readFrame().payload.count == 16_384)
                }
            }
        }
    }

    @Test func aFloodWaitsForTheHandler() async throws {
        let gate = AsyncStream<Void>.makeStream()
        let serve: @Sendable (WebSocketClient) async -> Void = { client in
            for await _ in gate.stream { break }
            var count = 0
            for await text in client.incoming {
                count += 1
                if text == "last" { client.send(WebSocketFrame(Array("\(count)".utf8))) }
            }
        }
        try await withServer(webSocket: serve) { server async throws in
            let answer = try await onThread { [port = server.port] () throws in
                let peer = try WebSocketPeer(port: port)
                for number in 0..<5_000 { try peer.send("message \(number)") }
                gate.continuation.yield()
                try peer.send("last")
                return try peer.readFrame().text
            }
            #expect(answer == "5001")
        }
    }

    @Test func aVanishedClientEndsItsHandler() async throws {
        let ended = NIOLockedValueBox(0)
        let serve: @Sendable (WebSocketClient) async -> Void = { client in
            if client.query.first("deaf") != nil {
                while !Task.isCancelled { await Task.yield() }
            } else {
                for await _ in client.incoming {}
            }
            ended.withLockedValue { $0 += 1 }
        }
        try await withServer(webSocket: serve) { server async throws in
            try await onThread { [port = server.port] () throws in
                try WebSocketPeer(port: port).socket.close()
                try WebSocketPeer(port: port, target: "/ws?deaf=1").socket.close()
            }
            #expect(try await eventually { ended.withLockedValue { $0 } == 2 })
        }
    }

    @Test func fiveHundredConnectionsAreServedAtOnce() async throws {
        let room = Room()
        var router = WebRouter()
        router.get("/ok") { _ in .text("ok") }
        try await withServer(router, webSocket: room.serve) { server async throws in
            let port = server.port
            let frame = WebSocketFrame([UInt8](repeating: UInt8(ascii: "c"), count: 10_000))
            let isEveryoneThere = NIOLockedValueBox(false)
            async let received = onThread {
                let peers = try (0..<250).map { _ in try WebSocketPeer(port: port) }
                let plain = try (0..<250).map { _ in try TestSocket(port: port) }
                for socket in plain { try socket.send("GET /ok HTTP/1.1\r\nHost: x\r\n\r\n") }
                let answers = try plain.map { try $0.readReply().status }
                isEveryoneThere.withLockedValue { $0 = true }
                let frames = try peers.map { try $0.readFrame().payload.count }
                return (answers, frames)
            }
            #expect(
                try await eventually(within: .seconds(30)) {
                    isEveryoneThere.withLockedValue { $0 } && room.clients.withLockedValue(\.count) == 250
                })
            room.broadcast(frame)
            let (answers, frames) = try await received
            #expect(answers == [Int](repeating: 200, count: 250))
            #expect(frames == [Int](repeating: 10_000, count: 250))
        }
    }
}
