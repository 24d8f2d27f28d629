import Testing
import WebServer

@Suite struct RequestTests {
    @Test func queriesAreDecodedCaseSensitivelyAndInOrder() throws {
        let query = try WebQuery("a=1&A=2&a=3%2C4&b&c=x+y%2Bz&d=%E2%82%BF&list=u, v,,w&list=t&=e")
        #expect(query.first("a") == "1")
        #expect(query.first("A") == "2")
        #expect(query.all("a") == ["1", "3,4"])
        #expect(query.list("a") == ["1", "3", "4"])
        #expect(query.first("b") == "")
        #expect(query.first("c") == "x y+z")
        #expect(query.first("d") == "₿")
        #expect(query.list("list") == ["u", "v", "w", "t"])
        #expect(query.first("") == "e")
        #expect(query.first("missing") == nil)
        #expect(try WebQuery("") == .empty)
    }

    @Test(arguments: [
        ("127.0.0.1", [], true), ("127.8.0.1", [], true), ("::1", [], true), ("10.0.0.1", [], false),
        ("127.0.0.1", [("X-Forwarded-For", "8.8.8.8")], false), ("127.0.0.1", [("Forwarded", "for=8.8.8.8")], false),
    ])
    func loopbackIsOnlyBelievedWithoutAProxy(peer: String, headers: [(String, String)], expected: Bool) throws {
        let request = try WebRequest(method: "GET", target: "/", headers: headers, remoteAddress: peer)
        #expect(request.isLoopbackPeer == expected)
        #expect(request.remoteAddress == peer)
    }

    @Test func trustedProxiesNameTheClient() async throws {
        var router = WebRouter()
        router.get("/who") { .text("\($0.remoteAddress) \($0.isLoopbackPeer)") }
        try await withServer(router, configure: { $0.trustedProxies = ["127.0.0.1"] }) { server async throws in
            let proxied = try await server.request("GET", "/who", headers: ["X-Forwarded-For: 6.6.6.6, 8.8.8.8"])
            #expect(proxied.text == "8.8.8.8 false")
            #expect(try await server.request("GET", "/who").text == "127.0.0.1 true")
        }
    }

    @Test func requestIDsAreTakenOverOnlyIfSane() async throws {
        var router = WebRouter()
        router.get("/id") { .text($0.requestID) }
        try await withServer(router) { server async throws in
            let own = try await server.request("GET", "/id", headers: ["X-Request-ID: trace-42.a_B"])
            #expect(own["X-Request-ID"] == "trace-42.a_B")
            #expect(own.text == "trace-42.a_B")
            for unsane in ["a b", "x\"y", String(repeating: "a", count: 65), ""] {
                let reply = try await server.request("GET", "/id", headers: ["X-Request-ID: \(unsane)"])
                #expect(reply["X-Request-ID"]?.count == 16)
                #expect(reply["X-Request-ID"] == reply.text)
            }
        }
    }

    @Test func everyAnswerCarriesTheStandingFields() async throws {
        var router = WebRouter()
        router.get("/docs") { _ in
            WebResponse(headers: [("Content-Security-Policy", "default-src 'none'")], body: .bytes([1]))
        }
        try await withServer(router, configure: { $0.serverName = "tester" }) { server async throws in
            let missing = try await server.request("GET", "/missing")
            #expect(missing["X-Content-Type-Options"] == "nosniff")
            #expect(missing["X-Frame-Options"] == "DENY")
            #expect(missing["Referrer-Policy"] == "same-origin")
            #expect(missing["Content-Security-Policy"]?.contains("default-src 'self'") == true)
            #expect(missing["Server"] == "tester")
            #expect(missing["Date"]?.hasSuffix(" GMT") == true)
            let docs = try await server.request("GET", "/docs")
            #expect(docs["Content-Security-Policy"] == "default-src 'none'")
        }
    }
}
