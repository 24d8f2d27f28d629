import FundingJSON

/// When a changed setting takes effect.
public enum SettingApplication: String, Sendable {
    /// Within seconds, in the running process.
    case live
    /// When the process starts again.
    case restart
}

/// What can be set: one line of the documentation of the settings.
public struct SettingDescription: Hashable, Sendable {
    /// Keys joined by dots; `<name>` stands for any name.
    public var path: String
    public var meaning: String
    /// What values are possible.
    public var values: String
    /// What holds where nothing is said, as JSON.
    public var fallback: String
    public var application: SettingApplication
}

/// What a setting's value must satisfy beyond its kind.
struct SettingBound<Value>: Sendable {
    var rule: String
    var holds: @Sendable (Value) -> Bool

    static var any: Self { SettingBound(rule: "") { _ in true } }
}

extension SettingBound where Value: Comparable & Sendable {
    static func within(_ range: ClosedRange<Value>) -> Self {
        SettingBound(rule: "\(range.lowerBound) to \(range.upperBound)", holds: range.contains)
    }
}

extension SettingBound {
    static func given<Wrapped>(_ bound: SettingBound<Wrapped>) -> Self where Value == Wrapped? {
        SettingBound(rule: bound.rule) { $0.map(bound.holds) ?? true }
    }
}

extension SettingBound where Value == String {
    static func pattern(_ rule: String, _ holds: @escaping @Sendable (String) -> Bool) -> Self {
        SettingBound(rule: rule, holds: holds)
    }
}

/// One key of a section: how it is read, written, checked and described, in one line.
struct SettingField<Section: SettingsSection>: Sendable {
    let name: String
    let isRequired: Bool
    /// Of what the field holds: a section says it for its own keys.
    let application: SettingApplication
    let read: @Sendable (JSONView, String, inout Section, inout [SettingsProblem]) -> Void
    let write: @Sendable (Section, inout JSONWriter) -> Void
    let problems: @Sendable (Section, String) -> [SettingsProblem]
    let changes: @Sendable (Section, Section, String) -> [String]
    let descriptions: @Sendable (String) -> [SettingDescription]

    init<Value: SettingValue>(
        _ name: String, _ member: any WritableKeyPath<Section, Value> & Sendable, isRequired: Bool = false,
        _ meaning: String
    ) {
        self.init(name, member, .any, isRequired: isRequired, meaning)
    }

    init<Value: SettingValue>(
        _ name: String, _ member: any WritableKeyPath<Section, Value> & Sendable, _ bound: SettingBound<Value>,
        isRequired: Bool = false, _ meaning: String
    ) {
        self.name = name
        self.isRequired = isRequired
        application = (Value.self as? any SettingsSection.Type)?.application ?? Section.application
        read = { json, path, section, problems in
            if let value = Value.required(json, at: path, &problems) { section[keyPath: member] = value }
        }
        write = { section, writer in section[keyPath: member].write(to: &writer) }
        problems = { section, path in
            let value = section[keyPath: member]
            let fault = bound.holds(value) ? [] : [SettingsProblem(path, "expected \(bound.rule)\(Self.found(value))")]
            return fault + value.problems(at: path)
        }
        changes = { old, new, path in old[keyPath: member].changes(to: new[keyPath: member], at: path) }
        descriptions = { path in
            let inner = Value.descriptions(at: path)
            guard inner.isEmpty else { return inner }
            var writer = JSONWriter()
            Section()[keyPath: member].write(to: &writer)
            return [
                SettingDescription(
                    path: path, meaning: meaning,
                    values: bound.rule.isEmpty ? Value.expectation : "\(Value.expectation): \(bound.rule)",
                    fallback: isRequired ? "" : String(decoding: writer.bytes, as: UTF8.self),
                    application: Section.application
                )
            ]
        }
    }

    /// Numbers are quoted, texts are not.
    private static func found(_ value: some SettingValue) -> String {
        switch value {
        case let number as Int: ", found \(number)"
        case let number as Double: ", found \(number)"
        default: ""
        }
    }
}
