import Testing

@testable import CurlDriver

/// The decoder on bytes nobody thought of: seeded, so that a failure comes again.
@Suite struct WebSocketFramingFuzzTests {
    @Test(arguments: UInt64(0)..<150)
    func theCutsOfAStreamChangeNothing(seed: UInt64) {
        var numbers = SeededNumbers(state: seed)
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...30, using: &numbers) { bytes += Self.frames(using: &numbers) }
        // Half of the streams are damaged in one place: what is found must not depend on the cuts either.
        if seed % 2 == 1 {
            bytes[Int.random(in: bytes.indices, using: &numbers)] ^= 1 << UInt8.random(in: 0...7, using: &numbers)
        }
        let whole = Decoded(bytes)
        for _ in 0..<8 {
            let cuts = (0..<Int.random(in: 1...20, using: &numbers)).map { _ in
                Int.random(in: 0...bytes.count, using: &numbers)
            }
            #expect(Decoded(bytes, cutAt: cuts) == whole)
        }
        if bytes.count < 4000 { #expect(Decoded(bytes, cutAt: Array(0...bytes.count)) == whole) }
        if seed % 2 == 0 { #expect(whole.violation == nil) }
    }

    @Test(arguments: UInt64(0)..<100)
    func randomBytesNeverTrapNorGrow(seed: UInt64) {
        var numbers = SeededNumbers(state: seed &+ 1_000_000)
        for _ in 0..<50 {
            var bytes = (0..<Int.random(in: 0...400, using: &numbers)).map { _ in
                UInt8.random(in: .min ... .max, using: &numbers)
            }
            // Headers that are nearly right lead further than noise.
            for index in stride(from: 0, to: bytes.count - 1, by: Int.random(in: 2...60, using: &numbers)) {
                bytes[index] = [0x81, 0x82, 0x01, 0x80, 0x00, 0x89, 0x8A, 0x88].randomElement(using: &numbers) ?? 0
                bytes[index + 1] &= 0x7F
            }
            let decoded = Decoded(bytes, messageLimit: 200)
            for event in decoded.events {
                switch event {
                case .text(let message), .binary(let message): #expect(message.count <= 200)
                case .ping(let payload), .pong(let payload): #expect(payload.count <= 125)
                case .close(let code, _): #expect(code.map { WebSocketFrame.isCloseCode($0) } ?? true)
                }
            }
        }
    }

    /// A whole message in fragments with control frames between them.
    private static func frames(using numbers: inout SeededNumbers) -> [UInt8] {
        let isText = Bool.random(using: &numbers)
        var length = [0, 3, 40, 125, 126, 300].randomElement(using: &numbers) ?? 0
        if Int.random(in: 0..<100, using: &numbers) == 0 { length = 140_000 }
        let pieces = length > 1000 ? 2 : Int.random(in: 1...4, using: &numbers)
        var bytes: [UInt8] = []
        for piece in 0..<pieces {
            let seed = UInt8.random(in: .min ... .max, using: &numbers)
            let mask: UInt8 = isText ? 0x7F : 0xFF
            let payload = (0..<length / pieces).map { (seed &+ UInt8(truncatingIfNeeded: $0)) & mask }
            bytes += ServerFrame.frame(piece > 0 ? 0 : isText ? 1 : 2, payload, isFinal: piece == pieces - 1)
            if Int.random(in: 0..<3, using: &numbers) == 0 { bytes += ServerFrame.ping("p") + ServerFrame.pong() }
        }
        return bytes
    }
}
