extension JSONTree {
    /// A random value, at most `depth` levels deep.
    static func random(depth: Int, using generator: inout SeededGenerator) -> JSONTree {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &generator) {
        case 0: .null
        case 1: .bool(Bool.random(using: &generator))
        case 2: .integer(Int.random(in: .min ... .max, using: &generator) >> Int.random(in: 0..<64, using: &generator))
        case 3: .double(Double.random(in: 0.001..<0.999, using: &generator))
        case 4, 5: .string(randomText(using: &generator))
        case 6:
            .array(
                (0..<Int.random(in: 0..<6, using: &generator)).map { _ in random(depth: depth - 1, using: &generator) })
        default:
            .object(
                (0..<Int.random(in: 0..<6, using: &generator)).map { _ in
                    Member(key: randomText(using: &generator), value: random(depth: depth - 1, using: &generator))
                }
            )
        }
    }

    /// Up to 24 characters, many of them special to JSON or longer than a byte.
    private static func randomText(using generator: inout SeededGenerator) -> [UInt8] {
        var text = ""
        for _ in 0..<Int.random(in: 0...24, using: &generator) {
            let range: ClosedRange<UInt32> =
                switch Int.random(in: 0..<6, using: &generator) {
                case 0: 0...0x1F
                case 1: 0x22...0x5C
                case 2: 0x80...0x7FF
                case 3: 0xE000...0x10FFFF
                default: 0x61...0x7A
                }
            if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &generator)) {
                text.unicodeScalars.append(scalar)
            }
        }
        return Array(text.utf8)
    }
}
