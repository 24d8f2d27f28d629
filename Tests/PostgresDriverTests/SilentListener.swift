import Foundation
import Glibc
import PostgresDriver

/// A port that accepts connections and never says a word.
final class SilentListener: Sendable {
    let port: UInt16
    let socket: Int32

    init() throws {
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let size = length
        let status = withSocketAddress(&address) { raw in
            bind(descriptor, raw, size) + listen(descriptor, 16) + getsockname(descriptor, raw, &length)
        }
        guard status == 0 else { throw PostgresError(.connect, "no port for a test: errno \(errno)") }
        socket = descriptor
        port = address.sin_port.bigEndian
    }

    func close() {
        Glibc.close(socket)
    }
}

/// Stands between a client and the server, and can turn into a line on which nothing arrives any more.
final class BlackHole: Sendable {
    let url: String
    private let listener: SilentListener
    private let server: Int32
    private let switches = Switch()

    /// Forwards one connection to the server of `url`, which must be on 127.0.0.1.
    init(url: String) throws {
        guard let address = url.firstMatch(of: /@127\.0\.0\.1:(\d+)/), let port = UInt16(address.1) else {
            throw PostgresError(.configuration, "the test server must be on 127.0.0.1")
        }
        listener = try SilentListener()
        self.url = url.replacing(address.0, with: "@127.0.0.1:\(listener.port)")
        server = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let descriptor = server
        var target = loopback(port: port)
        let status = withSocketAddress(&target) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        guard status == 0 else { throw PostgresError(.connect, "the test server is not there: errno \(errno)") }
        let (listening, switches) = (listener.socket, switches)
        Thread.detachNewThread {
            let client = accept(listening, nil, nil)
            Thread.detachNewThread { Self.forward(from: client, to: descriptor, switches) }
            Self.forward(from: descriptor, to: client, switches)
        }
    }

    func swallowEverything() { switches.swallow() }

    func close() {
        listener.close()
        shutdown(server, Int32(SHUT_RDWR))
    }

    private static func forward(from source: Int32, to sink: Int32, _ switches: Switch) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(source, &buffer, buffer.count)
            guard count > 0 else { return }
            guard !switches.isSwallowing else { continue }
            guard write(sink, buffer, count) == count else { return }
        }
    }

    /// Read by both forwarding threads.
    private final class Switch: @unchecked Sendable {
        private let lock = NSLock()
        private var swallowing = false

        var isSwallowing: Bool { lock.withLock { swallowing } }

        func swallow() { lock.withLock { swallowing = true } }
    }
}

private func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
}

private func withSocketAddress(
    _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>) -> Int32
) -> Int32 {
    withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
    }
}
