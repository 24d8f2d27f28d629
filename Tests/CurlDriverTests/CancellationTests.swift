import Testing

@testable import CurlDriver

/// Giving up: one request, many, all.
@Suite struct CancellationTests {
    @Test func aCancelledRequestEndsPromptlyAndHangsUp() async throws {
        await #expect(processExitsWith: .success) {
            let server = try ScriptedServer { $0.waitForHangUp() }
            try await withFetcher { fetcher in
                let task = Task { await fetcher.failure(of: HTTPRequest(url: server.url())) }
                #expect(await eventually { server.open == 1 })
                let start = ContinuousClock.now
                task.cancel()
                let error = await task.value
                #expect(ContinuousClock.now - start < .seconds(5))
                #expect(error?.kind == .cancelled)
                #expect(await eventually { server.open == 0 })
            }
        }
    }

    @Test func aTaskCancelledBeforehandSendsNothing() async throws {
        let server = try ScriptedServer { $0.answerAll { _ in answer("ok") } }
        try await withFetcher { fetcher in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return await fetcher.failure(of: HTTPRequest(url: server.url()))
            }
            #expect(await task.value?.kind == .cancelled)
        }
        #expect(server.accepted == 0)
    }

    @Test func twoHundredRequestsAreCancelledTogether() async throws {
        await #expect(processExitsWith: .success) {
            let server = try ScriptedServer { $0.waitForHangUp() }
            try await withFetcher { fetcher in
                let tasks = (0..<200).map { _ in
                    Task { await fetcher.failure(of: HTTPRequest(url: server.url())) }
                }
                #expect(await eventually { server.open == 4 })
                let start = ContinuousClock.now
                for task in tasks { task.cancel() }
                for task in tasks { #expect(await task.value?.kind == .cancelled) }
                #expect(ContinuousClock.now - start < .seconds(5))
                // What was cancelled took no place with it.
                #expect(await eventually { server.open == 0 })
            }
        }
    }

    @Test func cancellingAtAnyMomentLosesNoCaller() async throws {
        let server = try ScriptedServer { $0.answerAll { _ in answer("ok") } }
        try await withFetcher(maximumInFlight: 64) { fetcher in
            for round in 0..<300 {
                let task = Task { () async -> Bool in
                    do throws(HTTPFetchError) {
                        return try await fetcher.get(server.url()).status == 200
                    } catch {
                        return error.kind == .cancelled
                    }
                }
                for _ in 0..<(round % 30) { await Task.yield() }
                task.cancel()
                #expect(await task.value)
            }
            let response = try await fetcher.get(server.url())
            #expect(response.status == 200)
        }
    }

    @Test func closingFailsWhatIsInFlight() async throws {
        let server = try ScriptedServer { $0.waitForHangUp() }
        try await withFetcher { fetcher in
            let tasks = (0..<10).map { _ in Task { await fetcher.failure(of: HTTPRequest(url: server.url())) } }
            #expect(await eventually { server.open == 4 })
            await fetcher.close()
            for task in tasks { #expect(await task.value?.kind == .closed) }
            let late = await fetcher.failure(of: HTTPRequest(url: server.url()))
            #expect(late?.kind == .closed)
            await fetcher.close()
        }
    }

    @Test func closingTwiceAtOnceReturnsTwice() async throws {
        let fetcher = HTTPFetcher(userAgent: "driver-tests/1")
        async let first: Void = fetcher.close()
        async let second: Void = fetcher.close()
        _ = await (first, second)
    }
}
