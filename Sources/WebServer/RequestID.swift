/// Ids that tie an answer to its log line.
enum RequestID {
    /// The client's own id if it is sane (1 to 64 letters, digits, `.`, `_`, `-`), else a new one.
    static func accepting(_ sent: String?) -> String {
        guard let sent, (1...64).contains(sent.utf8.count), sent.utf8.allSatisfy(isAllowed) else { return fresh() }
        return sent
    }

    /// A new one: 16 hexadecimal digits.
    static func fresh() -> String {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
