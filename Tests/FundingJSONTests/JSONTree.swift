import FundingJSON

/// A document's meaning as a plain value, for comparing what was written with what is read back. Shared with the fuzz
/// target.
enum JSONTree: Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    case double(Double)
    /// A number beyond what a double can hold.
    case hugeNumber(String)
    /// Bytes, because Swift calls strings equal that JSON does not ("é" in one character or in two).
    case string([UInt8])
    case array([JSONTree])
    case object([Member])

    struct Member: Equatable {
        var key: [UInt8]
        var value: JSONTree
    }

    init(_ view: JSONView) {
        switch view.kind {
        case .null: self = .null
        case .bool: self = .bool(view.bool == true)
        case .number: self = Self.number(view)
        case .string: self = .string(Array((view.string ?? "").utf8))
        case .array: self = .array(view.elements.map(JSONTree.init))
        case .object: self = .object(view.members.map { Member(key: Array($0.key.utf8), value: JSONTree($0.value)) })
        }
    }

    private static func number(_ view: JSONView) -> JSONTree {
        if let integer = view.int { return .integer(integer) }
        guard let double = view.double else { return .hugeNumber(view.numberText ?? "") }
        return Int(exactly: double).map(JSONTree.integer) ?? .double(double)
    }
}

extension JSONTree: JSONWritable {
    func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.value(value)
        case .integer(let value): writer.value(value)
        case .double(let value): writer.value(value)
        case .hugeNumber(let text): writer.raw(text)
        case .string(let bytes): writer.value(String(decoding: bytes, as: UTF8.self))
        case .array(let elements): writer.value(elements)
        case .object(let members):
            writer.beginObject()
            for member in members {
                writer.key(String(decoding: member.key, as: UTF8.self))
                writer.value(member.value)
            }
            writer.endObject()
        }
    }
}
