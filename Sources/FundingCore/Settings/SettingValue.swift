import Foundation
import FundingJSON

/// What a setting may be: a value that is read strictly and knows what is wrong with it.
protocol SettingValue: Sendable, Equatable {
    /// What the document must hold: `a whole number`.
    static var expectation: String { get }

    /// Nil if the document holds something else. What is wrong further inside is added to `problems`.
    static func read(_ json: JSONView, at path: String, _ problems: inout [SettingsProblem]) -> Self?

    func write(to writer: inout JSONWriter)

    /// What is wrong with a value of the right kind.
    func problems(at path: String) -> [SettingsProblem]

    /// The paths at which another value differs; `path` itself where the value cannot be told apart further.
    func changes(to other: Self, at path: String) -> [String]

    /// Everything that can be set inside of the value, with paths below `path`.
    static func descriptions(at path: String) -> [SettingDescription]
}

extension SettingValue {
    func problems(at path: String) -> [SettingsProblem] { [] }

    func changes(to other: Self, at path: String) -> [String] { self == other ? [] : [path] }

    static func descriptions(at path: String) -> [SettingDescription] { [] }
}

extension Bool: SettingValue {
    static let expectation = "true or false"

    static func read(_ json: JSONView, at path: String, _ problems: inout [SettingsProblem]) -> Bool? { json.bool }
}

extension Int: SettingValue {
    static let expectation = "a whole number"

    static func read(_ json: JSONView, at path: String, _ problems: inout [SettingsProblem]) -> Int? { json.int }
}

extension Double: SettingValue {
    static let expectation = "a number"

    static func read(_ json: JSONView, at path: String, _ problems: inout [SettingsProblem]) -> Double? { json.double }
}

extension String: SettingValue {
    static let expectation = "a text"

    static func read(_ json: JSONView, at path: String, _ problems: inout [SettingsProblem]) -> String? { json.string }
}

extension Date: SettingValue {
    static let expectation = "a time such as 2026-11-01T00:00:00Z"

    static func read(_ json: JSONView, at path: String, _ problems: inout [SettingsProblem]) -> Date? {
        json.string.flatMap(Timestamp.parse)
    }

    func write(to writer: inout JSONWriter) { writer.value(Timestamp.text(self)) }
}

/// One of a few words.
protocol SettingChoice: SettingValue, RawRepresentable, CaseIterable where RawValue == String {}

extension SettingChoice {
    static var expectation: String { "one of \(allCases.map(\.rawValue).joined(separator: ", "))" }

    static func read(_ json: JSONView, at path: String, _ problems: inout [SettingsProblem]) -> Self? {
        json.string.flatMap(Self.init(rawValue:))
    }

    func write(to writer: inout JSONWriter) { writer.value(rawValue) }
}

extension Optional: SettingValue where Wrapped: SettingValue {
    static var expectation: String { "\(Wrapped.expectation), or null" }

    static func read(_ json: JSONView, at path: String, _ problems: inout [SettingsProblem]) -> Wrapped?? {
        if json.isNull { return .some(nil) }
        return Wrapped.read(json, at: path, &problems).map(Optional.some)
    }

    func write(to writer: inout JSONWriter) {
        if let self { self.write(to: &writer) } else { writer.null() }
    }

    func problems(at path: String) -> [SettingsProblem] { self?.problems(at: path) ?? [] }
}

extension Array: SettingValue where Element: SettingValue {
    static var expectation: String { "a list, each \(Element.expectation)" }

    static func read(_ json: JSONView, at path: String, _ problems: inout [SettingsProblem]) -> [Element]? {
        guard json.kind == .array else { return nil }
        return json.elements.enumerated().compactMap { index, element in
            let place = path.settingsPath("\(index)")
            return Element.required(element, at: place, &problems)
        }
    }

    func write(to writer: inout JSONWriter) {
        writer.beginArray()
        for element in self { element.write(to: &writer) }
        writer.endArray()
    }

    func problems(at path: String) -> [SettingsProblem] {
        enumerated().flatMap { $1.problems(at: path.settingsPath("\($0)")) }
    }
}

/// Named values; a name is what addresses one of them in a patch, so it holds no dot.
extension Dictionary: SettingValue where Key == String, Value: SettingValue {
    static var expectation: String { "an object of names, each with \(Value.expectation)" }

    static func read(_ json: JSONView, at path: String, _ problems: inout [SettingsProblem]) -> [String: Value]? {
        guard json.kind == .object else { return nil }
        var values: [String: Value] = [:]
        for (name, member) in json.members {
            let place = path.settingsPath(name)
            if values[name] != nil { problems.append(SettingsProblem(place, "is given twice")) }
            values[name] = Value.required(member, at: place, &problems)
        }
        return values
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for (name, value) in sorted(by: { $0.key < $1.key }) {
            writer.key(name)
            value.write(to: &writer)
        }
        writer.endObject()
    }

    func problems(at path: String) -> [SettingsProblem] {
        sorted { $0.key < $1.key }.flatMap { name, value in
            let place = path.settingsPath(name)
            let fault = SettingName.isValid(name) ? [] : [SettingsProblem(place, SettingName.rule)]
            return fault + value.problems(at: place)
        }
    }

    /// What is new, or gone, is named as a whole.
    func changes(to other: [String: Value], at path: String) -> [String] {
        Set(keys).union(other.keys).sorted().flatMap { name in
            let place = path.settingsPath(name)
            guard let old = self[name], let new = other[name] else { return [place] }
            return old.changes(to: new, at: place)
        }
    }

    static func descriptions(at path: String) -> [SettingDescription] {
        Value.descriptions(at: path.settingsPath("<name>"))
    }
}

extension SettingValue {
    /// Reads a value that must be of this kind; if it is not, that is a problem.
    static func required(_ json: JSONView, at path: String, _ problems: inout [SettingsProblem]) -> Self? {
        if let value = read(json, at: path, &problems) { return value }
        problems.append(SettingsProblem(path, "expected \(expectation), found \(json.settingsKind)"))
        return nil
    }
}

/// What rules, channels and exchanges may be called.
enum SettingName {
    static let rule = "a name has 1 to 64 of the characters a-z, 0-9, - and _, and begins with a letter or a digit"

    static func isValid(_ name: String) -> Bool {
        let isPlain = { (byte: UInt8) in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        return (1...64).contains(name.utf8.count) && name.utf8.first.map(isPlain) == true
            && name.utf8.allSatisfy { isPlain($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    }
}

extension JSONView {
    /// What a value is, without its content.
    fileprivate var settingsKind: String {
        switch kind {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number that does not fit"
        case .string: "a text that does not fit"
        case .array: "a list"
        case .object: "an object"
        }
    }
}
