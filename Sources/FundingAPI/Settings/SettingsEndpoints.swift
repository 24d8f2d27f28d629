import Foundation
import FundingCore
import FundingJSON
import FundingStore
import Logging
import WebServer

/// The settings document: read, checked and changed by the operator. Every process follows it by itself.
struct SettingsEndpoints: Sendable {
    /// What our changes are written by.
    private static let author = "api"

    /// Never a replica: a change is read back at once.
    let store: SettingsStore
    let events: EventPublisher
    let logger: Logger

    private static let reason = Parameter<String?>.text("reason", "Why; kept with the backup.")
    private static let backupFile = Parameter<String?>.text("backup_filename", "The backup's name.")
    private static let backupFileInBody = Parameter<String?>.text("backup_filename", "The backup's name.").inBody
    private static let backupID = Parameter<String?>.textOrNumber(
        "backup_id", "The backup's name, or its revision."
    ).inBody

    var endpoints: [Endpoint] {
        [
            .get("/api/settings", .settings, "The settings, defaults included.", answers: Self.wholeSchema, whole)
                .guarded(by: .adminRead),
            .put(
                "/api/settings", .settings,
                "Changes what the body names (RFC 7396); `If-Match` with the revision refuses if somebody was faster.",
                [Self.reason], answers: Self.savedSchema, change
            ).taking(Self.document).also(400, Self.refusedSchema, "Something is wrong with it; all faults are listed.")
                .refusing(409),
            .post(
                "/api/settings/validate", .settings, "Says what would be wrong with a change.",
                answers: Self.validSchema, validate
            ).taking(Self.document).guarded(by: .adminRead),
            .get(
                "/api/settings/backups", .settings, "Replaced settings, newest first.", answers: Self.backupsSchema,
                backups
            )
            .guarded(by: .adminRead),
            .post(
                "/api/settings/restore", .settings, "Puts replaced settings back.",
                [Self.backupFile, Self.backupFileInBody, Self.backupID, Self.reason], answers: Self.savedSchema, restore
            ).also(400, Self.refusedSchema, "That is no backup's name, or its settings are no longer valid.")
                .refusing(404, 409),
            .get("/api/settings/export", .settings, "The settings as a file.", answers: Self.fileSchema, export)
                .guarded(by: .adminRead),
            .post(
                "/api/settings/import", .settings, "Replaces the settings by those of a file.", [Self.reason],
                answers: Self.savedSchema, importFile
            ).taking(Self.document).also(
                400, Self.refusedSchema, "The file is none of ours, or something is wrong in it."
            )
            .refusing(409),
            .post(
                "/api/settings/reset", .settings, "Takes everything back that was ever said: defaults hold.",
                [Self.reason], answers: Self.savedSchema, reset
            ).refusing(409),
        ]
    }

    // MARK: Shapes

    private static let document = JSONShape.map(.anything)
    private static let problem: JSONShape = ["path": .text, "message": .text]
    private static let wholeSchema: JSONShape = [
        "status": .word(["success"]), "settings": document, "revision": .count, "author": .text, "reason": .text,
        "saved_at": .timestamp,
        "schema": .list([
            "path": .text, "meaning": .text, "values": .text, "default": .anything,
            "applied": .word(["live", "restart"]),
        ]),
    ]
    private static let savedSchema: JSONShape = [
        "status": .word(["success"]), "message": .text, "settings": document, "revision": .count,
        "applied": .list(.word(["live", "restart"])), "changed": .list(.text),
    ]
    private static let refusedSchema: JSONShape = [
        "detail": .text, "error": ["code": .text, "message": .text, "request_id": .text], "errors?": .list(problem),
    ]
    private static let validSchema: JSONShape = [
        "status": .word(["success"]), "valid": .flag, "errors": .list(.text), "field_errors": .list(problem),
    ]
    private static let backupsSchema: JSONShape = [
        "status": .word(["success"]),
        "backups": .list([
            "filename": .text, "timestamp": .timestamp, "size": .count, "revision": .count, "author": .text,
            "reason": .text,
        ]),
    ]
    private static let fileSchema: JSONShape = [
        "version": .text, "timestamp": .timestamp, "revision": .count, "settings": document,
    ]

    // MARK: Reading

    private func whole(_ arguments: inout Arguments) async throws -> WebResponse {
        let stored = try await store.current()
        let settings = try stored.settings().encoded()
        return .now { writer in
            writer.field("status", "success")
            writer.key("settings")
            writer.raw(settings)
            writer.field("revision", stored.revision)
            writer.field("author", stored.author)
            writer.field("reason", stored.reason)
            writer.field("saved_at", Timestamp.text(stored.savedAt))
            writer.list("schema", SuiteSettings.descriptions) { setting, writer in
                writer.field("path", setting.path)
                writer.field("meaning", setting.meaning)
                writer.field("values", setting.values)
                writer.key("default")
                // What has to be said has none.
                writer.raw(setting.fallback.isEmpty ? "null" : setting.fallback)
                writer.field("applied", setting.application.rawValue)
            }
        }
    }

    private func backups(_ arguments: inout Arguments) async throws -> WebResponse {
        let backups = try await store.backups()
        return .now { writer in
            writer.field("status", "success")
            writer.list("backups", backups) { backup, writer in
                writer.field("filename", backup.fileName)
                writer.field("timestamp", Timestamp.text(backup.replacedAt))
                writer.field("size", backup.sizeBytes)
                writer.field("revision", backup.revision)
                writer.field("author", backup.author)
                writer.field("reason", backup.reason)
            }
        }
    }

