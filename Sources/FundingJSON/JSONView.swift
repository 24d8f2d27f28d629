/// One value of a document: a position on its tape, cheap to copy, valid for as long as anyone holds it because it
/// keeps the document alive.
///
/// Asking a view for what it is not gives nil, never an error: the reader decides whether a missing or mistyped field
/// matters, and says so with `excerpt` in the message.
public struct JSONView: Sendable {
    @usableFromInline let document: JSONDocument
    @usableFromInline let index: Int

    @inlinable
    init(_ document: JSONDocument, at index: Int) {
        self.document = document
        self.index = index
    }

    @inlinable var node: JSONNode { document.tape[index] }

    /// What kind of value this is.
    @inlinable public var kind: JSONKind { node.kind }

    /// Whether this is `null`.
    @inlinable public var isNull: Bool { kind == .null }

    /// `true` or `false`; nil for anything else, the strings "true" and "false" included.
    @inlinable public var bool: Bool? {
        let node = node
        guard node.kind == .bool else { return nil }
        return document.bytes[Int(node.start)] == UInt8(ascii: "t")
    }

    /// How many elements an array or members an object has, duplicate keys counted each time; 0 for a scalar.
    @inlinable public var count: Int { node.count }
}
