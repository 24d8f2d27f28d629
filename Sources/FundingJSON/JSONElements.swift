/// The elements of an array in document order; none if the value is no array.
public struct JSONElements: Sequence, Sendable {
    @usableFromInline let array: JSONView

    @inlinable
    init(of array: JSONView) {
        self.array = array
    }

    /// How many elements there are.
    @inlinable public var count: Int { array.kind == .array ? array.count : 0 }

    /// Whether there are none.
    @inlinable public var isEmpty: Bool { count == 0 }

    /// `count`, so that `map` allocates once.
    @inlinable public var underestimatedCount: Int { count }

    /// Starts at the front.
    @inlinable
    public func makeIterator() -> Iterator {
        Iterator(document: array.document, position: array.index + 1, remaining: count)
    }

    /// Walks over the tape from sibling to sibling.
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
        public mutating func next() -> JSONView? {
            guard remaining > 0 else { return nil }
            let element = JSONView(document, at: position)
            position = Int(document.tape[position].next)
            remaining -= 1
            return element
        }
    }
}

extension JSONView {
    /// The elements of an array; none if this is no array, so a caller to whom that matters checks `kind` first.
    @inlinable public var elements: JSONElements { JSONElements(of: self) }
}
