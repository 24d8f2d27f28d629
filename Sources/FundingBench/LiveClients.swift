import Foundation
import Glibc

/// Many WebSocket clients of a running API on one thread. They read every byte, note when each message has come whole, and
/// do no more: what a browser would do with it is its own machine's work.
final class LiveClients {
    /// When a message's last byte was read, in seconds since 1970, how long it was, and what was read if it is kept.
    struct Message {
        var time: TimeInterval
        var size: Int
        var payload: [UInt8]
        var isCompressed: Bool
    }

    private var poll = LoadPoll()
    private var clients: [Client] = []
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)

    deinit { buffer.deallocate() }

    /// Lets clients subscribe.
    /// - Parameters:
    ///   - compressed: they offer permessage-deflate, as browsers do.
    ///   - keepsMessages: what is read can be looked at, not only its time.
    func join(
        _ count: Int, port: Int, channels: String, compressed: Bool, keepsMessages: Bool = false
    ) {
        let offer = compressed ? "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" : ""
        let request = """
            GET /ws?channels=\(channels) HTTP/1.1\r
            Host: localhost\r
            Upgrade: websocket\r
            Connection: Upgrade\r
            Sec-WebSocket-Version: 13\r
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
            \(offer)\r

            """
        for _ in 0..<count {
            let client = Client(port: port, keepsMessages: keepsMessages)
            poll.add(client.socket)
            clients.append(client)
            client.socket.send(Array(request.utf8))
            read(within: 0)
        }
    }

    /// What every client has received so far.
    var messages: [[Message]] { clients.map(\.messages) }

    /// Bytes that all clients have received.
    var byteCount: Int { clients.reduce(0) { $0 + $1.byteCount } }

    /// Forgets what was received.
    func forget() { for client in clients { client.messages = [] } }

    /// Reads for a while.
    func read(for duration: Duration) {
        let end = ContinuousClock.now + duration
        while ContinuousClock.now < end { read(within: 50) }
    }

    private func read(within milliseconds: Int32) {
        for number in poll.ready(within: milliseconds) {
            let client = clients[number]
            let count = client.socket.read(into: buffer)
            if count > 0 { client.take(UnsafeRawBufferPointer(buffer)[..<count]) }
        }
    }

    private final class Client {
        let socket: LoadSocket
        var messages: [Message] = []
        private(set) var byteCount = 0
        private let keepsMessages: Bool
        private var isUpgraded = false
        private var head: [UInt8] = []
        private var payload: [UInt8] = []
        private var missing = 0
        private var size = 0

        init(port: Int, keepsMessages: Bool) {
            socket = LoadSocket(port: port)
            self.keepsMessages = keepsMessages
        }

        func take(_ bytes: Slice<UnsafeRawBufferPointer>) {
            byteCount += bytes.count
            var rest = bytes
            while !rest.isEmpty {
                if missing > 0 {
                    let part = rest.prefix(missing)
                    if keepsMessages { payload += part }
                    missing -= part.count
                    rest = rest.dropFirst(part.count)
                } else {
                    head.append(rest.removeFirst())
                    guard isUpgraded ? hasFrameHead : hasAnswer else { continue }
                }
                if missing == 0 { finish() }
            }
        }

        private var hasAnswer: Bool { head.count > 4 && head.suffix(4) == Array("\r\n\r\n".utf8)[...] }

        /// Whether the frame's head is there; then it is known how much is missing.
        private var hasFrameHead: Bool {
            guard head.count >= 2 else { return false }
            let extra = head[1] == 127 ? 8 : head[1] == 126 ? 2 : 0
            guard head.count == 2 + extra else { return false }
            missing = extra == 0 ? Int(head[1]) : head[2...].reduce(0) { $0 << 8 | Int($1) }
            size = missing
            return true
        }

        private func finish() {
            defer {
                head = []
                payload = []
            }
            guard isUpgraded else {
                guard head.starts(with: Array("HTTP/1.1 101".utf8)) else { fatalError("the upgrade was refused") }
                isUpgraded = true
                return
            }
            switch head[0] & 0x0f {
            case 0x1:
                messages.append(
                    Message(
                        time: Date().timeIntervalSince1970, size: size, payload: payload,
                        isCompressed: head[0] & 0x40 != 0))
            // A pong of no bytes, masked with zeros.
            case 0x9: socket.send([0x8a, 0x80, 0, 0, 0, 0])
            default: fatalError("the server closed a WebSocket")
            }
        }
    }
}
