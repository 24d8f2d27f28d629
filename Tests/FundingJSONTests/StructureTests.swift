import FundingJSON
import Testing

struct StructureTests {
    @Test(arguments: [
        ("", JSONError.Kind.empty, 0), (" \n\t\r ", .empty, 5), ("\u{FEFF}{}", .byteOrderMark, 0),
        ("{} {}", .trailingContent, 3),
        ("1 ]", .trailingContent, 2), ("[", .unexpectedEnd, 1), ("[1", .unexpectedEnd, 2), ("[1,", .unexpectedEnd, 3),
        ("[1,]", .unexpectedByte(0x5D), 3), ("[,1]", .unexpectedByte(0x2C), 1), ("[1 2]", .unexpectedByte(0x32), 3),
        ("[1}", .unexpectedByte(0x7D), 2), ("{]", .unexpectedByte(0x5D), 1), ("{1:2}", .unexpectedByte(0x31), 1),
        (#"{"a"}"#, .unexpectedByte(0x7D), 4), (#"{"a" 1}"#, .unexpectedByte(0x31), 5),
        (#"{"a":}"#, .unexpectedByte(0x7D), 5),
        (#"{"a":1,}"#, .unexpectedByte(0x7D), 7), (#"{"a":1 "b":2}"#, .unexpectedByte(0x22), 7),
        (#"{"a""#, .unexpectedEnd, 4),
        ("tru", .unexpectedEnd, 3), ("True", .unexpectedByte(0x54), 0), ("trux", .invalidLiteral, 3),
        ("nul]", .invalidLiteral, 3),
        ("truest", .trailingContent, 4), ("\u{0}", .unexpectedByte(0), 0), ("1\u{0}", .trailingContent, 1),
        ("// x\n1", .unexpectedByte(0x2F), 0),
        ("\u{A0}1", .unexpectedByte(0xC2), 0), ("1\u{C}", .trailingContent, 1),
    ])
    func malformedDocumentsAreRefusedWhereTheyBreak(source: String, kind: JSONError.Kind, offset: Int) {
        #expect(throws: JSONError(kind, at: offset)) { try JSONDocument(source) }
    }

    @Test(arguments: [
        "[]", " [ ] ", "{}", "{ }\n", "\t{ \"a\" : [ 1 , { } ] , \"b\" : null }\r\n", "true", "[[],[[]],{}]",
    ])
    func whitespaceMayStandBetweenTokens(source: String) {
        #expect(throws: Never.self) { try JSONDocument(source) }
    }

    @Test func depthIsLimitedExactly() throws {
        let limits = JSONLimits(maximumDepth: 3)
        #expect(throws: Never.self) { try JSONDocument(#"[{"a":[1]}]"#, limits: limits) }
        #expect(throws: Never.self) { try JSONDocument("[[[]],[[]],{}]", limits: limits) }
        #expect(throws: JSONError(.tooDeep(limit: 3), at: 3)) { try JSONDocument("[[[[]]]]", limits: limits) }
        #expect(throws: Never.self) { try JSONDocument("1", limits: JSONLimits(maximumDepth: 0)) }
        #expect(throws: JSONError(.tooDeep(limit: 0), at: 0)) {
            try JSONDocument("[]", limits: JSONLimits(maximumDepth: 0))
        }
    }

    @Test func aMillionOpenBracketsAreRefusedWithoutHarm() throws {
        let brackets = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(throws: JSONError(.tooDeep(limit: 512), at: 512)) { try JSONDocument(brackets) }
        let limits = JSONLimits(maximumDepth: .max)
        #expect(throws: JSONError(.unexpectedEnd, at: brackets.count)) { try JSONDocument(brackets, limits: limits) }
        let closed = brackets + [UInt8](repeating: UInt8(ascii: "]"), count: brackets.count)
        #expect(try JSONDocument(closed, limits: limits).root.count == 1)
    }

    @Test func sizeIsLimitedExactly() {
        let limits = JSONLimits(maximumBytes: 4)
        #expect(throws: Never.self) { try JSONDocument("[12]", limits: limits) }
        #expect(throws: JSONError(.tooLarge(limit: 4), at: 4)) { try JSONDocument("[123]", limits: limits) }
        #expect(throws: JSONError.self) { try JSONDocument("1", limits: JSONLimits(maximumBytes: -1)) }
    }

    @Test func valuesAreLimitedExactlyAndKeysCount() {
        let limits = JSONLimits(maximumValues: 3)
        #expect(throws: Never.self) { try JSONDocument("[1,2]", limits: limits) }
        #expect(throws: Never.self) { try JSONDocument(#"{"a":1}"#, limits: limits) }
        #expect(throws: JSONError(.tooManyValues(limit: 3), at: 5)) { try JSONDocument("[1,2,3]", limits: limits) }
        #expect(throws: JSONError.self) { try JSONDocument("1", limits: JSONLimits(maximumValues: -5)) }
    }

    @Test func errorsSayWhatAndWhere() {
        #expect(JSONError(.unexpectedByte(0x5D), at: 17).description == "JSON refused at byte 17: unexpected byte 0x5D")
        #expect(JSONError(.controlCharacter(9), at: 3).description.hasSuffix("unescaped control character 0x09"))
        #expect(JSONError(.tooDeep(limit: 512), at: 512).description.hasSuffix("more than 512 levels of nesting"))
    }
}
