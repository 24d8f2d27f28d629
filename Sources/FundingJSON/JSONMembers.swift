/// The members of an object in document order, duplicate keys each time they occur; none if the value is no object.
public struct JSONMembers: Sequence, Sendable {
    /// A key with its escapes resolved, and what it leads to.
    public typealias Element = (key: String, value: JSONView)

    @usableFromInline let object: JSONView

    @inlinable
    init(of object: JSONView) {
        self.object = object
    }

    /// How many members there are.
    @inlinable public var count: Int { object.kind == .object ? object.count : 0 }

    /// Whether there are none.
    @inlinable public var isEmpty: Bool { count == 0 }

    /// `count`, so that `map` allocates once.
    @inlinable public var underestimatedCount: Int { count }

    /// Starts at the front.
    @inlinable
    public func makeIterator() -> Iterator {
        Iterator(document: object.document, position: object.index + 1, remaining: count)
    }

    /// Walks over the tape from key to key.
    public struct Iterator: IteratorProtocol {
        @usableFromInline let document: JSONDocument
        @usableFromInline var position: Int
        @usableFromInline var remaining: Int

        @inlinable
        init(document: JSONDocument, position: Int, remaining: Int) {
            self.document = document
            self.position = position
            self.remaining = remaining
        }

        /// The next one, or nil behind the last.
        @inlinable
        public mutating func next() -> Element? {
            guard remaining > 0 else { return nil }
            let key = JSONView(document, at: position)
            let value = JSONView(document, at: position + 1)
            position = Int(value.node.next)
            remaining -= 1
            return (key.contentText, value)
        }
    }
}

extension JSONView {
    /// The members of an object; none if this is no object, so a caller to whom that matters checks `kind` first.
    @inlinable public var members: JSONMembers { JSONMembers(of: self) }
}
