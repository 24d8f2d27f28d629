public import Foundation

/// A value that may stand in an array; `[UInt8]` is the exception and means `bytea`.
public protocol PostgresArrayElement: Sendable {
    /// The type of the array as a whole.
    static var postgresArrayType: PostgresType { get }
    /// The type written for each element.
    static var postgresElementType: PostgresType { get }
    /// The binary form of the array as a whole.
    static func postgresBytes(of elements: [Self]) -> [UInt8]
    /// The elements of an array the server sent.
    static func decodeElements(of cell: PostgresCell) throws(PostgresError) -> [Self]
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
    public static var postgresType: PostgresType { Element.postgresArrayType }
    public var postgresBytes: [UInt8]? { Element.postgresBytes(of: self) }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> [Element] {
        try Element.decodeElements(of: cell)
    }
}

extension PostgresArrayElement where Self: PostgresEncodable & PostgresDecodable {
    public static var postgresElementType: PostgresType { postgresType }

    public static func postgresBytes(of elements: [Self]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20 + 12 * elements.count)
        bytes.append(bigEndian: Int32(elements.isEmpty ? 0 : 1))
        let flagsAt = bytes.count
        bytes.append(bigEndian: Int32(0))
        bytes.append(bigEndian: postgresElementType.oid)
        guard !elements.isEmpty else { return bytes }
        bytes.append(bigEndian: Int32(elements.count))
        bytes.append(bigEndian: Int32(1))
        for element in elements {
            if let value = element.postgresBytes {
                bytes.append(bigEndian: Int32(value.count))
                bytes.append(contentsOf: value)
            } else {
                bytes.append(bigEndian: Int32(-1))
                bytes[flagsAt + 3] = 1
            }
        }
        return bytes
    }

    public static func decodeElements(of cell: PostgresCell) throws(PostgresError) -> [Self] {
        try cell.elements { element throws(PostgresError) in try Self.decode(element) }
    }
}

extension Bool: PostgresArrayElement {
    public static var postgresArrayType: PostgresType { .boolArray }
}

extension Int: PostgresArrayElement {
    public static var postgresArrayType: PostgresType { .int8Array }
}

extension Int64: PostgresArrayElement {
    public static var postgresArrayType: PostgresType { .int8Array }
}

extension Int32: PostgresArrayElement {
    public static var postgresArrayType: PostgresType { .int4Array }
}

extension Int16: PostgresArrayElement {
    public static var postgresArrayType: PostgresType { .int2Array }
}

extension Double: PostgresArrayElement {
    public static var postgresArrayType: PostgresType { .float8Array }
}

extension Date: PostgresArrayElement {
    public static var postgresArrayType: PostgresType { .timestamptzArray }
}

extension String: PostgresArrayElement {
    public static var postgresArrayType: PostgresType { .textArray }
    public static var postgresElementType: PostgresType { .text }
}

extension Optional: PostgresArrayElement
where Wrapped: PostgresArrayElement & PostgresEncodable & PostgresDecodable {
    public static var postgresArrayType: PostgresType { Wrapped.postgresArrayType }
    public static var postgresElementType: PostgresType { Wrapped.postgresElementType }
}

/// Bytes in an array are one `bytea`, not an array of numbers.
extension UInt8: PostgresArrayElement {
    public static var postgresArrayType: PostgresType { .bytea }
    public static var postgresElementType: PostgresType { .bytea }

    public static func postgresBytes(of elements: [UInt8]) -> [UInt8] { elements }

    public static func decodeElements(of cell: PostgresCell) throws(PostgresError) -> [UInt8] {
        try cell.withBytes { bytes throws(PostgresError) in
            switch cell.type {
            case .bytea: return [UInt8](bytes)
            default: return [UInt8](try PostgresText.read(bytes, of: cell).utf8)
            }
        }
    }
}
