import Glibc

/// How long a running API takes to answer, from the first byte of a request to the last of its answer, on connections
/// that are kept and ask one thing after the other.
struct RequestBench {
    let port: Int

    /// Asks for each target once.
    func time(_ targets: [String], connections: Int) -> Timings {
        var waiting = targets.reversed().map { $0 }
        var timings = Timings()
        var poll = LoadPoll()
        var clients: [Client] = []
        for _ in 0..<min(connections, targets.count) {
            let client = Client(port: port)
            poll.add(client.socket)
            clients.append(client)
            client.ask(waiting.removeLast())
        }
        var open = clients.count
        while open > 0 {
            for number in poll.ready(within: 10_000) {
                guard let duration = clients[number].read() else { continue }
                timings.note(duration)
                if let target = waiting.popLast() { clients[number].ask(target) } else { open -= 1 }
            }
        }
        return timings
    }

    /// One answer's status and body.
    func get(_ target: String) -> (status: Int, body: [UInt8]) {
        let client = Client(port: port, keepsBody: true)
        var poll = LoadPoll()
        poll.add(client.socket)
        client.ask(target)
        while client.read() == nil { _ = poll.ready(within: 10_000) }
        return (client.status, client.body)
    }

    private final class Client {
        let socket: LoadSocket
        private(set) var status = 0
        private(set) var body: [UInt8] = []
        private let keepsBody: Bool
        private var head: [UInt8] = []
        private var missing: Int?
        private var asked = ContinuousClock.now
        private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)

        init(port: Int, keepsBody: Bool = false) {
            socket = LoadSocket(port: port)
            self.keepsBody = keepsBody
        }

        deinit { buffer.deallocate() }

        func ask(_ target: String) {
            head = []
            missing = nil
            asked = .now
            socket.send(Array("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
        }

        /// Reads on; the time it took once the answer is there.
        func read() -> Duration? {
            while case let count = socket.read(into: buffer), count > 0 {
                take(buffer[..<count])
                guard missing == 0 else { continue }
                guard status < 500 else { fatalError("the API answered \(status)") }
                return ContinuousClock.now - asked
            }
            return nil
        }

        private func take(_ bytes: Slice<UnsafeMutableRawBufferPointer>) {
            if let missing {
                self.missing = missing - bytes.count
                if keepsBody { body += bytes }
                return
            }
            head += bytes
            guard let end = head.firstRange(of: Array("\r\n\r\n".utf8)) else { return }
            let lines = String(decoding: head[..<end.lowerBound], as: UTF8.self).lowercased().split(separator: "\r\n")
            status = Int(lines[0].dropFirst(9).prefix(3)) ?? 0
            let field = "content-length: "
            let length = lines.first { $0.hasPrefix(field) }.flatMap { Int($0.dropFirst(field.count)) } ?? 0
            missing = length - (head.count - end.upperBound)
            if keepsBody { body = Array(head[end.upperBound...]) }
        }
    }
}
