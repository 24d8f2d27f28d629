/// One thing that is wrong with the settings document.
public struct SettingsProblem: Hashable, Sendable, CustomStringConvertible {
    /// Where: keys joined by dots, `alerts.rules.wide-btc.threshold`; empty for the document as a whole.
    public var path: String
    /// What was expected. No text of the document is quoted: it might be a secret that was put in the wrong place.
    public var message: String

    public init(_ path: String, _ message: String) {
        self.path = path
        self.message = message
    }

    public var description: String { path.isEmpty ? message : "\(path): \(message)" }
}

/// A document that cannot be put to use, with everything that is wrong with it.
public struct SettingsRefused: Error, Sendable, CustomStringConvertible {
    public var problems: [SettingsProblem]

    public init(_ problems: [SettingsProblem]) { self.problems = problems }

    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

extension String {
    /// The path of a member of what stands at this path.
    func settingsPath(_ key: String) -> String { isEmpty ? key : "\(self).\(key)" }
}
