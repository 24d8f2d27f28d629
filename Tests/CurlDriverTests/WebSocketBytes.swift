@testable import CurlDriver

/// A server's frames, written byte by byte so that the driver's own writer is not its judge.
enum ServerFrame {
    static func text(_ text: String, isFinal: Bool = true) -> [UInt8] { frame(1, Array(text.utf8), isFinal: isFinal) }

    static func binary(_ bytes: [UInt8], isFinal: Bool = true) -> [UInt8] { frame(2, bytes, isFinal: isFinal) }

    static func continuation(_ bytes: [UInt8], isFinal: Bool = true) -> [UInt8] { frame(0, bytes, isFinal: isFinal) }

    static func ping(_ text: String = "") -> [UInt8] { frame(9, Array(text.utf8)) }

    static func pong() -> [UInt8] { frame(10, []) }

    static func close(_ code: Int?, _ reason: String = "") -> [UInt8] {
        frame(8, (code.map { [UInt8($0 >> 8), UInt8($0 & 255)] } ?? []) + Array(reason.utf8))
    }

    /// - Parameter announced: the length to write instead of the payload's.
    static func frame(
        _ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, reserved: UInt8 = 0, announced: UInt64? = nil
    ) -> [UInt8] {
        let length = announced ?? UInt64(payload.count)
        var bytes: [UInt8] = [(isFinal ? 0x80 : 0) | reserved | opcode]
        switch length {
        case ..<126: bytes.append(UInt8(length))
        case ..<65_536: bytes += [126, UInt8(length >> 8), UInt8(length & 255)]
        default: bytes += [127] + (0..<8).map { UInt8(truncatingIfNeeded: length >> UInt64(56 - 8 * $0)) }
        }
        return bytes + payload
    }
}

/// What a decoder makes of some bytes that come in pieces.
struct Decoded: Equatable, CustomStringConvertible {
    var events: [WebSocketDecoder.Event] = []
    var violation: WebSocketViolation?

    init(_ bytes: [UInt8], cutAt cuts: [Int] = [], messageLimit: Int = 1 << 20) {
        var decoder = WebSocketDecoder(messageLimit: messageLimit)
        let edges = [0] + cuts.sorted() + [bytes.count]
        do throws(WebSocketViolation) {
            for (start, end) in zip(edges, edges.dropFirst()) {
                let piece = Array(bytes[start..<end])
                var failure: WebSocketViolation?
                piece.withUnsafeBufferPointer { buffer in
                    do throws(WebSocketViolation) {
                        try decoder.decode(buffer, into: &events)
                    } catch {
                        failure = error
                    }
                }
                if let failure { throw failure }
            }
        } catch {
            violation = error
        }
    }

    var description: String { "\(events.count) events \(events.suffix(2)), \(violation?.reason ?? "no violation")" }
}

/// Numbers that are the same in every run (splitmix64).
struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
