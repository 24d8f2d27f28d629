import Glibc
import Testing

@testable import CurlDriver

/// Against a server that others wrote, without and with TLS.
@Suite(.enabled(if: PythonPeer.isWanted, "FUNDING_TEST_PYTHON names no Python with the package websockets"))
struct WebSocketPeerTests {
    @Test func itUnderstandsWhatIsSent() async throws {
        let peer = try PythonPeer()
        try await withFetcher { fetcher in
            let socket = try await fetcher.open("ws://127.0.0.1:\(peer.port)/echo")
            for text in ["", "x", "fünding", String(repeating: "a", count: 125), String(repeating: "b", count: 126)] {
                try await socket.send(text)
                #expect(try await socket.text() == text)
            }
            for length in [65_535, 65_536, 900_000] {
                try await socket.send(String(repeating: "l", count: length))
                #expect(try await socket.text().utf8.count == length)
            }
            try await socket.ping()
            #expect(try await socket.next() == .pong)
            let start = ContinuousClock.now
            await socket.close(code: 3000)
            #expect(ContinuousClock.now - start < .seconds(1))
            #expect(await socket.end().error.kind == .closed(code: 3000, reason: ""))
        }
    }

    @Test func itsFragmentsAreJoinedAndItsPingsAnswered() async throws {
        let peer = try PythonPeer()
        try await withFetcher { fetcher in
            let socket = try await fetcher.open("ws://127.0.0.1:\(peer.port)/fragments")
            for _ in 0..<3 { #expect(try await socket.next() == .ping) }
            #expect(try await socket.text() == "funding r€te")
        }
    }

    @Test func itsFloodArrivesAndItsCloseIsTold() async throws {
        let peer = try PythonPeer()
        try await withFetcher { fetcher in
            let socket = try await fetcher.open("ws://127.0.0.1:\(peer.port)/flood?20000")
            for number in 0..<20_000 {
                let text = try await socket.text()
                if !text.hasSuffix(":\(number)}") {
                    Issue.record("message \(number) is \(text)")
                    break
                }
            }
            #expect(await socket.end().error.kind == .closed(code: 1001, reason: "flooded"))
        }
    }

    @Test func itsRefusalIsTold() async throws {
        let peer = try PythonPeer()
        try await withFetcher { fetcher in
            let url = "ws://127.0.0.1:\(peer.port)/forbidden"
            let error = await fetcher.failure(ofOpening: WebSocketRequest(url: url))
            #expect(error?.kind == .refused(status: 403))
            #expect(error.map { String(decoding: $0.body, as: UTF8.self) } == "not from here")
        }
    }

    @Test(.enabled(if: TestCertificate.isAvailable, "the openssl program is not installed"))
    func withTLSNothingStaysBehindInItsLayer() async throws {
        await #expect(processExitsWith: .success) {
            let identity = try TestCertificate(name: "IP:127.0.0.1")
            setenv("SSL_CERT_FILE", identity.certificate, 1)
            let peer = try PythonPeer(identity: (identity.certificate, identity.key))
            try await withFetcher { fetcher in
                let echo = try await fetcher.open("wss://127.0.0.1:\(peer.port)/echo")
                // Larger than one TLS record, and than a socket's buffer: cut on both ways.
                for length in [1, 16_384, 16_385, 900_000] {
                    try await echo.send(String(repeating: "x", count: length))
                    #expect(try await echo.text().utf8.count == length)
                }
                // A small queue pauses again and again, with decrypted bytes at hand.
                let request = WebSocketRequest(
                    url: "wss://127.0.0.1:\(peer.port)/flood?20000", queueLimit: (bytes: 2000, events: 10))
                let flood = try await fetcher.openWebSocket(request)
                #expect(await eventually { flood.traffic.pauses > 0 })
                for number in 0..<20_000 {
                    let text = try await flood.text()
                    if !text.hasSuffix(":\(number)}") {
                        Issue.record("message \(number) is \(text)")
                        break
                    }
                }
                #expect(await flood.end().error.kind == .closed(code: 1001, reason: "flooded"))
                await echo.close()
            }
        }
    }

    /// Both sides send more than the buffers between them hold, so that writes are cut and repeated.
    @Test(.enabled(if: TestCertificate.isAvailable, "the openssl program is not installed"))
    func withTLSWritesAreResumed() async throws {
        await #expect(processExitsWith: .success) {
            let identity = try TestCertificate(name: "IP:127.0.0.1")
            setenv("SSL_CERT_FILE", identity.certificate, 1)
            let peer = try PythonPeer(identity: (identity.certificate, identity.key))
            try await withFetcher { fetcher in
                let socket = try await fetcher.open("wss://127.0.0.1:\(peer.port)/echo")
                let text = String(repeating: "0123456789", count: 50_000)
                async let echoes = withThrowingTaskGroup(of: Int.self) { group in
                    group.addTask {
                        var right = 0
                        for number in 0..<40 where try await socket.text() == "\(number) \(text)" { right += 1 }
                        return right
                    }
                    return try await group.reduce(0, +)
                }
                for number in 0..<40 {
                    while let refusal = await socket.failure(ofSending: "\(number) \(text)") {
                        try #require(refusal.kind == .overloaded)
                        try await Task.sleep(for: .milliseconds(2))
                    }
                }
                #expect(try await echoes == 40)
            }
        }
    }
}
