/// One kind of frame of RFC 6455, and how a client writes it.
enum WebSocketFrame: UInt8 {
    case continuation = 0
    case text = 1
    case binary = 2
    case close = 8
    case ping = 9
    case pong = 10

    /// Ping, pong and close: never fragmented, 125 bytes at most, and allowed between a message's fragments.
    var isControl: Bool { rawValue >= 8 }

    /// The bytes of a whole frame, masked as a client's must be (section 5.3).
    ///
    /// - Parameter key: four fresh random bytes, the first in the lowest bits.
    func encoded(_ payload: some Collection<UInt8>, key: UInt32 = .random(in: .min ... .max)) -> [UInt8] {
        var frame: [UInt8] = [0x80 | rawValue]
        frame.reserveCapacity(payload.count + 14)
        switch payload.count {
        case ..<126:
            frame.append(0x80 | UInt8(payload.count))
        case ..<65_536:
            frame.append(0x80 | 126)
            frame.append(bigEndian: UInt16(payload.count))
        default:
            frame.append(0x80 | 127)
            frame.append(bigEndian: UInt64(payload.count))
        }
        frame.append(bigEndian: key.byteSwapped)
        let start = frame.count
        frame.append(contentsOf: payload)
        frame.withUnsafeMutableBytes { Self.mask(UnsafeMutableRawBufferPointer(rebasing: $0[start...]), key: key) }
        return frame
    }

    /// A close frame's payload. A reason that would not fit is cut between characters.
    static func closePayload(code: Int, reason: String = "") -> [UInt8] {
        var payload = [UInt8(truncatingIfNeeded: code >> 8), UInt8(truncatingIfNeeded: code)]
        for character in reason {
            guard payload.count + character.utf8.count <= 125 else { break }
            payload.append(contentsOf: character.utf8)
        }
        return payload
    }

    /// Whether a close frame may carry this code (section 7.4; 1012 to 1014 were registered later).
    static func isCloseCode(_ code: Int) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    /// Applies a masking key to a payload, eight bytes at a time. Doing it again undoes it.
    static func mask(_ payload: UnsafeMutableRawBufferPointer, key: UInt32) {
        let wide = (UInt64(key) << 32 | UInt64(key)).littleEndian
        let whole = payload.count & ~7
        for offset in stride(from: 0, to: whole, by: 8) {
            let masked = payload.loadUnaligned(fromByteOffset: offset, as: UInt64.self) ^ wide
            payload.storeBytes(of: masked, toByteOffset: offset, as: UInt64.self)
        }
        for offset in whole..<payload.count {
            payload[offset] ^= UInt8(truncatingIfNeeded: key >> UInt32(8 * (offset & 3)))
        }
    }
}

/// What a server may not do: the reason in words, and the code of the close frame that tells it so.
struct WebSocketViolation: Error, Equatable {
    var closeCode: Int
    var reason: String

    static func broken(_ reason: String) -> WebSocketViolation { WebSocketViolation(closeCode: 1002, reason: reason) }
    static func notText(_ reason: String) -> WebSocketViolation { WebSocketViolation(closeCode: 1007, reason: reason) }
    static func tooLarge(_ reason: String) -> WebSocketViolation { WebSocketViolation(closeCode: 1009, reason: reason) }
}

/// Turns a server's bytes, cut anywhere, into messages and control frames (RFC 6455 section 5, no extensions).
///
/// It holds one unfinished message and one unfinished control frame, never more than `messageLimit` and 125 bytes:
/// a length that would exceed them is refused when it is announced.
struct WebSocketDecoder {
    enum Event: Equatable {
        case text([UInt8])
        case binary([UInt8])
        case ping([UInt8])
        case pong([UInt8])
        /// Nothing after it is read. Without a code the frame was empty.
        case close(code: Int?, reason: String)
    }

    private struct Frame {
        var kind: WebSocketFrame
        var isFinal: Bool
        /// How much of the payload has still to come.
        var remaining: Int
    }

    /// The largest message accepted, all fragments together.
    let messageLimit: Int

    /// Whether a close frame has come.
    private(set) var isClosed = false

    private var header: [UInt8] = []
    private var frame: Frame?
    /// What kind of message is under way between its first and its last fragment.
    private var messageKind: WebSocketFrame?
    private var message: [UInt8] = []
    private var control: [UInt8] = []

    init(messageLimit: Int) {
        self.messageLimit = messageLimit
        header.reserveCapacity(10)
    }

