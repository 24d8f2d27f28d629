/// One value that travels beside a statement, never inside its text.
public struct PostgresParameter: Sendable {
    /// The type declared to the server.
    public let type: PostgresType
    /// The binary form of the value, or UTF-8 text if the type is unspecified; nil is NULL.
    public let bytes: [UInt8]?

    /// A value in the binary form of `type`, in UTF-8 text if the type is unspecified, or NULL.
    public init(type: PostgresType, bytes: [UInt8]?) {
        self.type = type
        self.bytes = bytes
    }

    var isText: Bool { type == .unspecified }
}
