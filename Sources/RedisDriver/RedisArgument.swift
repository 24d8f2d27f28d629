/// One word of a command: any bytes, most often text or a number.
///
///     try await connection.send(["SET", "greeting", "hello \(name)", "PX", RedisArgument(5_000)])
public struct RedisArgument: Sendable, Equatable {
    /// What is sent, unchanged.
    public var bytes: [UInt8]

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    public init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// The number in decimal digits.
    public init(_ number: Int) {
        self.init(String(number))
    }
}

extension RedisArgument: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    public init(stringLiteral value: String) {
        self.init(value)
    }
}

extension RedisArgument: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int) {
        self.init(value)
    }
}
