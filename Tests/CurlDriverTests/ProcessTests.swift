import Glibc
import Testing

@testable import CurlDriver

/// What a fetcher takes from its process and gives back. Each test has a process of its own, so that nothing else
/// counts.
@Suite struct ProcessTests {
    @Test func twoThousandRequestsLeakNoDescriptor() async throws {
        await #expect(processExitsWith: .success) {
            let server = try ScriptedServer { connection in
                connection.answerAll { _ in answer("ok") }
            }
            let closing = try ScriptedServer { connection in
                _ = connection.request()
                connection.send(answer("ok", headers: ["Connection: close"]))
            }
            let refused = "http://127.0.0.1:\(try Loopback.freePort())/"
            try await withFetcher { fetcher in
                _ = try await fetcher.get(server.url())
                let before = ProcessUse.descriptors
                for round in 0..<2000 {
                    _ = try await fetcher.get(round % 4 == 0 ? closing.url() : server.url())
                    if round % 10 == 0 { _ = await fetcher.failure(of: HTTPRequest(url: refused)) }
                }
                #expect(await eventually { ProcessUse.descriptors <= before + 2 })
            }
            #expect(server.accepted == 1)
            #expect(closing.accepted == 500)
        }
    }

    @Test func aClosedFetcherLeavesNothingBehind() async throws {
        await #expect(processExitsWith: .success) {
            try await withFetcher { _ in
                #expect(await eventually { ProcessUse.threads(named: "curl-engine") == 1 })
            }
            let before = ProcessUse.descriptors
            for _ in 0..<50 {
                try await withFetcher { _ in }
                #expect(ProcessUse.threads(named: "curl-engine") == 0)
            }
            #expect(ProcessUse.descriptors <= before)
        }
    }

    @Test func aForgottenFetcherEndsByItself() async throws {
        await #expect(processExitsWith: .success) {
            var fetcher: HTTPFetcher? = HTTPFetcher(userAgent: "driver-tests/1")
            #expect(fetcher != nil)
            #expect(await eventually { ProcessUse.threads(named: "curl-engine") == 1 })
            fetcher = nil
            #expect(await eventually { ProcessUse.threads(named: "curl-engine") == 0 })
        }
    }

    @Test func theProxyOfTheEnvironmentIsUsed() async throws {
        await #expect(processExitsWith: .success) {
            Environment.withoutProxies
            let proxy = try ScriptedServer { $0.answerAll { request in answer(request.line) } }
            let direct = try ScriptedServer { $0.answerAll { _ in answer("direct") } }
            setenv("http_proxy", proxy.url(), 1)
            setenv("NO_PROXY", "127.0.0.1", 1)
            try await withFetcher { fetcher in
                let response = try await fetcher.get("http://exchange.invalid/rates?x=1")
                let seen = String(decoding: response.body, as: UTF8.self)
                #expect(seen == "GET http://exchange.invalid/rates?x=1 HTTP/1.1")
                let other = try await fetcher.get(direct.url())
                #expect(other.body == Array("direct".utf8))
            }
        }
    }

    @Test func aProxyThatRefusesIsUnreachable() async throws {
        await #expect(processExitsWith: .success) {
            Environment.withoutProxies
            let proxy = try ScriptedServer { connection in
                connection.answerAll { _ in answer("no", status: "403 Forbidden") }
            }
            setenv("https_proxy", proxy.url(), 1)
            let error = try await withFetcher {
                await $0.failure(of: HTTPRequest(url: "https://exchange.invalid/"))
            }
            #expect(error?.kind == .unreachable)
        }
    }
}
