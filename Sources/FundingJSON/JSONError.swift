/// Why a document was refused, and where.
public struct JSONError: Error, Sendable, Equatable {
    /// What was wrong at the offset.
    public enum Kind: Sendable, Equatable {
        /// There was nothing but whitespace.
        case empty
        /// The document has more bytes than the limit given here allows.
        case tooLarge(limit: Int)
        /// More arrays and objects were open than the limit given here allows.
        case tooDeep(limit: Int)
        /// The document holds more values than the limit given here allows.
        case tooManyValues(limit: Int)
        /// The document starts with a byte order mark, which RFC 8259 forbids senders to add.
        case byteOrderMark
        /// The document stops in the middle of a value.
        case unexpectedEnd
        /// This byte cannot stand here.
        case unexpectedByte(UInt8)
        /// Something other than whitespace follows the value.
        case trailingContent
        /// A number breaks the grammar: `-`, `1.`, `1e`.
        case invalidNumber
        /// Something that starts like `true`, `false` or `null` is none of them.
        case invalidLiteral
        /// A control character stands unescaped in a string.
        case controlCharacter(UInt8)
        /// A backslash is followed by something that JSON does not define.
        case invalidEscape
        /// A `\u` escape names half of a surrogate pair without the other half.
        case loneSurrogate
        /// The bytes of a string are not UTF-8: overlong, truncated, a surrogate or above U+10FFFF.
        case invalidUTF8
    }

    /// What was wrong.
    public var kind: Kind

    /// The offset in bytes, from 0, at which it showed.
    public var offset: Int

    /// An error of `kind` that showed at `offset`.
    public init(_ kind: Kind, at offset: Int) {
        self.kind = kind
        self.offset = offset
    }
}

extension JSONError: CustomStringConvertible {
    /// One line for a log: `JSON refused at byte 17: unexpected byte 0x5D`.
    public var description: String { "JSON refused at byte \(offset): \(kind)" }
}

extension JSONError.Kind: CustomStringConvertible {
    /// The fault in words.
    public var description: String {
        switch self {
        case .empty: "the document is empty"
        case .tooLarge(let limit): "more than \(limit) bytes"
        case .tooDeep(let limit): "more than \(limit) levels of nesting"
        case .tooManyValues(let limit): "more than \(limit) values"
        case .byteOrderMark: "the document starts with a byte order mark"
        case .unexpectedEnd: "the document ends too early"
        case .unexpectedByte(let byte): "unexpected byte \(hexadecimal(byte))"
        case .trailingContent: "something follows the value"
        case .invalidNumber: "malformed number"
        case .invalidLiteral: "expected true, false or null"
        case .controlCharacter(let byte): "unescaped control character \(hexadecimal(byte))"
        case .invalidEscape: "malformed escape"
        case .loneSurrogate: "escaped surrogate without its other half"
        case .invalidUTF8: "malformed UTF-8"
        }
    }

    private func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return digits.utf8.count == 1 ? "0x0" + digits : "0x" + digits
    }
}
