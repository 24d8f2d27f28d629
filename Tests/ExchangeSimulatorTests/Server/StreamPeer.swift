import Foundation

/// A WebSocket client that sees every frame. It blocks, so its users run on a thread of their own.
final class StreamPeer {
    enum Frame: Equatable {
        case text(String)
        case binary(count: Int)
        case ping
        case pong
        case close(code: Int)
        /// The connection ended.
        case end
        /// Nothing came in time.
        case nothing
    }

    /// The upgrade was answered otherwise.
    struct Refused: Error, Equatable {
        var status: Int
        var retryAfter: String?
    }

    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var hasEnded = false

    init(port: Int, target: String) throws(Refused) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Refused(status: 0) }
        write(
            Array(
                """
                GET \(target) HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n
                """.utf8
            )
        )
        let reply = RawClient.Reply(bytes: head(until: Date(timeIntervalSinceNow: 10)))
        guard reply.status == 101 else {
            throw Refused(status: reply.status, retryAfter: reply.header("Retry-After"))
        }
    }

    deinit { Glibc.close(descriptor) }

    /// Runs blocking work outside the cooperative pool.
    static func onThread<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: .init(catching: body)) }
        }
    }

    func send(_ text: String) { send(0x1, Array(text.utf8)) }

    func ping() { send(0x9, []) }

    func pong() { send(0xA, []) }

    /// The next frame; a huge one is never complete.
    func read(within seconds: Double = 5) -> Frame {
        let deadline = Date(timeIntervalSinceNow: seconds)
        guard fill(2, until: deadline) else { return hasEnded ? .end : .nothing }
        var length = Int(buffer[1] & 0x7f)
        var start = 2
        if length >= 126 {
            let width = length == 126 ? 2 : 8
            guard fill(2 + width, until: deadline) else { return .end }
            length = buffer[2..<2 + width].reduce(0) { $0 << 8 | Int($1) }
            start += width
        }
        guard fill(start + length, until: deadline) else { return hasEnded ? .end : .nothing }
        let (opcode, payload) = (buffer[0] & 0x0f, Array(buffer[start..<start + length]))
        buffer.removeFirst(start + length)
        switch opcode {
        case 0x1: return .text(String(decoding: payload, as: UTF8.self))
        case 0x2: return .binary(count: length)
        case 0x8: return .close(code: payload.prefix(2).reduce(0) { $0 << 8 | Int($1) })
        case 0x9: return .ping
        default: return .pong
        }
    }

    /// The first frame that is as wanted; others are skipped.
    func read(within seconds: Double = 5, where isWanted: (Frame) -> Bool) -> Frame {
        let deadline = Date(timeIntervalSinceNow: seconds)
        while deadline.timeIntervalSinceNow > 0 {
            let frame = read(within: deadline.timeIntervalSinceNow)
            if isWanted(frame) || frame == .end { return frame }
        }
        return .nothing
    }

    /// How many frames come in so many seconds.
    func count(within seconds: Double, where isWanted: (Frame) -> Bool = { _ in true }) -> Int {
        let deadline = Date(timeIntervalSinceNow: seconds)
        var count = 0
        while deadline.timeIntervalSinceNow > 0 {
            let frame = read(within: deadline.timeIntervalSinceNow)
            if frame == .end { return count }
            if frame != .nothing, isWanted(frame) { count += 1 }
        }
        return count
    }

    /// What the length of the frame that has begun says.
    func announcedLength(within seconds: Double = 5) -> Int {
        guard fill(10, until: Date(timeIntervalSinceNow: seconds)), buffer[1] == 127 else { return 0 }
        return buffer[2..<10].reduce(0) { $0 << 8 | Int($1) }
    }

    private func head(until deadline: Date) -> [UInt8] {
        let end = Array("\r\n\r\n".utf8)
        var count = 0
        while fill(count + 1, until: deadline) {
            count += 1
            if buffer[..<count].suffix(4) == end[...] { break }
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    private func send(_ opcode: UInt8, _ payload: [UInt8]) {
        var bytes: [UInt8] = [0x80 | opcode]
        if payload.count < 126 {
            bytes.append(0x80 | UInt8(payload.count))
        } else {
            bytes += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
        }
        write(bytes + [0, 0, 0, 0] + payload)
    }

    private func write(_ bytes: [UInt8]) { _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

    /// Reads until the buffer holds so many bytes.
    private func fill(_ count: Int, until deadline: Date) -> Bool {
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while buffer.count < count {
            let remaining = Int32(max(0, deadline.timeIntervalSinceNow * 1000))
            var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard !hasEnded, poll(&poller, 1, remaining) > 0 else { return false }
            let length = recv(descriptor, &piece, piece.count, 0)
            guard length > 0 else {
                hasEnded = true
                return false
            }
            buffer += piece[..<length]
        }
        return true
    }
}
