/// What a `JSONWriter` can write as one value.
///
/// Types of other modules join by writing themselves in terms of the writer's calls.
public protocol JSONWritable {
    /// Writes exactly one value.
    func write(to writer: inout JSONWriter)
}

extension JSONWriter {
    /// Writes one value; a missing optional is `null`, and so is a double that is infinite or not a number.
    @inlinable
    public mutating func value(_ value: some JSONWritable) {
        value.write(to: &self)
    }

    /// Writes a member of the innermost object.
    @inlinable
    public mutating func field(_ key: StaticString, _ value: some JSONWritable) {
        self.key(key)
        value.write(to: &self)
    }
}

extension Optional: JSONWritable where Wrapped: JSONWritable {
    @inlinable
    public func write(to writer: inout JSONWriter) {
        if let self { self.write(to: &writer) } else { writer.null() }
    }
}

extension Array: JSONWritable where Element: JSONWritable {
    @inlinable
    public func write(to writer: inout JSONWriter) {
        writer.beginArray()
        for element in self { element.write(to: &writer) }
        writer.endArray()
    }
}

extension String: JSONWritable {
    public func write(to writer: inout JSONWriter) {
        writer.withValue { $0.appendJSONString(self) }
    }
}

extension Bool: JSONWritable {
    public func write(to writer: inout JSONWriter) {
        writer.raw(self ? "true" : "false")
    }
}

extension Int: JSONWritable {
    public func write(to writer: inout JSONWriter) {
        writer.withValue { $0.appendDecimal(Int64(self)) }
    }
}

extension Int64: JSONWritable {
    public func write(to writer: inout JSONWriter) {
        writer.withValue { $0.appendDecimal(self) }
    }
}

extension Int32: JSONWritable {
    public func write(to writer: inout JSONWriter) {
        writer.withValue { $0.appendDecimal(Int64(self)) }
    }
}

extension Double: JSONWritable {
    /// Writes the shortest text that reads back as the same double, whole numbers below 2^53 without a fraction or exponent.
    public func write(to writer: inout JSONWriter) {
        writer.withValue { $0.appendJSONNumber(self) }
    }
}

extension JSONView: JSONWritable {
    /// Writes the value as it stands in its document.
    public func write(to writer: inout JSONWriter) {
        writer.raw(rawBytes)
    }
}
