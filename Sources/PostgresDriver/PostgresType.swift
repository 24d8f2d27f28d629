/// A data type of the server, by its object id.
public struct PostgresType: Sendable, Hashable, CustomStringConvertible {
    /// The type's number in `pg_type`; 0 lets the server choose the type from the context.
    public let oid: UInt32

    /// The type with this number.
    public init(oid: UInt32) {
        self.oid = oid
    }

    /// Chosen by the server from the context.
    public static let unspecified = PostgresType(oid: 0)
    /// `boolean`
    public static let bool = PostgresType(oid: 16)
    /// `bytea`
    public static let bytea = PostgresType(oid: 17)
    /// `bigint`
    public static let int8 = PostgresType(oid: 20)
    /// `smallint`
    public static let int2 = PostgresType(oid: 21)
    /// `integer`
    public static let int4 = PostgresType(oid: 23)
    /// `text`
    public static let text = PostgresType(oid: 25)
    /// `double precision`
    public static let float8 = PostgresType(oid: 701)
    /// `timestamp with time zone`
    public static let timestamptz = PostgresType(oid: 1184)

    static let char = PostgresType(oid: 18)
    static let name = PostgresType(oid: 19)
    static let oid = PostgresType(oid: 26)
    static let json = PostgresType(oid: 114)
    static let xml = PostgresType(oid: 142)
    static let float4 = PostgresType(oid: 700)
    static let unknown = PostgresType(oid: 705)
    static let bpchar = PostgresType(oid: 1042)
    static let varchar = PostgresType(oid: 1043)
    static let date = PostgresType(oid: 1082)
    static let timestamp = PostgresType(oid: 1114)
    static let numeric = PostgresType(oid: 1700)
    static let void = PostgresType(oid: 2278)
    static let uuid = PostgresType(oid: 2950)
    static let jsonb = PostgresType(oid: 3802)

    static let boolArray = PostgresType(oid: 1000)
    static let int2Array = PostgresType(oid: 1005)
    static let int4Array = PostgresType(oid: 1007)
    static let textArray = PostgresType(oid: 1009)
    static let int8Array = PostgresType(oid: 1016)
    static let float8Array = PostgresType(oid: 1022)
    static let timestamptzArray = PostgresType(oid: 1185)

    /// Types of extensions and enumerations have numbers from here on.
    var isUserDefined: Bool { oid >= 16_384 }

    /// The name SQL has for it, or its number.
    public var description: String {
        Self.names[self] ?? "type with oid \(oid)"
    }

    private static let names: [PostgresType: String] = [
        .unspecified: "unspecified", .bool: "boolean", .bytea: "bytea", .int8: "bigint", .int2: "smallint",
        .int4: "integer", .text: "text", .float8: "double precision", .timestamptz: "timestamptz", .char: "\"char\"",
        .name: "name", .oid: "oid", .json: "json", .xml: "xml", .float4: "real", .unknown: "unknown",
        .bpchar: "character", .varchar: "varchar", .date: "date", .timestamp: "timestamp", .numeric: "numeric",
        .void: "void", .uuid: "uuid", .jsonb: "jsonb", .boolArray: "boolean[]", .int2Array: "smallint[]",
        .int4Array: "integer[]", .textArray: "text[]", .int8Array: "bigint[]", .float8Array: "double precision[]",
        .timestamptzArray: "timestamptz[]",
    ]
}
