import FundingJSON

/// A part of the settings document: an object with known keys, each with a default.
protocol SettingsSection: SettingValue {
    /// What holds where nothing is said.
    init()

    static var fields: [SettingField<Self>] { get }

    static var application: SettingApplication { get }

    /// What to say of a key that is no setting here, but that somebody may well expect.
    static var hints: [String: String] { get }

    /// What is wrong with fields that are right each by itself; paths are below the section's.
    func conflicts() -> [SettingsProblem]
}

extension SettingsSection {
    static var expectation: String { "an object" }

    static var hints: [String: String] { [:] }

    func conflicts() -> [SettingsProblem] { [] }

    static func read(_ json: JSONView, at path: String, _ problems: inout [SettingsProblem]) -> Self? {
        guard json.kind == .object else { return nil }
        var section = Self()
        var seen: Set<String> = []
        for (key, value) in json.members {
            let place = path.settingsPath(key)
            if !seen.insert(key).inserted {
                problems.append(SettingsProblem(place, "is given twice"))
            } else if let field = fields.first(where: { $0.name == key }) {
                field.read(value, place, &section, &problems)
            } else {
                let known = fields.map(\.name).joined(separator: ", ")
                problems.append(SettingsProblem(place, hints[key] ?? "is no setting; known here are \(known)"))
            }
        }
        for field in fields where field.isRequired && !seen.contains(field.name) {
            problems.append(SettingsProblem(path.settingsPath(field.name), "is missing"))
        }
        return section
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for field in Self.fields {
            writer.key(field.name)
            field.write(self, &writer)
        }
        writer.endObject()
    }

    func problems(at path: String) -> [SettingsProblem] {
        Self.fields.flatMap { $0.problems(self, path.settingsPath($0.name)) }
            + conflicts().map { SettingsProblem(path.settingsPath($0.path), $0.message) }
    }

    func changes(to other: Self, at path: String) -> [String] {
        Self.fields.flatMap { $0.changes(self, other, path.settingsPath($0.name)) }
    }

    static func descriptions(at path: String) -> [SettingDescription] {
        fields.flatMap { $0.descriptions(path.settingsPath($0.name)) }
    }
}