    private func export(_ arguments: inout Arguments) async throws -> WebResponse {
        let stored = try await store.current()
        var response = WebResponse.json(
            SettingsFile.encoded(stored.document, revision: stored.revision, at: Date()))
        response.setHeader("Content-Disposition", "attachment; filename=\"funding-settings-\(stored.revision).json\"")
        return response
    }

    private func validate(_ arguments: inout Arguments) async throws -> WebResponse {
        let problems = try await problems(of: Self.bytes(arguments))
        return .now { writer in
            writer.field("status", "success")
            writer.field("valid", problems.isEmpty)
            writer.field("errors", problems.map(\.description))
            writer.list("field_errors", problems) { $1.write($0) }
        }
    }

    private func problems(of patch: [UInt8]) async throws -> [SettingsProblem] {
        do {
            return SuiteSettings.read(try SettingsPatch.merge(patch, into: try await store.current().document)).problems
        } catch let malformed as SettingsPatch.Malformed {
            return [SettingsProblem("", malformed.description)]
        }
    }

    // MARK: Changing

    private func change(_ arguments: inout Arguments) async throws -> WebResponse {
        let reason = arguments[Self.reason] ?? "changed over the API"
        try arguments.finish()
        let patch = try Self.bytes(arguments)
        return try await save(arguments.request, saying: "Settings saved") { revision in
            try await store.patch(patch, expecting: revision, author: Self.author, reason: reason)
        }
    }

    private func importFile(_ arguments: inout Arguments) async throws -> WebResponse {
        let reason = arguments[Self.reason] ?? "imported over the API"
        try arguments.finish()
        let file = try Self.bytes(arguments)
        return try await save(arguments.request, saying: "Settings imported") { revision in
            try await store.save(
                try SettingsFile.document(in: file), expecting: revision, author: Self.author, reason: reason)
        }
    }

    private func reset(_ arguments: inout Arguments) async throws -> WebResponse {
        let reason = arguments[Self.reason] ?? "reset over the API"
        try arguments.finish()
        return try await save(arguments.request, saying: "Settings reset to their defaults") { revision in
            try await store.reset(expecting: revision, author: Self.author, reason: reason)
        }
    }

    private func restore(_ arguments: inout Arguments) async throws -> WebResponse {
        let names = [arguments[Self.backupFile], arguments[Self.backupFileInBody], arguments[Self.backupID]]
        let reason = arguments[Self.reason]
        try arguments.finish()
        guard let name = names.compactMap(\.self).first, let backup = SettingsBackup.revision(named: name) else {
            throw WebError(
                status: 400, code: "bad_request",
                message: "Name a backup as /api/settings/backups lists it, with backup_filename or backup_id")
        }
        guard try await store.backup(backup) != nil else {
            throw WebError.notFound("There is no backup of revision \(backup)")
        }
        return try await save(arguments.request, saying: "Settings of revision \(backup) restored") { revision in
            try await store.restore(backup, expecting: revision, author: Self.author, reason: reason)
        }
    }

    /// Saves, tells the processes, and answers with what has become of it.
    private func save(
        _ request: WebRequest, saying message: String, _ write: (_ expected: Int?) async throws -> SettingsEvent
    ) async throws -> WebResponse {
        let before = SuiteSettings.read(try await store.current().document).settings
        let event: SettingsEvent
        do {
            event = try await write(try Self.expectedRevision(request))
        } catch let refused as SettingsRefused {
            return Self.refusal(refused.problems, request)
        } catch let malformed as SettingsPatch.Malformed {
            return Self.refusal([SettingsProblem("", malformed.description)], request)
        } catch is SettingsConflict {
            throw WebError(
                status: 409, code: "conflict", message: "Somebody has changed the settings meanwhile; read them again")
        }
        await publish(event)
        let after = try await store.current()
        let settings = SuiteSettings.read(after.document).settings
        let changes = before.changes(to: settings)
        return .now { writer in
            writer.field("status", "success")
            writer.field("message", message)
            writer.key("settings")
            writer.raw(settings.encoded())
            writer.field("revision", event.revision)
            writer.field("applied", Set(changes.map(\.application.rawValue)).sorted())
            writer.field("changed", changes.map(\.path))
        }
    }

    /// An event is a hint: whoever misses it sees that the revision has grown.
    private func publish(_ event: SettingsEvent) async {
        do {
            try await events.publish(event)
        } catch {
            logger.debug("settings event not published", metadata: ["error": "\(error)"])
        }
    }

    /// The revision in `If-Match`, quoted or not; nil if nothing is said.
    private static func expectedRevision(_ request: WebRequest) throws(WebError) -> Int? {
        guard let field = request.header("If-Match"), field != "*" else { return nil }
        guard let revision = Int(field.filter { $0 != "\"" }) else {
            throw .badRequest("If-Match should be the settings' revision")
        }
        return revision
    }

    private static func bytes(_ arguments: Arguments) throws(WebError) -> [UInt8] {
        guard let body = arguments.body else { throw .badRequest("The body is missing") }
        return Array(body.rawBytes)
    }

    private static func refusal(_ problems: [SettingsProblem], _ request: WebRequest) -> WebResponse {
        let error = WebError(
            status: 400, code: "invalid_settings", message: problems.map(\.description).joined(separator: "; "))
        let body = ErrorBody.body(of: error, request) { writer in
            writer.list("errors", problems) { $1.write($0) }
        }
        return .json(body, status: error.status)
    }
}

extension JSONWriter {
    fileprivate mutating func write(_ problem: SettingsProblem) {
        field("path", problem.path)
        field("message", problem.message)
    }
}
