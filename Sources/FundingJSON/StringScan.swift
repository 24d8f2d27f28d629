/// Finds the end of a string and proves what lies before it: no bare control characters, only the escapes of RFC 8259,
/// surrogates in pairs, strict UTF-8.
struct StringScan {
    /// The offset of the closing quote.
    private(set) var end: Int
    private(set) var isEscaped = false

    /// Scans from `start`, the first byte after the opening quote.
    @inline(__always)
    init(_ source: Span<UInt8>, from start: Int) throws(JSONError) {
        end = start
        while true {
            end = PlainText.end(in: source, from: end)
            guard end < source.count else { throw JSONError(.unexpectedEnd, at: end) }
            let byte = source[end]
            if byte == UInt8(ascii: "\"") { return }
            end = try Self.offset(behindSpecial: byte, in: source, at: end)
            isEscaped = isEscaped || byte == UInt8(ascii: "\\")
        }
    }

    @inline(never)
    private static func offset(
        behindSpecial byte: UInt8, in source: Span<UInt8>, at offset: Int
    ) throws(JSONError) -> Int {
        if byte == UInt8(ascii: "\\") { return try self.offset(behindEscapeIn: source, at: offset) }
        guard byte >= 0x80 else { throw JSONError(.controlCharacter(byte), at: offset) }
        return try self.offset(behindCharacterIn: source, at: offset)
    }

    /// Checks one escape. A surrogate pair counts as one.
    private static func offset(behindEscapeIn source: Span<UInt8>, at backslash: Int) throws(JSONError) -> Int {
        let letter = source.byte(at: backslash + 1)
        guard letter == UInt8(ascii: "u") else {
            guard Escape.plainByte(for: letter) != nil else { throw fault(.invalidEscape, source, at: backslash + 1) }
            return backslash + 2
        }
        let unit = try codeUnit(source, at: backslash + 2)
        guard unit & 0xF800 == 0xD800 else { return backslash + 6 }
        let second = backslash + 6
        guard unit < 0xDC00, source.byte(at: second) == UInt8(ascii: "\\"),
            source.byte(at: second + 1) == UInt8(ascii: "u"), try codeUnit(source, at: second + 2) & 0xFC00 == 0xDC00
        else { throw JSONError(.loneSurrogate, at: backslash) }
        return second + 6
    }

    private static func codeUnit(_ source: Span<UInt8>, at offset: Int) throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for index in offset..<offset + 4 {
            guard let digit = Escape.hexadecimalValue(of: source.byte(at: index)) else {
                throw fault(.invalidEscape, source, at: index)
            }
            unit = unit &<< 4 | UInt16(digit)
        }
        return unit
    }

    /// Checks one character of two to four bytes against the table of well-formed sequences (Unicode, table 3-7).
    private static func offset(behindCharacterIn source: Span<UInt8>, at start: Int) throws(JSONError) -> Int {
        let length: Int
        let second: ClosedRange<UInt8>
        switch source[start] {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: throw JSONError(.invalidUTF8, at: start)
        }
        guard second.contains(source.byte(at: start + 1)) else { throw JSONError(.invalidUTF8, at: start) }
        for index in start + 2..<max(start + 2, start + length) where source.byte(at: index) & 0xC0 != 0x80 {
            throw JSONError(.invalidUTF8, at: start)
        }
        return start + length
    }

    private static func fault(_ kind: JSONError.Kind, _ source: Span<UInt8>, at offset: Int) -> JSONError {
        JSONError(offset < source.count ? kind : .unexpectedEnd, at: min(offset, source.count))
    }
}
