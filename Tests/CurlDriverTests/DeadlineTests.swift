import Glibc
import Testing

@testable import CurlDriver

/// Every request ends in time, whatever the other side does. Each test has a process of its own, since the others keep
/// the concurrency pool busy.
@Suite struct DeadlineTests {
    @Test func aTricklingBodyEndsAtTheTotalDeadline() async throws {
        await #expect(processExitsWith: .success) {
            let server = try ScriptedServer { connection in
                _ = connection.request()
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                while connection.send("x") { usleep(100_000) }
            }
            try await expectTimeOut(after: .milliseconds(600), HTTPRequest(url: server.url()))
        }
    }

    @Test func aSilentServerEndsAtTheTotalDeadline() async throws {
        await #expect(processExitsWith: .success) {
            let server = try ScriptedServer { $0.waitForHangUp() }
            try await expectTimeOut(after: .milliseconds(300), HTTPRequest(url: server.url()))
        }
    }

    @Test func aStalledHandshakeEndsAtTheTotalDeadline() async throws {
        await #expect(processExitsWith: .success) {
            let server = try ScriptedServer { $0.waitForHangUp() }
            let url = "https://127.0.0.1:\(server.port)/"
            try await expectTimeOut(after: .milliseconds(300), HTTPRequest(url: url))
        }
    }

    @Test func waitingInLineCountsTowardsTheDeadline() async throws {
        await #expect(processExitsWith: .success) {
            let server = try ScriptedServer { $0.waitForHangUp() }
            try await withFetcher(connectionsPerHost: 1) { fetcher in
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { _ = await fetcher.failure(of: HTTPRequest(url: server.url())) }
                    #expect(await eventually { server.open == 1 })
                    let start = ContinuousClock.now
                    let request = HTTPRequest(url: server.url(), totalTimeout: .milliseconds(200))
                    let error = await fetcher.failure(of: request)
                    #expect(error?.kind == .timedOut)
                    #expect(error?.message.contains("waiting for a connection") == true)
                    #expect(ContinuousClock.now - start < .seconds(5))
                    group.cancelAll()
                }
            }
        }
    }

    @Test func aConnectBlackHoleEndsAtTheConnectDeadline() async throws {
        await #expect(processExitsWith: .success) {
            // Nobody accepts and the backlog is full, so that the kernel drops further SYNs.
            let (listener, port) = try Loopback.listen(backlog: 0)
            let clients = (0..<8).map { _ in Loopback.beginConnecting(to: port) }
            defer {
                for socket in clients + [listener] { close(socket) }
            }
            let request = HTTPRequest(
                url: "http://127.0.0.1:\(port)/", connectTimeout: .milliseconds(300), totalTimeout: .seconds(20))
            let start = ContinuousClock.now
            let error = try await withFetcher { await $0.failure(of: request) }
            let elapsed = ContinuousClock.now - start
            #expect(error?.kind == .timedOut)
            #expect(elapsed >= .milliseconds(290))
            #expect(elapsed < .seconds(10))
        }
    }

    @Test func aDeadlineOfZeroFailsAtOnce() async throws {
        await #expect(processExitsWith: .success) {
            let server = try ScriptedServer { $0.waitForHangUp() }
            try await expectTimeOut(after: .zero, HTTPRequest(url: server.url()))
        }
    }
}

/// Best of three, since a busy machine may be late: being on time once shows that the deadline is kept.
private func expectTimeOut(
    after limit: Duration, _ request: HTTPRequest, _ location: SourceLocation = #_sourceLocation
) async throws {
    var request = request
    request.totalTimeout = limit
    var best = Duration.seconds(3600)
    for _ in 0..<3 where best >= limit + .milliseconds(300) {
        let (error, elapsed) = try await withFetcher { [request] fetcher in
            let start = ContinuousClock.now
            return (await fetcher.failure(of: request), ContinuousClock.now - start)
        }
        #expect(error?.kind == .timedOut, sourceLocation: location)
        #expect(error?.isTransient == true, sourceLocation: location)
        #expect(elapsed >= limit, sourceLocation: location)
        best = min(best, elapsed)
    }
    #expect(best < limit + .milliseconds(300), sourceLocation: location)
}
