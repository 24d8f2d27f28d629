import Foundation
import Glibc

/// Many HTTP clients at once, on one thread: each has a connection of its own and asks one thing after the other.
public struct Crowd: Sendable {
    /// An answer that came whole.
    public struct Answer: Sendable, Equatable {
        public var status: Int
        /// By their names in small letters.
        public var headers: [String: String]
        public var length: Int
    }

    /// How a client's connection ended.
    public enum End: Sendable, Equatable {
        /// The client had nothing more to ask.
        case satisfied
        /// The server closed before the first byte of an answer.
        case closed
        /// The server closed in the midst of an answer.
        case cutOff
        case late
        case failed(errno: Int32)
    }

    /// What one client has seen.
    public struct Member: Sendable {
        public var answers: [Answer] = []
        public var end = End.late
    }

    private let port: Int
    private let clients: Int

    /// - Parameter port: on loopback.
    public init(of clients: Int, port: Int) {
        self.port = port
        self.clients = clients
        // Each client is an open file, and so is its peer where the server is this process.
        var files = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
        files.rlim_cur = files.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
    }

    /// Lets all of them ask, until each has an end.
    /// - Parameters:
    ///   - limit: after that, whoever still waits is late.
    ///   - target: what a client asks after so many answers; nil when it is satisfied. It does not block.
    public func ask(
        within limit: Duration, _ target: @escaping @Sendable (_ client: Int, _ answers: Int) -> String?
    ) async -> [Member] {
        // On a thread of its own: it blocks.
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: run(within: limit, target)) }
        }
    }

    private func run(within limit: Duration, _ target: (_ client: Int, _ answers: Int) -> String?) -> [Member] {
        let deadline = ContinuousClock.now + limit
        var clients = (0..<clients).map { _ in CrowdClient(port: port) }
        for place in clients.indices { clients[place].ask(target(place, 0)) }
        while ContinuousClock.now < deadline {
            let waiting = clients.indices.filter { clients[$0].end == nil }
            guard !waiting.isEmpty else { break }
            var polled = waiting.map { clients[$0].interest }
            guard poll(&polled, nfds_t(polled.count), 100) > 0 else { continue }
            for (place, interest) in zip(waiting, polled) where interest.revents != 0 {
                while clients[place].proceed() {
                    clients[place].ask(target(place, clients[place].member.answers.count))
                }
            }
        }
        return clients.map { $0.finish() }
    }
}

/// One client of a crowd: sends what it can, reads what there is, and never waits.
private struct CrowdClient {
    private(set) var member = Crowd.Member()
    private(set) var end: Crowd.End?
    private let descriptor: Int32
    private var unsent: ArraySlice<UInt8> = []
    private var received: [UInt8] = []

    init(port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if connected != 0, errno != EINPROGRESS { end = .failed(errno: errno) }
    }

    var interest: pollfd {
        pollfd(fd: descriptor, events: Int16(POLLIN) | (unsent.isEmpty ? 0 : Int16(POLLOUT)), revents: 0)
    }

    mutating func ask(_ target: String?) {
        guard let target else { return end = .satisfied }
        unsent += Array("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
    }

    /// Does what can be done now.
    /// - Returns: whether an answer has come, so that the next thing may be asked.
    mutating func proceed() -> Bool {
        guard end == nil else { return false }
        if takeAnswer() { return true }
        if !unsent.isEmpty {
            let sent = unsent.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if sent > 0 { unsent.removeFirst(sent) } else if errno != EAGAIN { end = .failed(errno: errno) }
        }
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count > 0 {
            received += chunk[..<count]
            return takeAnswer()
        }
        if count == 0 { end = received.isEmpty ? .closed : .cutOff }
        if count < 0, errno != EAGAIN {
            end = received.isEmpty && errno == ECONNRESET ? .closed : .failed(errno: errno)
        }
        return false
    }

    private mutating func takeAnswer() -> Bool {
        let separator = Array("\r\n\r\n".utf8)
        guard let head = received.firstRange(of: separator) else { return false }
        let lines = String(decoding: received[..<head.lowerBound], as: UTF8.self).split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.last.map { $0.drop { $0 == " " } }.map(String.init)
        }
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        guard received.count >= head.upperBound + length else { return false }
        received.removeFirst(head.upperBound + length)
        let status = lines.first.flatMap { Int($0.dropFirst(9).prefix(3)) } ?? 0
        member.answers.append(Crowd.Answer(status: status, headers: headers, length: length))
        if headers["connection"] == "close" { end = .satisfied }
        return end == nil
    }

    func finish() -> Crowd.Member {
        close(descriptor)
        var member = member
        if let end { member.end = end }
        return member
    }
}
