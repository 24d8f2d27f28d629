import FundingJSON

extension JSONWriter {
    /// Writes a list of objects as a member.
    mutating func list<Element>(
        _ key: StaticString, _ elements: some Sequence<Element>, _ write: (Element, inout JSONWriter) throws -> Void
    ) rethrows {
        self.key(key)
        beginArray()
        for element in elements {
            beginObject()
            try write(element, &self)
            endObject()
        }
        endArray()
    }
}
