import Foundation
import Testing
import WebServer

/// What runs on the event loops, where it would hold up other connections if it took its time, and what does not.
struct EventLoopTests {
    /// The name of the running thread, of an event loop `NIO-…`.
    private static var thread: String {
        (try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)) ?? "unknown"
    }

    private static let router: WebRouter = {
        var router = WebRouter()
        router.get("/usual") { _ in .text(Self.thread) }
        router.on("GET", "/quick", isQuick: true) { _ in .text(Self.thread) }
        router.on("GET", "/aside", isQuick: true) { _ in .text(await WebRouter.aside { Self.thread }) }
        router.on("GET", "/task", isQuick: true) { _ in .text(await Task { Self.thread }.value) }
        router.on("GET", "/after-aside", isQuick: true) { _ in
            _ = await WebRouter.aside { Self.thread }
            return .text(Self.thread)
        }
        router.on("GET", "/stream", isQuick: true) { _ in
            WebResponse(body: .stream { try await $0.write(Array(Self.thread.utf8)) })
        }
        router.fallback = { _ in .text(Self.thread) }
        return router
    }()

    @Test(arguments: [
        ("/quick", true), ("/after-aside", true), ("/usual", false), ("/aside", false), ("/task", false),
        ("/stream", false), ("/elsewhere", false),
    ])
    func onlyQuickHandlersRunThere(path: String, isThere: Bool) async throws {
        try await withServer(Self.router) { server in
            let thread = try await server.request("GET", path).text
            #expect(thread.hasPrefix("NIO-") == isThere, "\(path) ran on \(thread)")
        }
    }

    @Test func aClientOfTheWebSocketIsServedElsewhere() async throws {
        try await withServer(webSocket: { $0.send(WebSocketFrame(Array(Self.thread.utf8))) }) { server in
            let port = server.port
            let thread = try await onThread { try WebSocketPeer(port: port).readFrame().text }
            #expect(!thread.hasPrefix("NIO-"), "ran on \(thread)")
        }
    }
}
