import NIOConcurrencyHelpers
import NIOCore

/// One text message as it goes onto the wire, header included: made once, sent to any number of clients without a
/// copy, because a server's frames are not masked. For those who understand that, it is compressed once as well.
public struct WebSocketFrame: Sendable {
    /// Shorter messages fit into one packet anyway.
    private static let worthCompressing = 1024

    let wire: ByteBuffer
    private let headerLength: Int
    private let compression: NIOLockedValueBox<ByteBuffer?>?

    /// The bytes a client is sent, header included.
    public var byteCount: Int { wire.readableBytes }

    /// The message's bytes.
    public var payload: [UInt8] { Array(wire.readableBytesView.dropFirst(headerLength)) }

    /// Frames a text message.
    ///
    /// - Parameter json: its bytes, which must be UTF-8; clients close the connection on anything else.
    public init(_ json: [UInt8]) {
        wire = Self.encode(opcode: 0x1, json)
        headerLength = wire.readableBytes - json.count
        compression = json.count < Self.worthCompressing ? nil : NIOLockedValueBox(nil)
    }

    /// Bytes that go out as they are, for a server that breaks the rules on purpose: nothing is framed or checked.
    public init(wire bytes: [UInt8]) {
        wire = ByteBuffer(bytes: bytes)
        headerLength = 0
        compression = nil
    }

    /// For a client that permessage-deflate is agreed on with: made when the first such client is sent it.
    var compressed: ByteBuffer {
        guard let compression else { return wire }
        return compression.withLockedValue { made in
            if let made { return made }
            let frame = Deflate.compress(payload).map { Self.encode(opcode: 0x1, $0, isCompressed: true) } ?? wire
            made = frame
            return frame
        }
    }

    static let ping = encode(opcode: 0x9, [])

    static func pong(_ payload: ByteBuffer) -> ByteBuffer {
        encode(opcode: 0xA, Array(payload.readableBytesView))
    }

    /// A close frame; no code sends an empty one. The reason is cut where a control frame ends.
    static func close(_ code: Int?, _ reason: String) -> ByteBuffer {
        guard let code else { return encode(opcode: 0x8, []) }
        var text = reason
        while text.utf8.count > 123 { text.removeLast() }
        return encode(opcode: 0x8, [UInt8(truncatingIfNeeded: code >> 8), UInt8(truncatingIfNeeded: code)] + text.utf8)
    }

    private static func encode(opcode: UInt8, _ payload: [UInt8], isCompressed: Bool = false) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: payload.count + 10)
        buffer.writeInteger(0x80 | (isCompressed ? 0x40 : 0) | opcode)
        switch payload.count {
        case ...125: buffer.writeInteger(UInt8(payload.count))
        case ...65_535:
            buffer.writeInteger(UInt8(126))
            buffer.writeInteger(UInt16(payload.count))
        default:
            buffer.writeInteger(UInt8(127))
            buffer.writeInteger(UInt64(payload.count))
        }
        buffer.writeBytes(payload)
        return buffer
    }
}
