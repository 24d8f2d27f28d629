import Foundation
import Logging
import NIOConcurrencyHelpers
import Testing
import WebServer

@Suite struct ErrorTests {
    private struct Secret: Error {
        var password = "hunter2"
    }

    private static func router() -> WebRouter {
        var router = WebRouter()
        router.get("/teapot") { _ in throw WebError(status: 418, code: "teapot", message: "short \"and\"\n stout") }
        router.get("/crash") { _ in throw Secret() }
        router.get("/away") { _ in throw WebError(status: 503, code: "unavailable", message: "x") }
        router.get("/broken") { _ in
            WebResponse(
                body: .stream { writer in
                    try await writer.write([1, 2, 3])
                    throw Secret()
                })
        }
        router.get("/endless") { _ in
            WebResponse(
                body: .stream { writer in
                    while true { try await writer.write([UInt8](repeating: 7, count: 65_536)) }
                })
        }
        router.get("/limited") { _ in
            throw WebError(status: 429, code: "rate_limited", message: "x", headers: [.init("Retry-After", "7")])
        }
        router.get("/split") { _ in WebResponse(headers: [("X-A", "a\r\nX-Evil: 1")]) }
        return router
    }

    private struct Shape: Decodable {
        struct Inner: Decodable {
            var code: String
            var message: String
            var request_id: String
        }
        var detail: String
        var error: Inner
    }

    @Test(arguments: [
        ("/teapot", 418, "teapot"), ("/crash", 500, "internal"), ("/nowhere", 404, "not_found"),
        ("/%zz", 400, "bad_request"), ("/limited", 429, "rate_limited"), ("/split", 500, "internal"),
    ])
    func everyErrorHasOneShape(target: String, status: Int, code: String) async throws {
        try await withServer(Self.router()) { server async throws in
            let reply = try await server.request("GET", target, headers: ["X-Request-ID: abc"])
            #expect(reply.status == status)
            #expect(reply["Content-Type"] == "application/json")
            let shape = try JSONDecoder().decode(Shape.self, from: Data(reply.body))
            #expect(shape.error.code == code)
            #expect(shape.error.message == shape.detail)
            #expect(shape.error.request_id == "abc")
            #expect(!reply.text.contains("hunter2"))
            #expect(reply["X-Evil"] == nil)
            #expect(reply["Retry-After"] == (target == "/limited" ? "7" : nil))
        }
    }

    @Test func theHookDecidesTheShape() async throws {
        var router = Self.router()
        router.errorBody = { error, request in
            .text("custom \((error as? WebError)?.code ?? "unknown") \(request.path)", status: 499)
        }
        router.notFound = { _ in .text("nothing", status: 410) }
        try await withServer(router) { server async throws in
            #expect(try await server.request("GET", "/crash").text == "custom unknown /crash")
            #expect(try await server.request("GET", "/%zz").text == "custom bad_request /")
            #expect(try await server.request("POST", "/crash").text == "custom method_not_allowed /crash")
            #expect(try await server.request("GET", "/nowhere").status == 410)
        }
    }

    @Test func finishedRequestsAreReported() async throws {
        let seen = NIOLockedValueBox<[RequestSummary]>([])
        let configure: (inout WebServerConfiguration) -> Void = {
            $0.onRequestFinished = { summary in seen.withLockedValue { $0.append(summary) } }
        }
        try await withServer(Self.router(), configure: configure) { server async throws in
            _ = try await server.request("GET", "/teapot", headers: ["X-Request-ID: r1"])
            _ = try await server.request("GET", "/some/path/nobody/knows")
            #expect(try await eventually { seen.withLockedValue(\.count) == 2 })
        }
        let summaries = seen.withLockedValue { $0 }
        let known = try #require(summaries.first { $0.requestID == "r1" })
        #expect(known.routePattern == "/teapot")
        #expect(known.method == "GET")
        #expect(known.status == 418)
        #expect(known.bytes > 0)
        #expect(known.duration > .zero)
        #expect(summaries.contains { $0.routePattern == nil && $0.status == 404 })
    }

    @Test func anAnswerThatBreaksOffIsToldOfUnlessTheClientLeft() async throws {
        let seen = NIOLockedValueBox<[RequestSummary]>([])
        let log = LogLines()
        let configure: (inout WebServerConfiguration) -> Void = {
            $0.onRequestFinished = { summary in seen.withLockedValue { $0.append(summary) } }
        }
        try await withServer(Self.router(), logger: log.logger, configure: configure) { server async throws in
            await #expect(throws: (any Error).self) { try await server.request("GET", "/broken") }
            try await onThread { [port = server.port] () throws in
                let socket = try TestSocket(port: port)
                try socket.send("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
                _ = try socket.read(1000)
                socket.close()
            }
            #expect(try await eventually { seen.withLockedValue(\.count) == 2 })
        }
        let broken = try #require(seen.withLockedValue { $0 }.first { $0.routePattern == "/broken" })
        #expect(broken.isCutShort && broken.isStream && broken.bytes == 3 && broken.status == 200)
        let left = try #require(seen.withLockedValue { $0 }.first { $0.routePattern == "/endless" })
        #expect(!left.isCutShort && left.bytes >= 65_536)
        #expect(log.levels(of: "answer cut short") == [.warning])
    }

    @Test func whatIsAwayForAllIsNoErrorOfEachRequest() async throws {
        let log = LogLines()
        try await withServer(Self.router(), logger: log.logger) { server async throws in
            for target in ["/away", "/crash", "/teapot"] { _ = try await server.request("GET", target) }
            #expect(try await eventually { log.levels(of: "request failed").sorted() == [.debug, .error] })
        }
    }
}
