/// Strict percent decoding: what is malformed is refused instead of passed on.
enum PercentDecoding {
    /// The decoded text; nil if an escape is malformed, the bytes are not UTF-8, or a NUL is among them.
    static func decode(_ text: Substring.UTF8View, plusIsSpace: Bool = false) -> String? {
        let isSpecial: (UInt8) -> Bool = {
            $0 == UInt8(ascii: "%") || $0 == 0 || plusIsSpace && $0 == UInt8(ascii: "+")
        }
        guard text.contains(where: isSpecial) else { return String(Substring(text)) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = text.startIndex
        while index < text.endIndex {
            var byte = text[index]
            index = text.index(after: index)
            if byte == UInt8(ascii: "%") {
                guard let high = digit(&index, of: text), let low = digit(&index, of: text) else { return nil }
                byte = high << 4 | low
            } else if byte == UInt8(ascii: "+"), plusIsSpace {
                byte = UInt8(ascii: " ")
            }
            guard byte != 0 else { return nil }
            bytes.append(byte)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ index: inout Substring.UTF8View.Index, of text: Substring.UTF8View) -> UInt8? {
        guard index < text.endIndex else { return nil }
        let byte = text[index]
        index = text.index(after: index)
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): return byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): return byte - UInt8(ascii: "A") + 10
        default: return nil
        }
    }
}

extension StringProtocol {
    /// The text without spaces and tabs at its ends.
    func trimmingSpaces() -> SubSequence {
        guard let first = firstIndex(where: { $0 != " " && $0 != "\t" }) else { return self[endIndex...] }
        let last = lastIndex { $0 != " " && $0 != "\t" }!
        return self[first...last]
    }
}
