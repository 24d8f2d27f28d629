import Foundation

/// A client that sees what really comes over the wire: the bytes until the server closes or a deadline passes.
enum RawClient {
    struct Reply: Sendable {
        var bytes: [UInt8] = []
        /// Whether the server closed the connection before the deadline.
        var isClosed = false

        var text: String { String(decoding: bytes, as: UTF8.self) }

        /// 0 without an answer.
        var status: Int { text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0 }

        var body: [UInt8] {
            let end = Array("\r\n\r\n".utf8)
            let start = bytes.indices.first { bytes[$0...].starts(with: end) }
            return start.map { Array(bytes[($0 + end.count)...]) } ?? []
        }

        func header(_ name: String) -> String? {
            text.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
                .map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
        }
    }

    /// Asks on a connection of its own; the waiting happens on a thread outside the cooperative pool.
    static func ask(
        _ method: String = "GET", _ target: String, body: String = "", port: Int, within seconds: Double = 10
    ) async -> Reply {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(returning: wait(method, target, body: body, port: port, within: seconds))
            }
        }
    }

    /// As `ask`, for a thread that may block.
    static func wait(
        _ method: String, _ target: String, body: String = "", port: Int, within seconds: Double = 10
    ) -> Reply {
        let request = """
            \(method) \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\
            \r\n\(body)
            """
        return exchange(Array(request.utf8), port, until: Date(timeIntervalSinceNow: seconds))
    }

    private static func exchange(_ request: [UInt8], _ port: Int, until deadline: Date) -> Reply {
        var reply = Reply()
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0, send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count
        else { return reply }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let remaining = Int32(max(0, deadline.timeIntervalSinceNow * 1000))
            var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&poller, 1, remaining) > 0 else { return reply }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else {
                reply.isClosed = true
                return reply
            }
            reply.bytes += buffer[..<count]
        }
    }
}
