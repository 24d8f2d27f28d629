import FundingCore
import FundingJSON

@testable import FundingAPI

extension JSONShape {
    /// Where a value is not of the shape; members that the shape does not name are faults as well, for what is answered
    /// has to be in the document.
    func faults(of value: JSONView, at path: String = "$") -> [String] {
        func expect(_ isRight: Bool, _ what: String) -> [String] {
            isRight ? [] : ["\(path): expected \(what), found \(value.excerpt.prefix(60))"]
        }
        switch self {
        case .anything: return []
        case .text: return expect(value.kind == .string, "a string")
        case .timestamp: return expect(value.string.flatMap(Timestamp.parse) != nil, "a time")
        case .day: return expect(value.string.flatMap { Timestamp.parse($0 + "T00:00:00Z") } != nil, "a day")
        case .integer(let least, let most):
            guard let number = value.int else { return expect(false, "a whole number") }
            return expect(number >= least ?? .min && number <= most ?? .max, "a number in bounds")
        case .number: return expect(value.kind == .number, "a number")
        case .flag: return expect(value.kind == .bool, "true or false")
        case .word(let words): return expect(value.string.map(words.contains) == true, "one of \(words)")
        case .named(let component): return component.schema.faults(of: value, at: path)
        case .optional(let shape): return value.isNull ? [] : shape.faults(of: value, at: path)
        case .either(let shapes):
            return shapes.contains { $0.faults(of: value, at: path).isEmpty }
                ? [] : shapes.flatMap { $0.faults(of: value, at: path) }
        case .list(let shape):
            guard value.kind == .array else { return expect(false, "a list") }
            return value.elements.enumerated().flatMap { shape.faults(of: $1, at: "\(path)[\($0)]") }
        case .map(let shape):
            guard value.kind == .object else { return expect(false, "an object") }
            return value.members.flatMap { shape.faults(of: $0.value, at: "\(path).\($0.key)") }
        case .record(let members):
            guard value.kind == .object else { return expect(false, "an object") }
            let known = Set(members.map(\.name))
            let strangers = value.members.filter { !known.contains($0.key) }.map { "\(path).\($0.key): not declared" }
            return strangers
                + members.flatMap { member in
                    value[member.name].map { member.schema.faults(of: $0, at: "\(path).\(member.name)") }
                        ?? (member.isRequired ? ["\(path).\(member.name): missing"] : [])
                }
        }
    }
}

extension Endpoint {
    /// Where an answer is none of those that the endpoint declares.
    func faults(of status: Int, _ body: JSONView) -> [String] {
        let declared = answers.filter { $0.status == status && $0.schema != nil }
        if declared.isEmpty {
            guard documentedRefusals.contains(status) else { return ["status \(status) is not declared"] }
            return ErrorBody.schema.faults(of: body)
        }
        let faults = declared.compactMap(\.schema).map { $0.faults(of: body) }
        return faults.contains([]) ? [] : faults.flatMap(\.self)
    }
}
