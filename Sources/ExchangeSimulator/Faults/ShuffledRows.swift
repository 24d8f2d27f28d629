import FundingJSON

/// A body whose lists of objects stand back to front, each object twice.
enum ShuffledRows {
    /// What is no JSON stays as it is.
    static func of(_ body: [UInt8]) -> [UInt8] {
        guard let document = try? JSONDocument(body) else { return body }
        var writer = JSONWriter(reservingCapacity: 2 * body.count)
        write(document.root, to: &writer)
        return writer.bytes
    }

    private static func write(_ value: JSONView, to writer: inout JSONWriter) {
        switch value.kind {
        case .array where value.elements.contains { $0.kind == .object }:
            writer.beginArray()
            for element in value.elements.reversed() {
                writer.raw(element.rawBytes)
                writer.raw(element.rawBytes)
            }
            writer.endArray()
        case .object:
            writer.beginObject()
            for member in value.members {
                writer.key(member.key)
                write(member.value, to: &writer)
            }
            writer.endObject()
        default: writer.raw(value.rawBytes)
        }
    }
}
