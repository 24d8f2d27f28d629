import Testing

@testable import CurlDriver

/// Frames as RFC 6455 has them, and as it forbids them.
@Suite struct WebSocketFramingTests {
    @Test(arguments: [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
    func aMessageOfAnyLengthIsRead(length: Int) {
        let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
        #expect(Decoded(ServerFrame.binary(payload)).events == [.binary(payload)])
    }

    @Test func fragmentsAreJoinedAndControlFramesComeBetween() {
        let bytes =
            ServerFrame.text("Hel", isFinal: false) + ServerFrame.ping("now")
            + ServerFrame.continuation(Array("lo".utf8), isFinal: false) + ServerFrame.pong()
            + ServerFrame.continuation([]) + ServerFrame.text("next")
        let expected: [WebSocketDecoder.Event] = [
            .ping(Array("now".utf8)), .pong([]), .text(Array("Hello".utf8)), .text(Array("next".utf8)),
        ]
        #expect(Decoded(bytes).events == expected)
    }

    @Test func aCharacterMayBeCutByFragments() {
        let bytes = ServerFrame.frame(1, [0xE2, 0x82], isFinal: false) + ServerFrame.continuation([0xAC])
        #expect(Decoded(bytes).events == [.text(Array("€".utf8))])
    }

    @Test func whatFollowsACloseFrameIsNotRead() {
        let decoded = Decoded(ServerFrame.close(1001, "going") + ServerFrame.text("late") + [0xFF, 0xFF])
        #expect(decoded.events == [.close(code: 1001, reason: "going")])
        #expect(decoded.violation == nil)
    }

    @Test func anEmptyCloseFrameHasNoCode() {
        #expect(Decoded(ServerFrame.close(nil)).events == [.close(code: nil, reason: "")])
    }

    @Test(arguments: [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999])
    func aCloseCodeOfTheRegistryIsTaken(code: Int) {
        #expect(Decoded(ServerFrame.close(code)).events == [.close(code: code, reason: "")])
    }

    @Test(arguments: [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535])
    func aCloseCodeThatMayNotBeSentIsAViolation(code: Int) {
        #expect(Decoded(ServerFrame.close(code)).violation?.closeCode == 1002)
    }

    static let violations: [(String, [UInt8], Int)] = [
        ("a reserved bit", ServerFrame.frame(1, [], reserved: 0x40), 1002),
        ("an unknown opcode", ServerFrame.frame(3, []), 1002),
        ("an unknown control opcode", ServerFrame.frame(11, []), 1002),
        ("a masked frame", WebSocketFrame.text.encoded("masked".utf8), 1002),
        ("a fragmented ping", ServerFrame.frame(9, [], isFinal: false), 1002),
        ("a ping of 126 bytes", ServerFrame.frame(9, [UInt8](repeating: 0, count: 126)), 1002),
        ("a close frame of one byte", ServerFrame.frame(8, [3]), 1002),
        ("a close reason that is not UTF-8", ServerFrame.frame(8, [3, 232, 0xFF]), 1007),
        ("text that is not UTF-8", ServerFrame.frame(1, [0xC0, 0x80]), 1007),
        ("a surrogate in text", ServerFrame.frame(1, [0xED, 0xA0, 0x80]), 1007),
        ("half a character at the end of text", ServerFrame.frame(1, [0xE2, 0x82]), 1007),
        ("a continuation of nothing", ServerFrame.continuation([]), 1002),
        ("a message inside a message", ServerFrame.text("a", isFinal: false) + ServerFrame.text("b"), 1002),
        ("a length with the highest bit", ServerFrame.frame(2, [], announced: 1 << 63), 1002),
    ]

    @Test(arguments: violations)
    func aViolationEndsTheReading(name: String, bytes: [UInt8], closeCode: Int) {
        let decoded = Decoded(ServerFrame.text("before") + bytes + ServerFrame.text("behind"))
        #expect(decoded.events == [.text(Array("before".utf8))], "\(name)")
        #expect(decoded.violation?.closeCode == closeCode, "\(name)")
    }

    @Test func aLargeMessageIsRefusedByItsHeaderAlone() {
        let header = ServerFrame.frame(2, [], announced: 100 << 20)
        #expect(Decoded(header, messageLimit: 8 << 20).violation?.closeCode == 1009)
        #expect(Decoded(ServerFrame.binary([1, 2, 3]), messageLimit: 3).events == [.binary([1, 2, 3])])
        #expect(Decoded(ServerFrame.binary([1, 2, 3, 4]), messageLimit: 3).violation?.closeCode == 1009)
    }

    @Test func fragmentsCountTogether() {
        let bytes = ServerFrame.binary([1, 2], isFinal: false) + ServerFrame.continuation([3, 4])
        #expect(Decoded(bytes, messageLimit: 4).events == [.binary([1, 2, 3, 4])])
        #expect(Decoded(bytes, messageLimit: 3).violation?.closeCode == 1009)
    }

    /// The example of RFC 6455 section 5.7.
    @Test func aClientsFrameIsMasked() {
        let key = UInt32(littleEndianBytes: [0x37, 0xFA, 0x21, 0x3D])
        let expected: [UInt8] = [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]
        #expect(WebSocketFrame.text.encoded("Hello".utf8, key: key) == expected)
    }

    @Test(arguments: [0, 1, 7, 8, 9, 125, 126, 65_535, 65_536, 70_001])
    func maskingIsTheSameAsByteByByte(length: Int) {
        var numbers = SeededNumbers(state: UInt64(length))
        let key = UInt32.random(in: .min ... .max, using: &numbers)
        let payload = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &numbers) }
        let frame = WebSocketFrame.binary.encoded(payload, key: key)
        let keyBytes = (0..<4).map { UInt8(truncatingIfNeeded: key >> UInt32(8 * $0)) }
        #expect(Array(frame.suffix(length)) == payload.enumerated().map { $1 ^ keyBytes[$0 % 4] })
        #expect(frame[1] & 0x80 == 0x80)
        #expect(frame.count - length == (length < 126 ? 6 : length < 65_536 ? 8 : 14))
    }

    @Test func aCloseReasonIsCutBetweenCharacters() {
        let payload = WebSocketFrame.closePayload(code: 1000, reason: String(repeating: "€", count: 50))
        #expect(payload.count == 122 + 3)
        #expect(payload.starts(with: [3, 232]))
        #expect(String(validating: payload.dropFirst(2), as: UTF8.self) == String(repeating: "€", count: 41))
    }
}

extension UInt32 {
    fileprivate init(littleEndianBytes bytes: [UInt8]) {
        self = bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
}
