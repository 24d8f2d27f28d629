public import Foundation

/// A value that can be bound to a statement.
///
/// Numbers, booleans, dates and arrays are declared with their own type (an `Int` is a `bigint`, an `Int32` an
/// `integer`, a `Date` a `timestamptz`). A `String` is declared without one, so that the server reads it as whatever
/// stands at that place: text, json, an enumeration, an interval. Where the place says nothing, as in
/// `\(text) IS NULL`, write the type: `\(text)::text IS NULL`.
public protocol PostgresEncodable: Sendable {
    /// The type declared to the server, for NULL too.
    static var postgresType: PostgresType { get }
    /// The binary form (UTF-8 text if the type is unspecified); nil is NULL.
    var postgresBytes: [UInt8]? { get }
}

extension String: PostgresEncodable {
    public static var postgresType: PostgresType { .unspecified }
    public var postgresBytes: [UInt8]? { [UInt8](utf8) }
}

extension Bool: PostgresEncodable {
    public static var postgresType: PostgresType { .bool }
    public var postgresBytes: [UInt8]? { [self ? 1 : 0] }
}

extension Int: PostgresEncodable {
    public static var postgresType: PostgresType { .int8 }
    public var postgresBytes: [UInt8]? { [UInt8](bigEndian: Int64(self)) }
}

extension Int64: PostgresEncodable {
    public static var postgresType: PostgresType { .int8 }
    public var postgresBytes: [UInt8]? { [UInt8](bigEndian: self) }
}

extension Int32: PostgresEncodable {
    public static var postgresType: PostgresType { .int4 }
    public var postgresBytes: [UInt8]? { [UInt8](bigEndian: self) }
}

extension Int16: PostgresEncodable {
    public static var postgresType: PostgresType { .int2 }
    public var postgresBytes: [UInt8]? { [UInt8](bigEndian: self) }
}

extension Double: PostgresEncodable {
    public static var postgresType: PostgresType { .float8 }
    public var postgresBytes: [UInt8]? { [UInt8](bigEndian: bitPattern) }
}

/// Rounded to the nearest microsecond; infinite intervals are `infinity` and `-infinity`.
extension Date: PostgresEncodable {
    public static var postgresType: PostgresType { .timestamptz }
    public var postgresBytes: [UInt8]? { [UInt8](bigEndian: PostgresTimestamp.microseconds(of: self)) }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    public static var postgresType: PostgresType { Wrapped.postgresType }
    public var postgresBytes: [UInt8]? { self?.postgresBytes }
}

extension PostgresEncodable where Self: RawRepresentable, RawValue: PostgresEncodable {
    public static var postgresType: PostgresType { RawValue.postgresType }
    public var postgresBytes: [UInt8]? { rawValue.postgresBytes }
}

extension PostgresEncodable {
    var postgresParameter: PostgresParameter {
        PostgresParameter(type: Self.postgresType, bytes: postgresBytes)
    }
}
