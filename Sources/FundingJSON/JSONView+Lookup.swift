extension JSONView {
    /// The value of an object's member, or nil if there is none or this is no object.
    ///
    /// Of duplicate keys the last one counts, as for `JSON.parse`. Keys are compared byte by byte: "é" as one character
    /// and "e" with a combining accent are different keys. The cost grows with the number of members before the end; no
    /// memory is allocated unless a key is written with escapes.
    @inlinable public subscript(key: String) -> JSONView? {
        document.indexOfMember(key, in: index).map { JSONView(document, at: $0) }
    }

    /// An array's element, counted from 0, or nil if there is none or this is no array.
    ///
    /// At once if all elements are scalars (a candle, a price level); otherwise by walking over those before it, so
    /// loop over `elements` to visit them all.
    @inlinable public subscript(index: Int) -> JSONView? {
        let node = node
        guard node.kind == .array, index >= 0, index < node.count else { return nil }
        let first = self.index + 1
        if Int(node.next) - first == node.count { return JSONView(document, at: first + index) }
        var position = first
        for _ in 0..<index { position = Int(document.tape[position].next) }
        return JSONView(document, at: position)
    }
}

extension JSONDocument {
    /// The tape index of the value that belongs to the last member called `key` of the object at `index`.
    @usableFromInline
    func indexOfMember(_ key: String, in index: Int) -> Int? {
        let (bytes, tape) = (bytes, tape)
        let (source, key) = (bytes.span, key.utf8.span)
        let node = tape[index]
        guard node.kind == .object else { return nil }
        let end = Int(node.next)
        if end - index - 1 == node.count * 2 {
            // Only scalars inside: members lie at a fixed distance, so the last match is the first from the end.
            var position = end - 2
            while position > index {
                if tape[position].isText(key, in: source) { return position + 1 }
                position -= 2
            }
            return nil
        }
        var found: Int?
        var position = index + 1
        while position < end {
            if tape[position].isText(key, in: source) { found = position + 1 }
            position = Int(tape[position + 1].next)
        }
        return found
    }
}
