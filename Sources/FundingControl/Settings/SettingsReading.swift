import ArgumentParser
import Foundation
import FundingCore
import FundingJSON
import FundingRuntime
import FundingStore

/// `fundingctl settings get`
struct SettingsGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Prints the settings in force, defaults included.")

    @Argument(help: "Only what stands there: keys joined by dots, such as alerts.rules.")
    var path: String?

    @Flag(help: "Only what was said, without defaults.")
    var stored = false

    func run() async {
        await SettingsSession.run { store, _ in
            let current = try await store.current()
            let document = stored ? current.document : try current.settings().encoded()
            let root = try JSONDocument(document).root
            guard let value = path.map({ root.value(at: $0) }) ?? root else {
                throw SettingsRefused([SettingsProblem(path ?? "", "is not there")])
            }
            print(IndentedJSON.text(value))
            ServiceProcess.complain(
                "revision \(current.revision), \(Timestamp.text(current.savedAt)), \(current.author): \(current.reason)"
            )
        }
    }
}

/// `fundingctl validate-config`, which is also `fundingctl settings validate`
struct ValidateConfig: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate-config",
        abstract: "Lists everything that is wrong with a document of settings; needs no database.",
        aliases: ["validate"])

    @Argument(help: "The file; - is standard input.")
    var file: String

    func run() async {
        await ServiceProcess.main("fundingctl") {
            let problems = SuiteSettings.read(try SettingsSession.bytes(of: file)).problems
            guard problems.isEmpty else { throw SettingsRefused(problems) }
            print("no problems")
        }
    }
}

/// `fundingctl settings describe`
struct SettingsDescribe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe", abstract: "Lists everything that can be set; needs no database.")

    func run() async {
        for setting in SuiteSettings.descriptions {
            let fallback = setting.fallback.isEmpty ? "must be given" : "default \(setting.fallback)"
            print("\(setting.path)  [\(setting.application.rawValue)]")
            print("    \(setting.meaning)")
            print("    \(setting.values); \(fallback)")
        }
    }
}

/// `fundingctl settings backups`
struct SettingsBackups: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backups", abstract: "Lists the documents that were replaced, newest first.")

    func run() async {
        await SettingsSession.run { store, _ in
            for backup in try await store.backups() {
                print(
                    """
                    \(backup.revision)  \(Timestamp.text(backup.savedAt))  \(backup.sizeBytes) bytes  \
                    \(backup.author): \(backup.reason)
                    """)
            }
        }
    }
}

/// `fundingctl settings export`
struct SettingsExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Prints the settings as a file for import.")

    func run() async {
        await SettingsSession.run { store, _ in
            let current = try await store.current()
            let file = SettingsFile.encoded(current.document, revision: current.revision, at: Date())
            print(IndentedJSON.text(try JSONDocument(file).root))
        }
    }
}

extension JSONView {
    /// What stands at a path of keys joined by dots.
    fileprivate func value(at path: String) -> JSONView? {
        path.split(separator: ".").reduce(self as JSONView?) { view, key in view?[String(key)] }
    }
}
