/// The shape of a JSON value: what the OpenAPI document says of it, and what the tests hold answers against.
///
/// A record is written as a dictionary literal; a name that ends in `?` is a member that may be absent:
/// `["asset": .text, "total": .count, "next_cursor?": .text.orNull]`.
indirect enum JSONShape: Sendable {
    case text
    /// RFC 3339 in UTC.
    case timestamp
    /// A UTC day, `2026-11-22`.
    case day
    case integer(least: Int?, most: Int?)
    case number
    case flag
    /// One of a few words.
    case word([String])
    case list(JSONShape)
    case record([Member])
    /// An object whose names are data.
    case map(JSONShape)
    /// A shape that several places share.
    case named(Component)
    case optional(JSONShape)
    case either([JSONShape])
    case anything

    /// One member of a record.
    struct Member: Sendable {
        var name: String
        var schema: JSONShape
        var isRequired: Bool
    }

    /// A shape with a name of its own in the document.
    struct Component: Sendable {
        var name: String
        var schema: JSONShape
    }

    /// A whole number, zero or more.
    static let count = JSONShape.integer(least: 0, most: nil)
    static let whole = JSONShape.integer(least: nil, most: nil)

    /// The shape, or null for what is unknown.
    var orNull: JSONShape { .optional(self) }

    static func words<Word: RawRepresentable & CaseIterable>(_ type: Word.Type) -> JSONShape
    where Word.RawValue == String {
        .word(Word.allCases.map(\.rawValue))
    }

    /// The components that the shape refers to, those inside of them included.
    var components: [Component] {
        switch self {
        case .named(let component): [component] + component.schema.components
        case .list(let schema), .map(let schema), .optional(let schema): schema.components
        case .record(let members): members.flatMap(\.schema.components)
        case .either(let schemas): schemas.flatMap(\.components)
        case .text, .timestamp, .day, .integer, .number, .flag, .word, .anything: []
        }
    }

    /// The record of which any member may be absent.
    var allOptional: JSONShape {
        guard case .record(let members) = self else { preconditionFailure("Only a record has members.") }
        return .record(members.map { Member(name: $0.name, schema: $0.schema, isRequired: false) })
    }

    /// The record with more members.
    func with(_ more: JSONShape) -> JSONShape {
        guard case .record(let members) = self, case .record(let others) = more else {
            preconditionFailure("Only records can be put together.")
        }
        return .record(members + others)
    }
}

extension JSONShape: ExpressibleByDictionaryLiteral {
    init(dictionaryLiteral elements: (String, JSONShape)...) {
        self = .record(
            elements.map { name, schema in
                let isRequired = !name.hasSuffix("?")
                return Member(name: isRequired ? name : String(name.dropLast()), schema: schema, isRequired: isRequired)
            }
        )
    }
}
