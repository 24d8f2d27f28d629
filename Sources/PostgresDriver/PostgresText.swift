/// Reads text from the binary forms of the server.
enum PostgresText {
    static func read(_ bytes: UnsafeRawBufferPointer, of cell: PostgresCell) throws(PostgresError) -> String {
        let text: String? =
            switch cell.type {
            case .text, .varchar, .bpchar, .name, .char, .json, .xml, .unknown, .void: utf8(bytes)
            case .jsonb where bytes.first == 1: utf8(UnsafeRawBufferPointer(rebasing: bytes.dropFirst()))
            case .bool: bytes.first.map { $0 == 0 ? "false" : "true" }
            case .int2, .int4, .int8, .oid: String(try PostgresNumber.integer(cell) as Int64)
            case .float8: String(try PostgresNumber.double(cell))
            case .numeric: PostgresNumber.numeric(bytes)
            case .uuid: uuid(bytes)
            default: cell.type.isUserDefined ? utf8(bytes) : nil
            }
        guard let text else { throw cell.mismatch("String, cast it to text in the statement") }
        return text
    }

    /// Enumerations and the types of extensions like citext are text; whatever is not, is refused here.
    private static func utf8(_ bytes: UnsafeRawBufferPointer) -> String? {
        String(validating: bytes, as: UTF8.self)
    }

    private static func uuid(_ bytes: UnsafeRawBufferPointer) -> String? {
        guard bytes.count == 16 else { return nil }
        let digits = Array("0123456789abcdef")
        var text = ""
        for (position, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(position) { text.append("-") }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return text
    }
}
