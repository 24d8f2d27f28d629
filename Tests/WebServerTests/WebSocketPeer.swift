/// A WebSocket client that can break every rule.
final class WebSocketPeer {
    struct Frame: Equatable {
        var isFinal = true
        var isCompressed = false
        var opcode: UInt8
        var payload: [UInt8]

        var text: String { String(decoding: payload, as: UTF8.self) }
        var closeCode: Int? { payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil }
    }

    static let key = "dGhlIHNhbXBsZSBub25jZQ=="

    let socket: TestSocket

    /// Connects and expects the upgrade to be granted.
    init(port: Int, target: String = "/ws", headers: [String] = [], receiveBuffer: Int32? = nil) throws {
        socket = try TestSocket(port: port, receiveBuffer: receiveBuffer)
        try upgrade(target, headers)
    }

    /// Upgrades a connection that has served requests before.
    init(upgrading socket: TestSocket, target: String = "/ws") throws {
        self.socket = socket
        try upgrade(target, [])
    }

    static func handshake(headers: [String] = []) -> [String] {
        ["Upgrade: websocket", "Connection: keep-alive, Upgrade", "Sec-WebSocket-Version: 13"]
            + ["Sec-WebSocket-Key: \(key)"] + headers
    }

    private func upgrade(_ target: String, _ headers: [String]) throws {
        let reply = try socket.request("GET", target, headers: Self.handshake(headers: headers))
        guard reply.status == 101, reply["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" else {
            throw TestSocket.Failure(reason: "upgrade answered \(reply.status): \(reply.text)")
        }
    }

    func send(_ text: String) throws {
        try send(0x1, Array(text.utf8))
    }

    func send(
        _ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, isMasked: Bool = true, reserved: UInt8 = 0
    ) throws {
        var bytes: [UInt8] = [(isFinal ? 0x80 : 0) | reserved | opcode]
        let maskBit: UInt8 = isMasked ? 0x80 : 0
        switch payload.count {
        case ...125: bytes.append(maskBit | UInt8(payload.count))
        case ...65_535: bytes += [maskBit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
        default:
            bytes.append(maskBit | 127)
            bytes += (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> ($0 * 8)) }
        }
        let mask: [UInt8] = [0x12, 0x34, 0x56, 0x78]
        if isMasked { bytes += mask }
        bytes += isMasked ? payload.enumerated().map { $1 ^ mask[$0 % 4] } : payload
        try socket.send(bytes)
    }

    /// The next frame, pings included.
    func readFrame() throws -> Frame {
        let head = try socket.read(2)
        var length = Int(head[1] & 0x7f)
        if length == 126 {
            length = try socket.read(2).reduce(0) { $0 << 8 | Int($1) }
        } else if length == 127 {
            length = try socket.read(8).reduce(0) { $0 << 8 | Int($1) }
        }
        guard head[1] & 0x80 == 0 else { throw TestSocket.Failure(reason: "a server's frame is masked") }
        return Frame(
            isFinal: head[0] & 0x80 != 0, isCompressed: head[0] & 0x40 != 0, opcode: head[0] & 0x0f,
            payload: try socket.read(length))
    }

    /// Reads until the close frame, answers it, and returns its code.
    func readClose(answering: Bool = true) throws -> Int? {
        while true {
            let frame = try readFrame()
            guard frame.opcode == 0x8 else { continue }
            if answering { try send(0x8, Array(frame.payload.prefix(2))) }
            return frame.closeCode
        }
    }
}
