/// One entry of the tape: a value, or the key of an object member.
///
/// Values lie on the tape in document order. An array is followed by its elements, an object by key, value, key, value;
/// `next` leads past all of them, so a walk over siblings never looks inside what it skips.
@usableFromInline
struct JSONNode: Sendable {
    /// The offset of the value's first byte; of a string, the first after the opening quote.
    @usableFromInline var start: UInt32

    /// The offset behind the value's last byte; of a string, that of the closing quote.
    @usableFromInline var end: UInt32

    /// The tape index of what follows the value. While a container is open it holds the enclosing container's index.
    @usableFromInline var next: UInt32

    /// Kind in bits 0–2, "has escapes" in bit 3, the number of elements or members above.
    @usableFromInline var tag: UInt32

    @usableFromInline
    init(_ kind: JSONKind, start: Int, end: Int, next: Int, isEscaped: Bool = false) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.end = UInt32(truncatingIfNeeded: end)
        self.next = UInt32(truncatingIfNeeded: next)
        tag = UInt32(kind.rawValue) | (isEscaped ? 8 : 0)
    }

    @inlinable var kind: JSONKind {
        switch tag & 7 {
        case 0: .null
        case 1: .bool
        case 2: .number
        case 3: .string
        case 4: .array
        default: .object
        }
    }

    /// Whether a string's bytes differ from its characters.
    @inlinable var isEscaped: Bool { tag & 8 != 0 }

    /// The number of elements or members; 0 for a scalar.
    @inlinable var count: Int {
        get { Int(tag &>> 4) }
        set { tag = tag & 15 | UInt32(truncatingIfNeeded: newValue) &<< 4 }
    }

    /// The offsets of the value's bytes, without the quotes of a string.
    @inlinable var range: Range<Int> { Int(start)..<Int(end) }
}
