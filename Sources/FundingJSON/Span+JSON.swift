extension Span<UInt8> {
    /// The byte at `offset`, or 0 behind the end: no token may contain a NUL, so both end up as the same refusal.
    @inline(__always)
    func byte(at offset: Int) -> UInt8 {
        offset < count ? self[offset] : 0
    }

    /// The first offset from `offset` on that is not one of JSON's four whitespace characters.
    @inline(__always)
    func skippingWhitespace(from offset: Int) -> Int {
        var offset = offset
        while offset < count {
            let byte = self[offset]
            // Bodies are mostly compact: one comparison decides for nearly every byte.
            guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { break }
            offset += 1
        }
        return offset
    }

    /// The error for a byte that cannot stand at `offset`, or for the end of the document there.
    func unexpected(at offset: Int) -> JSONError {
        offset < count ? JSONError(.unexpectedByte(self[offset]), at: offset) : JSONError(.unexpectedEnd, at: count)
    }
}
