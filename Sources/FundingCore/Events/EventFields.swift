import Foundation
import FundingJSON

/// The fields of an event, read so that an error names the one at fault.
extension JSONView {
    /// The member read by `read`, or an error that names it.
    func value<Value>(_ name: String, _ read: (JSONView) -> Value?) throws -> Value {
        guard let member = self[name], let value = read(member) else {
            let found = self[name]?.excerpt ?? "absent"
            throw EventError(description: "event field \(name) is missing or malformed: \(found)")
        }
        return value
    }

    /// The same for a member that may be absent or `null`, but not malformed.
    func optional<Value>(_ name: String, _ read: (JSONView) -> Value?) throws -> Value? {
        guard let member = self[name], !member.isNull else { return nil }
        return try value(name, read)
    }

    func text(_ name: String) throws -> String { try value(name, \.string) }

    func time(_ name: String) throws -> Date { try value(name) { $0.string.flatMap(Timestamp.parse) } }

    /// The elements of the member, which must be an array.
    func list(_ name: String) throws -> JSONElements {
        try value(name) { $0.kind == .array ? $0.elements : nil }
    }

    /// An element of the list called `name`.
    func text(in name: String) throws -> String {
        guard let string else { throw EventError(description: "event field \(name) holds \(excerpt), not a string") }
        return string
    }
}

extension JSONWriter {
    mutating func list(_ name: StaticString, _ texts: [String]) {
        key(name)
        beginArray()
        for text in texts { value(text) }
        endArray()
    }
}
