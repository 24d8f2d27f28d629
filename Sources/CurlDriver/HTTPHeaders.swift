/// The header fields of an answer in the order they came. Names are compared without regard to case.
public struct HTTPHeaders: Sendable {
    private var fields: [(name: String, value: String)] = []

    /// An empty set of headers.
    public init() {}

    /// Headers from name and value pairs, in their order.
    public init(_ fields: [(String, String)]) {
        self.fields = fields.map { (name: $0.0, value: $0.1) }
    }

    /// The first value of this name, or nil.
    public subscript(name: String) -> String? {
        fields.first { $0.name.equalsIgnoringCase(name) }?.value
    }

    /// Every value of this name, in the order they came; a name may be sent more than once.
    public func all(_ name: String) -> [String] {
        fields.filter { $0.name.equalsIgnoringCase(name) }.map(\.value)
    }

    /// Every field, in the order they came, names spelt as sent.
    public func all() -> [(name: String, value: String)] {
        fields
    }

    mutating func append(name: String, value: String) {
        fields.append((name, value))
    }

    /// Continues the last field's value: an old server may fold a long one over several lines.
    mutating func continueLast(with text: String) {
        guard !fields.isEmpty else { return }
        fields[fields.count - 1].value += " " + text
    }
}

extension String {
    /// Whether two ASCII tokens are the same but for case. Neither string is copied.
    func equalsIgnoringCase(_ other: String) -> Bool {
        utf8.count == other.utf8.count
            && zip(utf8, other.utf8).allSatisfy { $0 == $1 || $0.lowercasedASCII == $1.lowercasedASCII }
    }
}

extension UInt8 {
    fileprivate var lowercasedASCII: UInt8 {
        self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self
    }
}

/// Whether a header can be sent as it is: a name, and nothing in either that would end the line.
func isHeaderField(_ name: String, _ value: String) -> Bool {
    !name.isEmpty && !name.utf8.contains { $0 <= 0x20 || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ";") }
        && !value.utf8.contains { $0 == 0 || $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
}
