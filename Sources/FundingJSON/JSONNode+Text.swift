extension JSONNode {
    /// Whether a string's characters are exactly these UTF-8 bytes.
    @inline(__always)
    func isText(_ text: Span<UInt8>, in source: Span<UInt8>) -> Bool {
        guard !isEscaped else { return isEscapedText(text, in: source) }
        guard Int(end &- start) == text.count else { return false }
        let start = Int(start)
        for offset in 0..<text.count where source[start + offset] != text[offset] { return false }
        return true
    }

    @inline(never)
    private func isEscapedText(_ text: Span<UInt8>, in source: Span<UInt8>) -> Bool {
        // An escape of up to six bytes stands for at least one: what is too short or too long need not be decoded.
        guard text.count < range.count, text.count * 6 >= range.count else { return false }
        let plain = Escape.unescaped(source, range)
        guard plain.count == text.count else { return false }
        for offset in plain.indices where plain[offset] != text[offset] { return false }
        return true
    }
}