    /// Reads on. What was complete before a violation is in `events` when it is thrown; the decoder is of no use then.
    mutating func decode(
        _ bytes: UnsafeBufferPointer<UInt8>, into events: inout [Event]
    ) throws(WebSocketViolation) {
        var position = 0
        while position < bytes.count, !isClosed {
            if let current = frame {
                let count = min(current.remaining, bytes.count - position)
                append(UnsafeBufferPointer(rebasing: bytes[position..<position + count]), of: current.kind)
                position += count
                frame?.remaining -= count
            } else {
                header.append(bytes[position])
                position += 1
                frame = try completeHeader()
            }
            if let current = frame, current.remaining == 0 {
                frame = nil
                try finish(current, into: &events)
            }
        }
    }

    private mutating func append(_ piece: UnsafeBufferPointer<UInt8>, of kind: WebSocketFrame) {
        if kind.isControl {
            control.append(contentsOf: piece)
        } else {
            message.append(contentsOf: piece)
        }
    }

    /// The frame that the header announces, once all of it is there.
    private mutating func completeHeader() throws(WebSocketViolation) -> Frame? {
        guard header.count >= 2 else { return nil }
        let short = Int(header[1] & 0x7F)
        let needed = short < 126 ? 2 : short == 126 ? 4 : 10
        if header.count == 2 { try checkStart() }
        guard header.count == needed else { return nil }
        let long = header[2...].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard long >> 63 == 0 else { throw .broken("a frame's length has its highest bit set") }
        let length = short < 126 ? short : Int(long)
        guard let kind = WebSocketFrame(rawValue: header[0] & 0x0F) else { return nil }
        guard kind.isControl || length <= messageLimit - message.count else {
            throw .tooLarge("a message of \(message.count) + \(length) bytes, \(messageLimit) are accepted")
        }
        defer { header.removeAll(keepingCapacity: true) }
        return Frame(kind: kind, isFinal: header[0] & 0x80 != 0, remaining: length)
    }

    /// Judges a header by its first two bytes.
    private mutating func checkStart() throws(WebSocketViolation) {
        guard header[0] & 0x70 == 0 else { throw .broken("a frame uses an extension that was not agreed on") }
        guard let kind = WebSocketFrame(rawValue: header[0] & 0x0F) else {
            throw .broken("a frame has the unknown opcode \(header[0] & 0x0F)")
        }
        guard header[1] & 0x80 == 0 else { throw .broken("a server's frame is masked") }
        if kind.isControl {
            guard header[0] & 0x80 != 0 else { throw .broken("a control frame is fragmented") }
            guard header[1] <= 125 else { throw .broken("a control frame is longer than 125 bytes") }
        } else if kind == .continuation {
            guard messageKind != nil else { throw .broken("a continuation without a message") }
        } else {
            guard messageKind == nil else { throw .broken("a new message inside a fragmented one") }
            messageKind = kind
        }
    }

    private mutating func finish(_ frame: Frame, into events: inout [Event]) throws(WebSocketViolation) {
        guard !frame.kind.isControl else {
            let payload = control
            control = []
            switch frame.kind {
            case .ping: events.append(.ping(payload))
            case .pong: events.append(.pong(payload))
            default: events.append(try close(payload))
            }
            return
        }
        guard frame.isFinal, let kind = messageKind else { return }
        let payload = message
        (message, messageKind) = ([], nil)
        if kind == .text {
            guard payload.isUTF8 else { throw .notText("a text message is not UTF-8") }
            events.append(.text(payload))
        } else {
            events.append(.binary(payload))
        }
    }

    private mutating func close(_ payload: [UInt8]) throws(WebSocketViolation) -> Event {
        isClosed = true
        guard !payload.isEmpty else { return .close(code: nil, reason: "") }
        guard payload.count >= 2 else { throw .broken("a close frame with half a code") }
        let code = Int(payload[0]) << 8 | Int(payload[1])
        guard WebSocketFrame.isCloseCode(code) else { throw .broken("a close frame with the code \(code)") }
        let reason = Array(payload[2...])
        guard reason.isUTF8 else { throw .notText("a close frame's reason is not UTF-8") }
        return .close(code: code, reason: String(decoding: reason, as: UTF8.self))
    }
}

extension [UInt8] {
    fileprivate var isUTF8: Bool {
        do {
            _ = try UTF8Span(validating: span)
            return true
        } catch {
            return false
        }
    }

    fileprivate mutating func append(bigEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }
}
