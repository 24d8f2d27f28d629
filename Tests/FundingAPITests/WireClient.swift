import Foundation
import FundingJSON
import FundingRuntime
import Glibc
import TestSupport

/// A blocking client of one connection, for HTTP requests and then perhaps a WebSocket. Every read has a deadline.
final class WireClient: Sendable {
    private let descriptor: Int32
    private let buffer = Lock<[UInt8]>([])

    init(port: Int, patienceSeconds: Int = 15) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var patience = timeval(tv_sec: patienceSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw TestSupportError("connect: \(errno)") }
    }

    deinit { Glibc.close(descriptor) }

    // MARK: HTTP

    struct Answer: Sendable {
        var status: Int
        var headers: [String: String]
        var body: [UInt8]

        var json: JSONView { get throws { try JSONDocument(body).root } }
    }

    func get(_ target: String, headers: [String] = []) throws -> Answer {
        try request("GET", target, headers: headers)
    }

    /// Sends a request, with a JSON body if there is one, and reads its answer whole.
    func request(_ method: String, _ target: String, headers: [String] = [], body: String? = nil) throws -> Answer {
        try ask(method, target, headers: headers, body: body)
        let (status, fields) = try answerHead()
        if method == "HEAD" || status == 304 || status == 204 {
            return Answer(status: status, headers: fields, body: [])
        }
        if fields["transfer-encoding"] == "chunked" {
            return Answer(status: status, headers: fields, body: try chunks())
        }
        let length = fields["content-length"].flatMap(Int.init) ?? 0
        return Answer(status: status, headers: fields, body: try read(length))
    }

    /// Sends a request and reads nothing.
    func ask(_ method: String, _ target: String, headers: [String] = [], body: String? = nil) throws {
        let bodyHeaders =
            body.map { ["Content-Type: application/json", "Content-Length: \($0.utf8.count)"] }
            ?? (method == "GET" || method == "HEAD" ? [] : ["Content-Length: 0"])
        let head = (["\(method) \(target) HTTP/1.1", "Host: localhost"] + headers + bodyHeaders)
            .joined(separator: "\r\n")
        try send(Array((head + "\r\n\r\n" + (body ?? "")).utf8))
    }

    func answerHead() throws -> (status: Int, headers: [String: String]) {
        let status = Int(try line().split(separator: " ")[1]) ?? 0
        var fields: [String: String] = [:]
        while case let line = try line(), !line.isEmpty {
            let parts = line.split(separator: ":", maxSplits: 1)
            fields[parts[0].lowercased()] = parts.last?.trimmingCharacters(in: .whitespaces)
        }
        return (status, fields)
    }

    /// One chunk of an answer that comes in chunks; empty at its end.
    func chunk() throws -> [UInt8] {
        let length = Int(try line(), radix: 16) ?? 0
        let bytes = try read(length)
        _ = try line()
        return bytes
    }

    private func chunks() throws -> [UInt8] {
        var body: [UInt8] = []
        while case let chunk = try chunk(), !chunk.isEmpty { body += chunk }
        return body
    }

    // MARK: WebSocket

    func upgrade(origin: String? = nil) throws -> Int {
        try get(
            "/ws",
            headers: [
                "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            ] + (origin.map { ["Origin: \($0)"] } ?? [])
        ).status
    }

    func tell(_ text: String) throws {
        let payload = Array(text.utf8)
        precondition(payload.count < 126, "Test messages are short.")
        // A mask of zeros leaves the payload as it is.
        try send([0x81, 0x80 | UInt8(payload.count), 0, 0, 0, 0] + payload)
    }

    /// The next message that is no ping; nil if the server closes.
    func message() throws -> JSONView? {
        while true {
            let head = try read(2)
            var length = Int(head[1] & 0x7f)
            if length >= 126 { length = try read(length == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) } }
            let payload = try read(length)
            if head[0] & 0x0f == 0x8 { return nil }
            if head[0] & 0x0f == 0x1 { return try JSONDocument(payload).root }
        }
    }

    /// The next message of a type; others are skipped.
    func message(_ type: String) throws -> JSONView {
        while let message = try message() {
            if message["type"]?.isString(type) == true { return message }
        }
        throw TestSupportError("closed before a \(type) frame came")
    }

    // MARK: Bytes

    private func send(_ bytes: [UInt8]) throws {
        guard Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw TestSupportError("send: \(errno)")
        }
    }

    private func read(_ count: Int) throws -> [UInt8] {
        while buffer.withLock(\.count) < count { try fill() }
        return buffer.withLock { buffer in
            defer { buffer.removeFirst(count) }
            return Array(buffer.prefix(count))
        }
    }

    private func line() throws -> String {
        while true {
            let line: String? = buffer.withLock { buffer in
                guard let end = buffer.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
                defer { buffer.removeFirst(end + 1) }
                return String(decoding: buffer[..<end].dropLast(), as: UTF8.self)
            }
            if let line { return line }
            try fill()
        }
    }

    private func fill() throws {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count > 0 else { throw TestSupportError(count == 0 ? "closed" : "nothing came in time") }
        buffer.withLock { $0 += chunk[..<count] }
    }
}

/// Runs blocking code on a thread of its own: the test's own pool also runs the server.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}
