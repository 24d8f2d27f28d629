extension [UInt8] {
    /// Appends `text` in quotes, escaping what has to be escaped and nothing else.
    mutating func appendJSONString(_ text: String) {
        appendJSONString(text.utf8.span)
    }

    /// Appends UTF-8 `text` in quotes, escaping what has to be escaped and nothing else.
    mutating func appendJSONString(_ text: Span<UInt8>) {
        append(UInt8(ascii: "\""))
        var offset = 0
        while true {
            let end = PlainText.end(in: text, from: offset)
            text.extracting(offset..<end).withUnsafeBufferPointer { append(contentsOf: $0) }
            guard end < text.count else { break }
            appendEscaped(text[end])
            offset = end + 1
        }
        append(UInt8(ascii: "\""))
    }

    /// Appends one byte that is special in a string; bytes of longer characters are not, outside of the scan for them.
    private mutating func appendEscaped(_ byte: UInt8) {
        guard byte < 0x80 else { return append(byte) }
        append(UInt8(ascii: "\\"))
        if let letter = Escape.letter(for: byte) {
            append(letter)
        } else {
            append(contentsOf: "u00".utf8)
            append(Escape.hexadecimalDigit(byte >> 4))
            append(Escape.hexadecimalDigit(byte & 15))
        }
    }

    /// Appends an integer.
    mutating func appendDecimal(_ value: Int64) {
        if value < 0 { append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        let start = count
        repeat {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        self[start...].reverse()
    }

    /// Appends the shortest text that reads back as the same double; `null` for what JSON has no number for.
    mutating func appendJSONNumber(_ value: Double) {
        guard value.isFinite else { return append(contentsOf: "null".utf8) }
        let isNegativeZero = value == 0 && value.sign == .minus
        if value.magnitude < 0x1p53, value.rounded(.towardZero) == value, !isNegativeZero {
            appendDecimal(Int64(value))
        } else {
            append(contentsOf: value.description.utf8)
        }
    }
}
