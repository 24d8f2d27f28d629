import WebServer

/// Frames that are no text messages.
enum StreamFrames {
    static let ping = WebSocketFrame(wire: [0x89, 0x00])

    /// The header of a text of 100 MB and its first 64 KiB.
    static let hugeBeginning: WebSocketFrame = {
        let length = 100_000_000
        let header: [UInt8] = [0x81, 127] + (0..<8).map { UInt8(truncatingIfNeeded: length >> (56 - 8 * $0)) }
        return WebSocketFrame(wire: header + [UInt8](repeating: UInt8(ascii: "["), count: 1 << 16))
    }()

    static func garbage(_ garbage: StreamGarbage) -> WebSocketFrame {
        switch garbage {
        case .text(let bytes): WebSocketFrame(bytes)
        case .binary(let bytes):
            WebSocketFrame(
                wire: [0x82, 126, UInt8(truncatingIfNeeded: bytes.count >> 8), UInt8(truncatingIfNeeded: bytes.count)]
                    + bytes
            )
        }
    }
}
