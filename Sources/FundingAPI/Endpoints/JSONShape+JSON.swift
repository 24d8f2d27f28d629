import FundingJSON

extension JSONShape: JSONWritable {
    /// Writes the shape as JSON Schema, in the dialect of OpenAPI 3.1.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writeMembers(to: &writer)
        writer.endObject()
    }

    /// Writes the members of the shape's object, so that a caller can add to them.
    func writeMembers(to writer: inout JSONWriter) {
        switch self {
        case .text: writer.field("type", "string")
        case .timestamp:
            writer.field("type", "string")
            writer.field("format", "date-time")
        case .day:
            writer.field("type", "string")
            writer.field("format", "date")
        case .integer(let least, let most):
            writer.field("type", "integer")
            if let least { writer.field("minimum", least) }
            if let most { writer.field("maximum", most) }
        case .number: writer.field("type", "number")
        case .flag: writer.field("type", "boolean")
        case .word(let words):
            writer.field("type", "string")
            writer.field("enum", words)
        case .list(let schema):
            writer.field("type", "array")
            writer.field("items", schema)
        case .record(let members): Self.write(members, to: &writer)
        case .map(let schema):
            writer.field("type", "object")
            writer.field("additionalProperties", schema)
        case .named(let component): writer.field("$ref", "#/components/schemas/\(component.name)")
        case .optional(let schema): writer.field("anyOf", [Alternative.shape(schema), .null])
        case .either(let schemas): writer.field("anyOf", schemas.map(Alternative.shape))
        case .anything: break
        }
    }

    private static func write(_ members: [Member], to writer: inout JSONWriter) {
        writer.field("type", "object")
        let required = members.filter(\.isRequired).map(\.name)
        if !required.isEmpty { writer.field("required", required) }
        writer.key("properties")
        writer.beginObject()
        for member in members {
            writer.key(member.name)
            writer.value(member.schema)
        }
        writer.endObject()
    }

    /// One arm of a choice.
    private enum Alternative: JSONWritable {
        case shape(JSONShape)
        case null

        func write(to writer: inout JSONWriter) {
            switch self {
            case .shape(let schema): schema.write(to: &writer)
            case .null:
                writer.beginObject()
                writer.field("type", "null")
                writer.endObject()
            }
        }
    }
}
