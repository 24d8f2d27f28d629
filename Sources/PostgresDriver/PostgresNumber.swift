/// Reads numbers from the binary forms of the server.
enum PostgresNumber {
    /// Any whole number that fits; a `numeric` (the type of `sum(bigint)`) only if nothing is behind the point.
    static func integer<T: FixedWidthInteger>(_ cell: PostgresCell) throws(PostgresError) -> T {
        try cell.withBytes { bytes throws(PostgresError) in
            guard let value = wholeNumber(bytes, cell.type).flatMap({ T(exactly: $0) })
            else { throw cell.mismatch("\(T.self)") }
            return value
        }
    }

    static func double(_ cell: PostgresCell) throws(PostgresError) -> Double {
        try cell.withBytes { bytes throws(PostgresError) in
            let value: Double? =
                switch cell.type {
                case .float8: bytes.bigEndian(at: 0).map { Double(bitPattern: $0) }
                case .float4: bytes.bigEndian(at: 0).map { Double(Float(bitPattern: $0)) }
                case .numeric: numeric(bytes).flatMap { Double($0) }
                default: wholeNumber(bytes, cell.type).flatMap { Double(exactly: $0) }
                }
            guard let value else { throw cell.mismatch("Double") }
            return value
        }
    }

    private static func wholeNumber(_ bytes: UnsafeRawBufferPointer, _ type: PostgresType) -> Int64? {
        switch type {
        case .int8: bytes.bigEndian(at: 0)
        case .int4: bytes.bigEndian(at: 0, as: Int32.self).map { Int64($0) }
        case .int2: bytes.bigEndian(at: 0, as: Int16.self).map { Int64($0) }
        case .oid: bytes.bigEndian(at: 0, as: UInt32.self).map { Int64($0) }
        case .numeric: numeric(bytes).flatMap { text in wholePart(text) }
        default: nil
        }
    }

    private static func wholePart(_ text: String) -> Int64? {
        let parts = text.split(separator: ".")
        guard let whole = parts.first, parts.dropFirst().allSatisfy({ $0.allSatisfy { $0 == "0" } }) else { return nil }
        return Int64(whole)
    }

    /// A `numeric` as the server would print it: groups of four decimal digits, the first worth 10000^weight.
    static func numeric(_ bytes: UnsafeRawBufferPointer) -> String? {
        guard let groups: Int16 = bytes.bigEndian(at: 0), let weight: Int16 = bytes.bigEndian(at: 2),
            let sign: UInt16 = bytes.bigEndian(at: 4), let scale: Int16 = bytes.bigEndian(at: 6),
            groups >= 0, bytes.count == 8 + 2 * Int(groups)
        else { return nil }
        switch sign {
        case 0xC000: return "NaN"
        case 0xD000: return "Infinity"
        case 0xF000: return "-Infinity"
        default: break
        }
        func group(_ position: Int) -> String {
            let inside = position >= 0 && position < groups
            let digits: Int16 = inside ? bytes.bigEndian(at: 8 + 2 * position) ?? 0 : 0
            let text = String(digits)
            return String(repeating: "0", count: max(0, 4 - text.count)) + text
        }
        let wholeGroups = weight < 0 ? ["0"] : (0...Int(weight)).map(group)
        let whole = wholeGroups.joined().drop { $0 == "0" }
        var text = (sign == 0x4000 ? "-" : "") + (whole.isEmpty ? "0" : String(whole))
        guard scale > 0 else { return text }
        let fractionGroups = (Int(scale) + 3) / 4
        let fraction = (1...fractionGroups).map { group(Int(weight) + $0) }.joined()
        text += "." + fraction.prefix(Int(scale))
        return text
    }
}
