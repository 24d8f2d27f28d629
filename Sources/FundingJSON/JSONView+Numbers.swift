extension JSONView {
    /// The exact text of a number; nil if this is no number.
    public var numberText: String? {
        kind == .number ? contentText : nil
    }

    /// A number as the nearest double, the one that Swift's `Double(numberText)` gives; nil if this is no number or its
    /// magnitude exceeds what a double can hold (`1e400`). Too small a magnitude gives 0.
    public var double: Double? {
        kind == .number ? withContent(NumberScan.double) : nil
    }

    /// A number as an integer, if it is whole and fits: how it is written does not matter, so `1.0` and `1e3` count.
    /// Exact, with no double in between. Nil if this is no number, has a fraction or is too large.
    public var int: Int? {
        kind == .number ? withContent(NumberScan.integer) : nil
    }

    /// The exact text of a number, or of a string that holds a number by the grammar of JSON and nothing else: no plus
    /// sign, no spaces, no leading zeros, not "NaN", not empty. Exchanges write most numbers as strings.
    public var decimalText: String? {
        guard kind == .number || kind == .string, withContent(NumberScan.isNumber) else { return nil }
        return contentText
    }

    /// `decimalText` as the nearest double; nil if there is none or its magnitude exceeds what a double can hold.
    public var decimal: Double? {
        kind == .number || kind == .string ? withContent(NumberScan.double) : nil
    }

    /// `decimalText` as an integer under the rules of `int`: for identifiers and times that are sent as strings.
    public var decimalInt: Int? {
        kind == .number || kind == .string ? withContent(NumberScan.integer) : nil
    }
}

extension JSONView {
    /// Lends the bytes of a number or the characters of a string.
    @inline(__always)
    func withContent<Result>(_ body: (Span<UInt8>, Range<Int>) -> Result) -> Result {
        let node = node
        let bytes = document.bytes
        guard node.isEscaped else { return body(bytes.span, node.range) }
        let plain = Escape.unescaped(bytes.span, node.range)
        return body(plain.span, 0..<plain.count)
    }

    /// The text of a number or a string, escapes resolved.
    @usableFromInline var contentText: String {
        let node = node
        let bytes = document.bytes
        return node.isEscaped
            ? String(decoding: Escape.unescaped(bytes.span, node.range), as: UTF8.self)
            : String(decoding: bytes[node.range], as: UTF8.self)
    }
}
