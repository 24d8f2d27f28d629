/// The escapes of JSON strings, in one place for the check, the reader and the writer.
enum Escape {
    /// The byte that `letter` stands for behind a backslash, or nil if that is no escape of one letter.
    static func plainByte(for letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// The letter that escapes `byte`, or nil if it takes the long form `\u00XX`.
    static func letter(for byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): byte
        case 0x08: UInt8(ascii: "b")
        case 0x0C: UInt8(ascii: "f")
        case 0x0A: UInt8(ascii: "n")
        case 0x0D: UInt8(ascii: "r")
        case 0x09: UInt8(ascii: "t")
        default: nil
        }
    }

    static func hexadecimalValue(of byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    /// The UTF-8 bytes that the checked string content in `range` of `source` stands for.
    static func unescaped(_ source: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(range.count)
        var offset = range.lowerBound
        while offset < range.upperBound {
            let byte = source[offset]
            if byte != UInt8(ascii: "\\") {
                result.append(byte)
                offset += 1
            } else if let plain = plainByte(for: source[offset + 1]) {
                result.append(plain)
                offset += 2
            } else {
                offset = appendScalar(source, at: offset, to: &result)
            }
        }
        return result
    }

    /// Decodes `\uXXXX` or a pair of them at `offset` and returns the offset behind.
    private static func appendScalar(_ source: Span<UInt8>, at offset: Int, to result: inout [UInt8]) -> Int {
        let first = codeUnit(source, at: offset + 2)
        var end = offset + 6
        var value = first
        if first & 0xFC00 == 0xD800 {
            value = 0x10000 + (first & 0x3FF) << 10 + (codeUnit(source, at: offset + 8) & 0x3FF)
            end += 6
        }
        let scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
        result.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        return end
    }

    private static func codeUnit(_ source: Span<UInt8>, at offset: Int) -> UInt32 {
        var unit: UInt32 = 0
        for index in offset..<offset + 4 {
            unit = unit << 4 | UInt32(hexadecimalValue(of: source[index]) ?? 0)
        }
        return unit
    }
}
