import Foundation
import FundingCore
import FundingStore
import PostgresDriver
import TestSupport
import Testing

@Suite(.needsPostgres)
struct SettingsStoreTests {
    @Test func settingsBeginWithDefaultsAndKeepWhatWasReplaced() async throws {
        try await withStore { store in
            let first = try await store.current()
            #expect(try first.revision == 0 && first.settings() == SuiteSettings())
            let event = try await store.patch(
                Self.bytes(#"{"scanner":{"holding_hours":24}}"#), author: "ann", reason: "shorter")
            #expect(event.revision == 1)
            _ = try await store.patch(
                Self.bytes(#"{"scanner":{"min_open_interest_usd":500}}"#), author: "bob", reason: "smaller")
            let stored = try await store.current()
            let settings = try stored.settings()
            #expect(stored.author == "bob" && stored.reason == "smaller")
            #expect(settings.scanner.policy.holdingHours == 24 && settings.scanner.policy.minimumOpenInterestUSD == 500)
            let backups = try await store.backups()
            #expect(backups.map(\.revision) == [1, 0] && backups.map(\.author) == ["ann", "suite"])
            #expect(backups[0].sizeBytes > 20 && backups[0].replacedAt >= backups[0].savedAt)
            #expect(SettingsBackup.revision(named: backups[0].fileName) == 1)

            #expect(try await store.restore(1, author: "ann").revision == 3)
            #expect(
                try await store.current().settings().scanner.policy.minimumOpenInterestUSD
                    == SuiteSettings().scanner.policy.minimumOpenInterestUSD)
            #expect(try await store.reset(author: "ann", reason: "anew").revision == 4)
            #expect(try await store.current().settings() == SuiteSettings())
            await expectFailure("no backup of the settings of revision 77") {
                _ = try await store.restore(77, author: "ann")
            }
        }
    }

    @Test func whoeverExpectsAnotherRevisionIsRefused() async throws {
        try await withStore { store in
            let patch = Self.bytes(#"{"scanner":{"holding_hours":24}}"#)
            _ = try await store.patch(patch, expecting: 0, author: "ann", reason: "first")
            await #expect(throws: SettingsConflict.self) {
                try await store.patch(patch, expecting: 0, author: "bob", reason: "late")
            }
            #expect(try await store.revision() == 1)
            #expect(try await store.backups().count == 1)
        }
    }

    @Test func changesAtTheSameTimeAreAllKept() async throws {
        try await withStore { store in
            let names = ["a", "b", "c", "d"]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for name in names {
                    group.addTask {
                        _ = try await store.patch(
                            Self.bytes(#"{"exchanges":{"enabled":{"\#(name)":true}}}"#), author: name, reason: "x")
                    }
                }
                try await group.waitForAll()
            }
            let stored = try await store.current()
            #expect(stored.revision == 4)
            #expect(try Set(stored.settings().exchanges.enabled.keys) == Set(names))
        }
    }

    @Test func aDocumentWithProblemsIsNotSaved() async throws {
        try await withStore { store in
            let error = await #expect(throws: SettingsRefused.self) {
                try await store.patch(
                    Self.bytes(#"{"scanner":{"holding_hours":0,"nonsense":1}}"#), author: "ann", reason: "x")
            }
            #expect(error?.problems.map(\.path) == ["scanner.nonsense", "scanner.holding_hours"])
            let revision = try await store.revision()
            #expect(revision == 0)
        }
    }

    @Test func theLatestHundredBackupsAreKept() async throws {
        try await withStore { store in
            for number in 1...103 {
                _ = try await store.save(
                    Self.bytes(#"{"scanner":{"holding_hours":\#(number)}}"#), expecting: nil, author: "x", reason: "y")
            }
            let revisions = try await store.backups().map(\.revision)
            #expect(revisions == Array((3...102).reversed()))
        }
    }

    /// The API reads, and replaces the document by the function alone.
    @Test func theAPIMayDoNothingButCallTheFunction() async throws {
        try await TemporaryDatabase.with { database in
            try await database.withPool(as: "funding_api") { pool in
                for statement: PostgresQuery in [
                    "UPDATE settings SET document = '{}'", "DELETE FROM settings_backups",
                    "INSERT INTO settings_backups SELECT 9, '{}', 'x', 'y', now(), now(), 2",
                ] {
                    let error = await #expect(throws: PostgresError.self) { try await pool.query(statement) }
                    #expect(error?.sqlState == "42501")
                }
                let saved = try await SettingsStore(pool).save(
                    Self.bytes("{}"), expecting: 0, author: "api", reason: "allowed")
                #expect(saved.revision == 1)
            }
            try await database.withPool(as: "funding_scanner") { pool in
                let revision = try await SettingsStore(pool).revision()
                #expect(revision == 1)
                await expectFailure("permission denied for function save_settings") {
                    _ = try await SettingsStore(pool).reset(author: "scanner", reason: "no")
                }
            }
        }
    }

    @Test(arguments: [
        ("'[]', 0, 'a', 'b'", "expected an object"), ("NULL, 0, 'a', 'b'", "expected an object"),
        ("'{}', 0, '', 'b'", "who saves and why"), ("'{}', 0, 'a', NULL", "who saves and why"),
        ("'{}', 5, 'a', 'b'", "expected revision 5, found 0"),
        ("jsonb_build_object('x', repeat('x', 300000)), 0, 'a', 'b'", "at most 262144 bytes"),
    ])
    func theFunctionItselfRefusesNonsense(arguments: String, fault: String) async throws {
        try await TemporaryDatabase.with { database in
            try await database.withPool(as: "funding_api") { pool in
                await expectFailure(fault) {
                    _ = try await pool.query(PostgresQuery(trusted: "SELECT save_settings(\(arguments))"))
                }
            }
        }
    }

    /// Something else may have written what this build does not know: its readers keep what they have.
    @Test func aStoredDocumentWithProblemsIsNotPutToUse() async throws {
        try await TemporaryDatabase.with { database in
            try await database.withPool(as: "funding_admin") { pool in
                try await pool.query("SELECT save_settings('{\"future\":{}}', 0, 'x', 'y')")
                let stored = try await SettingsStore(pool).current()
                #expect(throws: SettingsRefused.self) { try stored.settings() }
            }
        }
    }

    @Test(arguments: [
        ("settings_backup_20261129_104512_17.json", 17 as Int?), ("17", 17), ("-3", nil), ("../settings", nil),
        ("settings_backup_20261129_104512_17.py", nil), ("settings_backup_2026_10_1.json", nil), ("", nil),
    ])
    func aBackupIsNamedByARevisionOrAFile(name: String, revision: Int?) {
        #expect(SettingsBackup.revision(named: name) == revision)
    }

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func withStore(_ body: (SettingsStore) async throws -> Void) async throws {
        try await TemporaryDatabase.with { database in
            try await database.withPool(as: "funding_admin") { try await body(SettingsStore($0)) }
        }
    }
}
