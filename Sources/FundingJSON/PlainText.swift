/// Runs of bytes that mean themselves inside a JSON string: printable ASCII but the quote and the backslash.
enum PlainText {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// The first offset from `start` on whose byte is a quote, a backslash, a control character or not ASCII;
    /// the end of `source` if there is none.
    @inline(__always)
    static func end(in source: Span<UInt8>, from start: Int) -> Int {
        var offset = start
        let raw = source.bytes
        while offset + 8 <= source.count {
            let word = UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let marks = specialBytes(of: word)
            guard marks == 0 else { return offset + marks.trailingZeroBitCount &>> 3 }
            offset += 8
        }
        while offset < source.count {
            let byte = source[offset]
            guard byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else { break }
            offset += 1
        }
        return offset
    }

    /// The high bit of each byte of `word` that is special. A borrow can set bits above the lowest true one, never
    /// below it, so the lowest is exact and that is all the caller looks at.
    @inline(__always)
    private static func specialBytes(of word: UInt64) -> UInt64 {
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5C)
        let controls = (word &- ones &* 0x20) & ~word
        return ((quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes | controls | word) & highBits
    }
}
