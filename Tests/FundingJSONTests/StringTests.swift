import FundingJSON
import Testing

struct StringTests {
    @Test(arguments: [
        (#""""#, ""), (#""abc""#, "abc"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
        (#""\u0041\u00e9\u20AC""#, "Aé€"),
        (#""\ud83d\ude00!""#, "😀!"), (#""\u0000""#, "\0"), (#""é€😀""#, "é€😀"),
        (#""\uFFFF\ufffe""#, "\u{FFFF}\u{FFFE}"),
        (#""\uDBFF\uDFFF""#, "\u{10FFFF}"), (#""a\u0062c\nd""#, "abc\nd"),
        (#""12345678\n12345678""#, "12345678\n12345678"),
        ("\"\u{7F}\u{2028}\"", "\u{7F}\u{2028}"),
    ])
    func escapesAreResolved(source: String, expected: String) throws {
        let view = try JSONDocument(source).root
        #expect(view.string.map { Array($0.utf8) } == Array(expected.utf8))
        #expect(view.isString(expected))
        #expect(!view.isString(expected + "x"))
        #expect(view.rawText == source)
    }

    @Test(arguments: [
        (#""\x""#, JSONError.Kind.invalidEscape, 2), (#""\u12G4""#, .invalidEscape, 5),
        (#""\U0041""#, .invalidEscape, 2),
        (#""\u12"#, .unexpectedEnd, 5), (#""\"#, .unexpectedEnd, 2), ("\"\\\u{0}\"", .invalidEscape, 2),
        (#""\ud800""#, .loneSurrogate, 1), (#""\udc00""#, .loneSurrogate, 1), (#""\ud800\ud800""#, .loneSurrogate, 1),
        (#""\ud800\n""#, .loneSurrogate, 1), (#""\udc00\udc00""#, .loneSurrogate, 1),
        (#""\ud800x""#, .loneSurrogate, 1), (#""abc"#, .unexpectedEnd, 4),
        ("\"a\nb\"", .controlCharacter(10), 2), ("\"1234567\u{1F}\"", .controlCharacter(31), 8),
        ("\"12345678\u{0}\"", .controlCharacter(0), 9), ("'a'", .unexpectedByte(39), 0),
    ])
    func malformedStringsAreRefused(source: String, kind: JSONError.Kind, offset: Int) {
        #expect(throws: JSONError(kind, at: offset)) { try JSONDocument(source) }
    }

    /// Each body stands between quotes, at every distance from the end of an eight-byte word.
    @Test(
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
            [0xE2, 0x82],
            [0xE2, 0x82, 0x41], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80],
            [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF0, 0x9F, 0x98], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80],
            [0xFE], [0xFF],
        ] as [[UInt8]])
    func malformedUTF8IsRefused(body: [UInt8]) {
        for padding in 0..<9 {
            let bytes = [0x22] + [UInt8](repeating: 0x61, count: padding) + body + [0x22]
            #expect(throws: JSONError(.invalidUTF8, at: padding + 1)) { try JSONDocument(bytes) }
            #expect(throws: JSONError.self) { try JSONDocument(Array(bytes.dropLast())) }
        }
    }

    @Test(arguments: [
        "\u{80}", "\u{7FF}", "\u{800}", "\u{FFF}", "\u{1000}", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10000}",
        "\u{3FFFF}",
        "\u{40000}", "\u{FFFFF}", "\u{100000}", "\u{10FFFF}",
    ])
    func everyLengthOfUTF8IsAccepted(text: String) throws {
        for padding in 0..<9 {
            let expected = String(repeating: "a", count: padding) + text
            #expect(try JSONDocument("\"\(expected)\"").root.string == expected)
        }
    }

    @Test func everyByteIsJudgedAloneAsItIsInAWord() throws {
        for byte in UInt8.min...UInt8.max {
            let isPlain = byte >= 0x20 && byte < 0x80 && byte != 0x22 && byte != 0x5C
            for position in 0..<17 {
                var bytes = [UInt8](repeating: 0x61, count: 17)
                bytes[position] = byte
                let parsed = try? JSONDocument([0x22] + bytes + [0x22])
                // A backslash before an "a" is no escape and a quote ends the string early.
                #expect((parsed != nil) == isPlain, "\(byte) at \(position)")
            }
        }
    }

    @Test func comparisonIsByBytesNotByLookingAlike() throws {
        let view = try JSONDocument("\"\u{E9}\"").root
        #expect(view.isString("\u{E9}"))
        #expect(!view.isString("e\u{301}"))
        #expect(try JSONDocument("12").root.isString("12") == false)
    }
}
