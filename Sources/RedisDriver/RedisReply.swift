/// What the server answered.
///
/// Types that only protocol version 3 knows are given as their nearest relative here: a map as the array of its keys
/// and values in turn, a set or push as an array, a boolean as 0 or 1, a double or big number as its digits.
public enum RedisReply: Sendable, Equatable {
    case null
    case integer(Int)
    /// A short word such as `OK`.
    case status(String)
    /// Bytes as stored, not necessarily text.
    case string([UInt8])
    case array([RedisReply])
    /// An error in the place of one element or of one pipelined command; a single command's error is thrown instead.
    case error(code: String, message: String)

    /// The number, also when it came as digits.
    public var int: Int? {
        switch self {
        case .integer(let number): number
        case .string, .status: text.flatMap { Int($0) }
        case .null, .array, .error: nil
        }
    }

    /// The text of a status, a number or a string that is valid UTF-8.
    public var text: String? {
        switch self {
        case .status(let word): word
        case .string(let bytes): String(validating: bytes, as: UTF8.self)
        case .integer(let number): String(number)
        case .null, .array, .error: nil
        }
    }

    /// The bytes of a string or status.
    public var bytes: [UInt8]? {
        switch self {
        case .string(let bytes): bytes
        case .status(let word): Array(word.utf8)
        case .null, .integer, .array, .error: nil
        }
    }

    /// The elements of an array.
    public var elements: [RedisReply]? {
        if case .array(let elements) = self { elements } else { nil }
    }
}
