import Glibc
import Testing

@testable import CurlDriver

/// How connections are shared out and reused.
@Suite struct ConnectionTests {
    @Test func requestsOneAfterAnotherShareAConnection() async throws {
        let server = try ScriptedServer { $0.answerAll { _ in answer("ok") } }
        try await withFetcher { fetcher in
            for _ in 0..<100 { _ = try await fetcher.get(server.url()) }
        }
        #expect(server.accepted == 1)
    }

    @Test(arguments: [1, 4])
    func aHostNeverSeesMoreConnectionsThanAllowed(limit: Int) async throws {
        let server = try ScriptedServer { connection in
            connection.answerAll { _ in
                usleep(10_000)
                return answer("ok")
            }
        }
        try await withFetcher(connectionsPerHost: limit) { fetcher in
            try await withThrowingTaskGroup(of: HTTPResponse.self) { group in
                for _ in 0..<32 { group.addTask { try await fetcher.get(server.url()) } }
                for try await response in group { #expect(response.status == 200) }
            }
        }
        #expect(server.mostOpen == limit)
        #expect(server.accepted == limit)
    }

    @Test func aStuckHostDoesNotHoldUpAnother() async throws {
        await #expect(processExitsWith: .success) {
            let stuck = try ScriptedServer { $0.waitForHangUp() }
            let lively = try ScriptedServer { $0.answerAll { _ in answer("ok") } }
            try await withFetcher { fetcher in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<20 {
                        group.addTask { _ = await fetcher.failure(of: HTTPRequest(url: stuck.url())) }
                    }
                    #expect(await eventually { stuck.open == 4 })
                    let time = try await ContinuousClock().measure {
                        for _ in 0..<20 { _ = try await fetcher.get(lively.url()) }
                    }
                    #expect(time < .seconds(5))
                    group.cancelAll()
                }
            }
        }
    }

    @Test func waitingInLineIsTimedApart() async throws {
        let server = try ScriptedServer { connection in
            connection.answerAll { _ in
                usleep(100_000)
                return answer("ok")
            }
        }
        try await withFetcher(connectionsPerHost: 1) { fetcher in
            async let first = fetcher.get(server.url())
            async let second = fetcher.get(server.url())
            let queued = try await max(first.timing.queued, second.timing.queued)
            #expect(queued > .milliseconds(80))
        }
    }

    @Test func aConnectionTheServerClosedIsReplaced() async throws {
        let server = try ScriptedServer { connection in
            guard connection.request() != nil else { return }
            connection.send(answer("ok"))
        }
        try await withFetcher { fetcher in
            for round in 1...3 {
                let response = try await fetcher.get(server.url())
                #expect(response.status == 200)
                #expect(await eventually { server.open == 0 }, "round \(round)")
            }
        }
        #expect(server.accepted == 3)
    }

    @Test func oneMoreThanTheLimitIsOverloaded() async throws {
        let server = try ScriptedServer { $0.waitForHangUp() }
        try await withFetcher(maximumInFlight: 3) { fetcher in
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<3 {
                    group.addTask { _ = await fetcher.failure(of: HTTPRequest(url: server.url())) }
                }
                #expect(await eventually { server.open == 3 })
                let error = await fetcher.failure(of: HTTPRequest(url: server.url()))
                #expect(error?.kind == .overloaded)
                #expect(error?.isTransient == true)
                group.cancelAll()
            }
        }
    }

    @Test func roomIsFreeWhenTheAnswerArrives() async throws {
        let server = try ScriptedServer { $0.answerAll { _ in answer("ok") } }
        try await withFetcher(maximumInFlight: 1) { fetcher in
            for _ in 0..<500 { _ = try await fetcher.get(server.url()) }
        }
    }
}
