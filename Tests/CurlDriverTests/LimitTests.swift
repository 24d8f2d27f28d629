import Testing

@testable import CurlDriver

/// Answers that take too much memory.
@Suite struct LimitTests {
    @Test func anAnnouncedBodyOverTheLimitIsRefused() async throws {
        let server = try ScriptedServer { connection in
            _ = connection.request()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
            connection.waitForHangUp()
        }
        let request = HTTPRequest(url: server.url(), maximumBodyBytes: 4999)
        let error = try await withFetcher { await $0.failure(of: request) }
        #expect(error?.kind == .bodyTooLarge(limit: 4999))
        #expect(error?.isTransient == false)
    }

    @Test func aBodyOfExactlyTheLimitIsAccepted() async throws {
        let server = try ScriptedServer { $0.answerAll { _ in answer([UInt8](repeating: 7, count: 5000)) } }
        let request = HTTPRequest(url: server.url(), maximumBodyBytes: 5000)
        let response = try await withFetcher { try await $0.fetch(request) }
        #expect(response.body.count == 5000)
    }

    @Test func anUnannouncedFloodIsCut() async throws {
        let server = try ScriptedServer { connection in
            _ = connection.request()
            connection.send("HTTP/1.1 200 OK\r\n\r\n")
            while connection.send([UInt8](repeating: 65, count: 65_536)) {}
        }
        let request = HTTPRequest(url: server.url(), maximumBodyBytes: 1 << 20)
        let error = try await withFetcher { await $0.failure(of: request) }
        #expect(error?.kind == .bodyTooLarge(limit: 1 << 20))
    }

    @Test func aZeroLimitAcceptsNoByte() async throws {
        let server = try ScriptedServer { $0.answerAll { $0.line.contains("empty") ? answer("") : answer("x") } }
        try await withFetcher { fetcher in
            let empty = HTTPRequest(url: server.url("/empty"), maximumBodyBytes: 0)
            let response = try await fetcher.fetch(empty)
            #expect(response.body.isEmpty)
            let error = await fetcher.failure(of: HTTPRequest(url: server.url(), maximumBodyBytes: 0))
            #expect(error?.kind == .bodyTooLarge(limit: 0))
        }
    }

    @Test func aGzipBombIsCutQuicklyAndInLittleMemory() async throws {
        await #expect(processExitsWith: .success) {
            let server = try ScriptedServer { connection in
                _ = connection.request()
                connection.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
                connection.send(Gzip.bombStart)
                let pieces = (0..<5000).flatMap { _ in Gzip.bombPeriod }
                while connection.send(pieces) {}
            }
            let before = ProcessUse.peakMemory
            let request = HTTPRequest(url: server.url(), maximumBodyBytes: 8 << 20)
            let time = try await ContinuousClock().measure {
                let error = try await withFetcher { await $0.failure(of: request) }
                #expect(error?.kind == .bodyTooLarge(limit: 8 << 20))
            }
            #expect(time < .seconds(8))
            #expect(ProcessUse.peakMemory - before < 48 << 20)
        }
    }

    @Test func aFloodOfHeadersIsCut() async throws {
        let server = try ScriptedServer { connection in
            _ = connection.request()
            connection.send("HTTP/1.1 200 OK\r\n")
            while connection.send("X-Filler: \(String(repeating: "a", count: 1000))\r\n") {}
        }
        let error = try await withFetcher { await $0.failure(of: HTTPRequest(url: server.url())) }
        #expect(error?.kind == .headersTooLarge(limit: 64 << 10))
    }

    @Test func aFloodOfInterimAnswersIsCut() async throws {
        let server = try ScriptedServer { connection in
            _ = connection.request()
            while connection.send("HTTP/1.1 100 Continue\r\nX-Filler: a\r\n\r\n") {}
        }
        let error = try await withFetcher { await $0.failure(of: HTTPRequest(url: server.url())) }
        #expect(error?.kind == .headersTooLarge(limit: 64 << 10))
    }

    @Test func oneEndlessHeaderIsCut() async throws {
        let server = try ScriptedServer { connection in
            _ = connection.request()
            connection.send("HTTP/1.1 200 OK\r\nX-Endless: ")
            while connection.send([UInt8](repeating: 65, count: 65_536)) {}
        }
        let error = try await withFetcher { await $0.failure(of: HTTPRequest(url: server.url())) }
        #expect(error?.kind == .headersTooLarge(limit: 64 << 10))
    }
}
