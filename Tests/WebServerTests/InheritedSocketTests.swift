import Glibc
import NIOConcurrencyHelpers
import Testing
import WebServer

/// A server on a socket that somebody else listens on.
struct InheritedSocketTests {
    /// A socket that listens on a free port of loopback.
    private final class Holder {
        let descriptor: Int32
        let port: Int

        init() throws {
            let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            descriptor = socket
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let outcome = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    bind(socket, address, length) == 0 && listen(socket, 64) == 0
                        && getsockname(socket, address, &length) == 0
                }
            }
            guard outcome else { throw TestSocket.Failure(reason: "no socket: \(errno)") }
            port = Int(in_port_t(bigEndian: address.sin_port))
        }

        deinit { close(descriptor) }
    }

    private func start(on holder: Holder, answering text: String) async throws -> RunningServer {
        var router = WebRouter()
        router.get("/") { _ in .text(text) }
        let own = dup(holder.descriptor)
        return try await RunningServer.start(router, configure: { $0.inheritedSocket = own })
    }

    @Test func clientsThatComeBetweenTwoServersAreAnsweredByTheSecond() async throws {
        let holder = try Holder()
        let first = try await start(on: holder, answering: "first")
        #expect(first.port == holder.port)
        #expect(try await first.request("GET", "/").text == "first")
        try await first.stop()
        // Nobody accepts now, and nobody is refused.
        let port = holder.port
        let hasAsked = NIOLockedValueBox(false)
        async let answer = onThread {
            let socket = try TestSocket(port: port)
            try socket.send("GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
            hasAsked.withLockedValue { $0 = true }
            return String(decoding: try socket.readToEnd(), as: UTF8.self)
        }
        #expect(try await eventually { hasAsked.withLockedValue { $0 } })
        let second = try await start(on: holder, answering: "second")
        #expect(try await answer.hasSuffix("second"))
        try await second.stop()
    }
}
