import NIOCore
import NIOWebSocket

/// Turns a client's frames into messages and holds it to the protocol (RFC 6455).
struct WebSocketAssembler {
    /// What a frame means.
    enum Event: Equatable {
        case nothing
        case text(String)
        case ping(ByteBuffer)
        case close(code: Int?)
        case violation(code: Int, reason: String)
    }

    private let limit: Int
    private let expands: Bool
    private var fragments: ByteBuffer?
    private var isCompressed = false

    /// - Parameters:
    ///   - limit: the longest message in bytes.
    ///   - expands: messages may be compressed.
    init(limit: Int, expands: Bool = false) {
        self.limit = limit
        self.expands = expands
    }

    mutating func take(_ frame: NIOWebSocket.WebSocketFrame) -> Event {
        guard frame.maskKey != nil else { return .violation(code: 1002, reason: "frames of a client must be masked") }
        // Only a message's first frame may say that the message is compressed.
        guard !frame.rsv1 || expands && frame.opcode == .text, !frame.rsv2, !frame.rsv3 else {
            return .violation(code: 1002, reason: "no such extension was agreed on")
        }
        switch frame.opcode {
        case .text:
            guard fragments == nil else { return .violation(code: 1002, reason: "a message is not finished") }
            isCompressed = frame.rsv1
            fragments = ByteBuffer()
            return append(frame.unmaskedData, isLast: frame.fin)
        case .continuation:
            guard fragments != nil else { return .violation(code: 1002, reason: "nothing to continue") }
            return append(frame.unmaskedData, isLast: frame.fin)
        case .binary: return .violation(code: 1003, reason: "only text is understood")
        case .ping: return .ping(frame.unmaskedData)
        case .pong: return .nothing
        case .connectionClose: return close(frame.unmaskedData)
        default: return .violation(code: 1002, reason: "unknown opcode")
        }
    }

    private mutating func append(_ piece: ByteBuffer, isLast: Bool) -> Event {
        guard (fragments?.readableBytes ?? 0) + piece.readableBytes <= limit else {
            return .violation(code: 1009, reason: "a message may have \(limit) bytes")
        }
        // In place: were the buffer held twice, each piece would copy all before it.
        fragments?.writeImmutableBuffer(piece)
        guard isLast, let message = fragments else { return .nothing }
        fragments = nil
        return isCompressed ? expanded(message) : Self.text(message.readableBytesView)
    }

    private func expanded(_ message: ByteBuffer) -> Event {
        do {
            return Self.text(try Deflate.expand(Array(message.readableBytesView), limit: limit))
        } catch {
            switch error {
            case .tooLong: return .violation(code: 1009, reason: "a message may have \(limit) bytes")
            case .malformed: return .violation(code: 1007, reason: "the message cannot be expanded")
            }
        }
    }

    private static func text(_ bytes: some Collection<UInt8>) -> Event {
        String(validating: bytes, as: UTF8.self).map { .text($0) }
            ?? .violation(code: 1007, reason: "text must be UTF-8")
    }

    private func close(_ payload: ByteBuffer) -> Event {
        var payload = payload
        guard payload.readableBytes > 0 else { return .close(code: nil) }
        guard let code = payload.readInteger(as: UInt16.self).map({ Int($0) }), Self.isSendable(code) else {
            return .violation(code: 1002, reason: "not a close code")
        }
        guard String(validating: payload.readableBytesView, as: UTF8.self) != nil else {
            return .violation(code: 1007, reason: "a reason must be UTF-8")
        }
        return .close(code: code)
    }

    private static func isSendable(_ code: Int) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
