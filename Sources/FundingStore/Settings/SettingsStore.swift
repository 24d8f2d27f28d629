public import Foundation
public import FundingCore
public import PostgresDriver

/// The settings document: read by every process, written by `save_settings` alone.
public struct SettingsStore: Sendable {
    let pool: PostgresPool

    public init(_ pool: PostgresPool) { self.pool = pool }

    /// The document as it is now.
    public func current() async throws -> StoredSettings {
        try StoredSettings(
            row: await pool.query(
                "SELECT revision, document::text AS document, author, reason, saved_at FROM settings")[0])
    }

    /// The revision alone: a cheap look at whether anything has changed.
    public func revision() async throws -> Int {
        try await pool.query("SELECT revision FROM settings")[0].decode("revision")
    }

    /// The documents that were replaced, newest first.
    public func backups() async throws -> [SettingsBackup] {
        try await pool.query(
            """
            SELECT revision, author, reason, saved_at, replaced_at, size_bytes FROM settings_backups
             ORDER BY revision DESC
            """
        ).map(SettingsBackup.init(row:))
    }

    /// A document that was replaced; nil if it is not kept, or never was.
    public func backup(_ revision: Int) async throws -> [UInt8]? {
        try await pool.query(
            "SELECT document::text AS document FROM settings_backups WHERE revision = \(revision)"
        ).first.map { Array(try $0.decode("document", as: String.self).utf8) }
    }

    /// Replaces the document and keeps the old one.
    /// - Parameters:
    ///   - document: checked before anything is written.
    ///   - revision: what the writer believes the revision to be; nil replaces whatever there is.
    /// - Throws: `SettingsRefused` if the document has problems, `SettingsConflict` if somebody was faster.
    public func save(
        _ document: [UInt8], expecting revision: Int?, author: String, reason: String
    ) async throws -> SettingsEvent {
        let problems = SuiteSettings.read(document).problems
        guard problems.isEmpty else { throw SettingsRefused(problems) }
        do throws(PostgresError) {
            let row = try await pool.query(
                """
                SELECT save_settings(\(String(decoding: document, as: UTF8.self))::jsonb, \(revision), \(author), \(reason))
                       AS revision, clock_timestamp() AS saved_at
                """
            )[0]
            return SettingsEvent(revision: try row.decode("revision"), savedAt: try row.decode("saved_at"))
        } catch {
            guard error.sqlState == Self.otherRevision else { throw error }
            throw SettingsConflict(description: error.message)
        }
    }

    private static let otherRevision = "55000"
}

/// The document with who wrote it, when and why.
public struct StoredSettings: Sendable {
    public var revision: Int
    /// What was said, without defaults.
    public var document: [UInt8]
    public var author: String
    public var reason: String
    public var savedAt: Date

    init(row: PostgresRow) throws {
        revision = try row.decode("revision")
        document = Array(try row.decode("document", as: String.self).utf8)
        author = try row.decode("author")
        reason = try row.decode("reason")
        savedAt = try row.decode("saved_at")
    }

    /// The document with its defaults.
    /// - Throws: `SettingsRefused`: something wrote it that did not check it, or that knows other settings.
    public func settings() throws(SettingsRefused) -> SuiteSettings {
        let (settings, problems) = SuiteSettings.read(document)
        guard problems.isEmpty else { throw SettingsRefused(problems) }
        return settings
    }
}

/// A document that was replaced.
public struct SettingsBackup: Hashable, Sendable {
    public var revision: Int
    /// Who had written it, and why.
    public var author: String
    public var reason: String
    public var savedAt: Date
    public var replacedAt: Date
    public var sizeBytes: Int

    init(row: PostgresRow) throws {
        revision = try row.decode("revision")
        author = try row.decode("author")
        reason = try row.decode("reason")
        savedAt = try row.decode("saved_at")
        replacedAt = try row.decode("replaced_at")
        sizeBytes = try row.decode("size_bytes")
    }

    /// What the backup is called where backups are files: `settings_backup_20261129_104512_17.json`, the revision last.
    public var fileName: String {
        let digits = Timestamp.text(replacedAt).prefix(19).filter(\.isNumber)
        return "settings_backup_\(digits.prefix(8))_\(digits.dropFirst(8))_\(revision).json"
    }

    /// The revision that a file's name, or a plain number, stands for.
    public static func revision(named name: String) -> Int? {
        let digits = name.wholeMatch(of: #/settings_backup_[0-9]{8}_[0-9]{6}_([0-9]{1,18})\.json|([0-9]{1,18})/#)
        return digits.flatMap { ($0.output.1 ?? $0.output.2).flatMap { Int($0) } }
    }
}

/// The document was not saved, for somebody has saved another meanwhile.
public struct SettingsConflict: Error, Sendable, CustomStringConvertible {
    public var description: String
}
