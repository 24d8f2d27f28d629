import Foundation
import FundingJSON

/// A small WebSocket client: a thread reads frames, tests take text messages by their type.
final class WebSocketClient: @unchecked Sendable {
    // Invariant: `messages`, `closed` and `failure` are only touched while `lock` is held; the reading thread alone
    // touches `buffer`; the descriptor is closed once, by the reading thread when it ends.
    private let descriptor: Int32
    private let lock = NSLock()
    private var messages: [JSONDocument] = []
    private var closed: Int?
    private var failure: String?
    private var buffer: [UInt8] = []

    /// Connects on a thread of its own, upgrades, and begins to read.
    static func connect(port: Int, path: String) async throws -> WebSocketClient {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                do {
                    let client = try WebSocketClient(port: port)
                    try client.upgrade(path)
                    continuation.resume(returning: client)
                    client.read()
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    private init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Failure("cannot connect to port \(port): \(errno)") }
    }

    // MARK: - For tests

    /// The next message of a type, taken out of those that have come; others stay.
    func message(ofType type: String, within limit: Duration = .seconds(15)) async throws -> JSONDocument {
        try await eventually("a \(type) message", within: limit, every: .milliseconds(10)) {
            try received(ofType: type)
        }
    }

    /// As `message`, of what is there already.
    func received(ofType type: String) throws -> JSONDocument? {
        try lock.withLock {
            if let place = messages.firstIndex(where: { $0.root["type"]?.isString(type) == true }) {
                return messages.remove(at: place)
            }
            if let failure { throw Failure(failure) }
            return nil
        }
    }

    /// The code of the server's close frame.
    func closeCode(within limit: Duration = .seconds(10)) async throws -> Int {
        try await eventually("the server closes", within: limit, every: .milliseconds(10)) { lock.withLock { closed } }
    }

    func send(_ text: String) throws { try write(0x1, Array(text.utf8)) }

    /// Ends the connection without further words.
    func close() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}

// MARK: - Frames

extension WebSocketClient {
    private func upgrade(_ path: String) throws {
        let head = """
            GET \(path) HTTP/1.1\r
            Host: 127.0.0.1\r
            Upgrade: websocket\r
            Connection: Upgrade\r
            Sec-WebSocket-Version: 13\r
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
            \r

            """
        try sendAll(Array(head.utf8))
        var answer: [UInt8] = []
        while !answer.reversed().starts(with: Array("\n\r\n\r".utf8)) { answer += try take(1) }
        let text = String(decoding: answer, as: UTF8.self)
        guard text.hasPrefix("HTTP/1.1 101"), text.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") else {
            throw Failure("the upgrade was refused: \(text.prefix(200))")
        }
    }

    private func read() {
        do {
            while try readFrame() {}
        } catch {
            lock.withLock { failure = "the WebSocket ended: \(error)" }
        }
        Glibc.close(descriptor)
    }

    /// Returns whether more may follow.
    private func readFrame() throws -> Bool {
        let head = try take(2)
        var length = Int(head[1] & 0x7f)
        if length == 126 {
            length = try take(2).reduce(0) { $0 << 8 | Int($1) }
        } else if length == 127 {
            length = try take(8).reduce(0) { $0 << 8 | Int($1) }
        }
        let payload = try take(length)
        switch head[0] {
        case 0x81:
            let document = try JSONDocument(payload)
            lock.withLock { messages.append(document) }
        case 0x88:
            lock.withLock {
                closed = payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : 1005
                failure = "the server closed the WebSocket"
            }
            try write(0x8, Array(payload.prefix(2)))
            return false
        case 0x89: try write(0xa, payload)
        default: throw Failure("unexpected frame \(head[0])")
        }
        return true
    }

    private func take(_ count: Int) throws -> [UInt8] {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while buffer.count < count {
            let received = recv(descriptor, &chunk, chunk.count, 0)
            guard received > 0 else { throw Failure("the connection ended: \(received == 0 ? 0 : errno)") }
            buffer += chunk[..<received]
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer.prefix(count))
    }

    private func write(_ opcode: UInt8, _ payload: [UInt8]) throws {
        precondition(payload.count < 126, "a test's message is short")
        let mask: [UInt8] = [1, 2, 3, 4]
        try sendAll(
            [0x80 | opcode, 0x80 | UInt8(payload.count)] + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
        )
    }

    private func sendAll(_ bytes: [UInt8]) throws {
        guard Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw Failure("cannot send: \(errno)")
        }
    }
}
