extension JSONView {
    /// The characters of a string, escapes resolved; nil if this is no string.
    public var string: String? {
        kind == .string ? contentText : nil
    }

    /// Whether this is a string of exactly these characters. Compares bytes and does not allocate, so a row can be
    /// chosen by its symbol before anything of it is copied.
    public func isString(_ text: String) -> Bool {
        let (bytes, node) = (document.bytes, node)
        return node.kind == .string && node.isText(text.utf8.span, in: bytes.span)
    }

    /// The value as it stands in the document, quotes and inner whitespace included.
    public var rawBytes: ArraySlice<UInt8> {
        let node = node
        let range = node.range
        return node.kind == .string
            ? document.bytes[range.lowerBound - 1..<range.upperBound + 1]
            : document.bytes[range]
    }

    /// `rawBytes` as text.
    public var rawText: String { String(decoding: rawBytes, as: UTF8.self) }

    /// `rawText` for an error message: at most 200 characters, the last of them "…" where something is cut off.
    public var excerpt: String {
        // 800 bytes hold 200 characters of the longest kind; what is cut in the middle lies behind them.
        let text = String(decoding: rawBytes.prefix(Self.excerptLength * 4 + 4), as: UTF8.self)
        guard text.unicodeScalars.count > Self.excerptLength else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(Self.excerptLength - 1))) + "…"
    }

    /// Counted in Unicode scalars: a "character" made of a thousand combining accents must not get through.
    private static let excerptLength = 200
}
