/// Keeps handlers from splitting an answer in two: no control characters in header fields.
enum HeaderSafety {
    /// Whether every field may go onto the wire.
    static func isSafe(_ fields: [(String, String)]) -> Bool {
        fields.allSatisfy { isToken($0.0) && isValue($0.1) }
    }

    private static func isToken(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    private static func isValue(_ value: String) -> Bool {
        value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }
    }
}
