public import Foundation

/// A value that can be read from a result.
public protocol PostgresDecodable: Sendable {
    /// Reads the value of a cell.
    ///
    /// - Throws: `decoding` if the cell is NULL or of another type.
    static func decode(_ cell: PostgresCell) throws(PostgresError) -> Self
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Wrapped? {
        cell.isNull ? nil : try Wrapped.decode(cell)
    }
}

extension PostgresDecodable where Self: RawRepresentable, RawValue: PostgresDecodable {
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Self {
        guard let value = Self(rawValue: try RawValue.decode(cell)) else { throw cell.mismatch("\(Self.self)") }
        return value
    }
}

extension Bool: PostgresDecodable {
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Bool {
        try cell.withBytes { bytes throws(PostgresError) in
            guard cell.type == .bool, bytes.count == 1 else { throw cell.mismatch("Bool") }
            return bytes[0] != 0
        }
    }
}

extension Int: PostgresDecodable {
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Int { try PostgresNumber.integer(cell) }
}

extension Int64: PostgresDecodable {
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Int64 { try PostgresNumber.integer(cell) }
}

extension Int32: PostgresDecodable {
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Int32 { try PostgresNumber.integer(cell) }
}

extension Int16: PostgresDecodable {
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Int16 { try PostgresNumber.integer(cell) }
}

/// Exact for `double precision`; `numeric` is rounded to the nearest `Double`.
extension Double: PostgresDecodable {
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Double {
        try PostgresNumber.double(cell)
    }
}

/// Reads text, json, enumerations, numbers and uuids; for other types, cast to text in the statement.
extension String: PostgresDecodable {
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> String {
        try cell.withBytes { bytes throws(PostgresError) in try PostgresText.read(bytes, of: cell) }
    }
}

/// Reads `timestamptz`, `timestamp` (taken as UTC) and `date` (midnight UTC).
extension Date: PostgresDecodable {
    public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Date {
        try cell.withBytes { bytes throws(PostgresError) in
            switch cell.type {
            case .timestamptz, .timestamp:
                if let microseconds: Int64 = bytes.bigEndian(at: 0) {
                    return PostgresTimestamp.date(microseconds: microseconds)
                }
            case .date:
                if let days: Int32 = bytes.bigEndian(at: 0) { return PostgresTimestamp.date(days: days) }
            default: break
            }
            throw cell.mismatch("Date")
        }
    }
}
