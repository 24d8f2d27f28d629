public import Foundation
import FundingJSON

/// The settings as a file: `{"version":"1.0","timestamp":…,"revision":…,"settings":{…}}`.
public enum SettingsFile {
    private static let version = "1.0"

    /// The file's bytes.
    /// - Parameter document: what was said, without defaults, so that importing it elsewhere says the same.
    public static func encoded(_ document: [UInt8], revision: Int, at now: Date) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: document.count + 120)
        writer.beginObject()
        writer.field("version", version)
        writer.field("timestamp", Timestamp.text(now))
        writer.field("revision", revision)
        writer.key("settings")
        writer.raw(document)
        writer.endObject()
        return writer.bytes
    }

    /// The document in a file.
    /// - Throws: `SettingsRefused` for what is no such file, or one of another version.
    public static func document(in file: [UInt8]) throws(SettingsRefused) -> [UInt8] {
        let root: JSONView
        do {
            root = try JSONDocument(file, limits: .settings).root
        } catch {
            throw SettingsRefused([SettingsProblem("", "the file cannot be read: \(error)")])
        }
        var problems: [SettingsProblem] = []
        if root["version"]?.isString(version) != true {
            problems.append(SettingsProblem("version", "expected \"\(version)\""))
        }
        if root["settings"] == nil { problems.append(SettingsProblem("settings", "is missing")) }
        guard let settings = root["settings"], problems.isEmpty else { throw SettingsRefused(problems) }
        return Array(settings.rawBytes)
    }
}
