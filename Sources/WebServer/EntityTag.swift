/// Strong entity tags from content.
enum EntityTag {
    /// A quoted tag that differs, for all practical purposes, whenever the bytes do: FNV-1a over 128 bits.
    static func strong(of bytes: [UInt8]) -> String {
        let prime: UInt128 = 1 << 88 | 0x13b
        var hash: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d
        for byte in bytes {
            hash = (hash ^ UInt128(byte)) &* prime
        }
        return "\"\(String(hash, radix: 36))\""
    }

    /// The tag of the gzip twin: other bytes on the wire need another strong tag.
    static func gzipTwin(of tag: String) -> String {
        tag.hasSuffix("\"") ? "\(tag.dropLast())-gzip\"" : "\(tag)-gzip"
    }
}
