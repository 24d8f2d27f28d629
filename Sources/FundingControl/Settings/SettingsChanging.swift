import ArgumentParser
import Foundation
import FundingCore
import FundingJSON
import FundingRuntime
import FundingStore

/// What every change is told with.
struct ChangeOptions: ParsableArguments {
    @Option(help: "Who changes the settings; the user's name if not given.")
    var author: String?

    @Option(help: "Why.")
    var reason: String?

    @Option(help: "Change nothing unless the settings have this revision.")
    var expect: Int?

    var who: String { author ?? "fundingctl:\(NSUserName())" }
}

/// `fundingctl settings set`
struct SettingsSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Changes one setting: set scanner.carry_floor_apr 5",
        discussion: "null takes the setting back, so that its default holds. What is no JSON is taken as a text.")

    @Argument(help: "Keys joined by dots.")
    var path: String

    @Argument(help: "The value, as JSON or as a text.")
    var value: String

    @OptionGroup var change: ChangeOptions

    func run() async {
        await SettingsSession.change { store in
            try await store.patch(
                patch, expecting: change.expect, author: change.who, reason: change.reason ?? "set \(path)")
        }
    }

    /// The value inside of an object for each key of the path.
    private var patch: [UInt8] {
        var writer = JSONWriter()
        let keys = path.split(separator: ".")
        for key in keys {
            writer.beginObject()
            writer.key(String(key))
        }
        if (try? JSONDocument(value)) != nil { writer.raw(value) } else { writer.value(value) }
        for _ in keys { writer.endObject() }
        return writer.bytes
    }
}

/// `fundingctl settings patch`
struct SettingsPatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "patch", abstract: "Changes what a partial document names and nothing else (RFC 7396).",
        discussion: "null takes a setting back, so that its default holds; a list is replaced as a whole.")

    @Argument(help: "The file; - is standard input.")
    var file: String

    @OptionGroup var change: ChangeOptions

    func run() async {
        await SettingsSession.change { store in
            try await store.patch(
                SettingsSession.bytes(of: file), expecting: change.expect, author: change.who,
                reason: change.reason ?? "patched")
        }
    }
}

/// `fundingctl settings restore`
struct SettingsRestore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Puts a replaced document back.")

    @Argument(help: "Its revision, or its name among backups.")
    var backup: String

    @OptionGroup var change: ChangeOptions

    func validate() throws {
        guard SettingsBackup.revision(named: backup) != nil else {
            throw ValidationError("expected a revision, found \(backup).")
        }
    }

    func run() async {
        await SettingsSession.change { store in
            try await store.restore(
                SettingsBackup.revision(named: backup) ?? -1, expecting: change.expect, author: change.who,
                reason: change.reason)
        }
    }
}

/// `fundingctl settings reset`
struct SettingsReset: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset", abstract: "Takes back everything that was set: defaults hold.")

    @OptionGroup var change: ChangeOptions

    func run() async {
        await SettingsSession.change { store in
            try await store.reset(expecting: change.expect, author: change.who, reason: change.reason ?? "reset")
        }
    }
}

/// `fundingctl settings import`
struct SettingsImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Replaces the settings by those of an exported file.")

    @Argument(help: "The file; - is standard input.")
    var file: String

    @OptionGroup var change: ChangeOptions

    func run() async {
        await SettingsSession.change { store in
            try await store.save(
                SettingsFile.document(in: SettingsSession.bytes(of: file)), expecting: change.expect,
                author: change.who, reason: change.reason ?? "imported")
        }
    }
}
