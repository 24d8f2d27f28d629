import Foundation
import FundingStore
import PostgresDriver
import TestSupport
import Testing

@Suite(.needsPostgres)
struct MigrationTests {
    @Test func schemaVersionIsTheHighestFileNumber() throws {
        #expect(try Migration.all(in: TemporaryDatabase.sqlDirectory).last?.version == Schema.version)
    }

    @Test func appliesAllFilesOnceAndThenNothing() async throws {
        try await TemporaryDatabase.with(isEmpty: true) { database in
            let migrator = Migrator(try database.configuration())
            let files = try Migration.all(in: TemporaryDatabase.sqlDirectory)
            #expect(try await migrator.pending(files) == files)
            #expect(try await migrator.run(files) == files)
            #expect(try await migrator.run(files) == [])
            #expect(try await migrator.pending(files) == [])
        }
    }

    @Test func aRoleThatMayNotMakeTablesLearnsThatThereIsNothingToDo() async throws {
        try await TemporaryDatabase.with { database in
            let migrator = Migrator(try database.configuration(as: "funding_admin"))
            #expect(try await migrator.run(Migration.all(in: TemporaryDatabase.sqlDirectory)) == [])
        }
    }

    @Test func aDryRunChangesNothing() async throws {
        try await TemporaryDatabase.with(isEmpty: true) { database in
            _ = try await Migrator(database.configuration()).pending(files("CREATE TABLE one ()"))
            try await database.withPool { pool in
                let made = try await pool.query(
                    "SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace")
                #expect(made.isEmpty)
            }
        }
    }

    @Test func ofTwoMigratorsOneWorksAndTheOtherWaits() async throws {
        try await TemporaryDatabase.with(isEmpty: true) { database in
            let files = try files("CREATE TABLE one (); SELECT pg_sleep(0.3)", "CREATE TABLE two ()")
            let configuration = try database.configuration()
            async let first = Migrator(configuration).run(files)
            async let second = Migrator(configuration).run(files)
            let applied = try await [first, second].map(\.count).sorted()
            #expect(applied == [0, 2])
        }
    }

    @Test func theLoserGivesUpAfterItsTimeout() async throws {
        try await TemporaryDatabase.with(isEmpty: true) { database in
            try await database.withPool { pool in
                try await pool.withConnection { holder in
                    try await holder.query("SELECT pg_advisory_lock(4655443)")
                    await expectFailure("another migrator") {
                        try await Migrator(database.configuration(), lockTimeout: .milliseconds(200)).run(files(""))
                    }
                }
            }
        }
    }

    @Test func aFailingFileLeavesNothingAndIsNamed() async throws {
        try await TemporaryDatabase.with(isEmpty: true) { database in
            let migrator = Migrator(try database.configuration())
            await expectFailure("0002_two.sql") {
                try await migrator.run(files("CREATE TABLE one ()", "CREATE TABLE two (); SELECT 1/0"))
            }
            #expect(try await migrator.run(files("CREATE TABLE one ()", "CREATE TABLE two ()")).map(\.version) == [2])
        }
    }

    @Test func aMigratorKilledInTheMiddleIsFinishedByTheNext() async throws {
        try await TemporaryDatabase.with(isEmpty: true) { database in
            let migrator = Migrator(try database.configuration())
            let slow = try files("CREATE TABLE one ()", "CREATE TABLE two (); SELECT pg_sleep(60)")
            try await database.withPool { pool in
                async let killed: Void = expectFailure("0002_two.sql") { try await migrator.run(slow) }
                try await eventually {
                    try await !pool.query(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                         WHERE datname = current_database() AND query LIKE '%pg_sleep(60)' AND pid <> pg_backend_pid()
                        """
                    ).isEmpty
                }
                await killed
                let rerun = try await migrator.run(files("CREATE TABLE one ()", "CREATE TABLE two ()"))
                #expect(rerun.map(\.version) == [2])
            }
        }
    }

    @Test func anAppliedFileThatChangedIsNamed() async throws {
        try await TemporaryDatabase.with(isEmpty: true) { database in
            let migrator = Migrator(try database.configuration())
            try await migrator.run(files("CREATE TABLE one ()"))
            await expectFailure("0001_one.sql has changed") {
                try await migrator.run(files("CREATE TABLE one (id int)"))
            }
        }
    }

    @Test func aDatabaseNewerThanTheFilesIsRefused() async throws {
        try await TemporaryDatabase.with(isEmpty: true) { database in
            let migrator = Migrator(try database.configuration())
            try await migrator.run(files("", "", ""))
            await expectFailure("the database has schema 3, the files end at 2") {
                try await migrator.run(files("", ""))
            }
        }
    }

    @Test func aFileThatCommitsIsRefused() async throws {
        try await TemporaryDatabase.with(isEmpty: true) { database in
            await expectFailure("ends its transaction") {
                try await Migrator(database.configuration()).run(files("CREATE TABLE one (); COMMIT; BEGIN;"))
            }
        }
    }

    @Test(arguments: [
        ("0001_a.sql 0003_c.sql", "a number is missing"), ("0002_a.sql", "a number is missing"),
        ("0001_a.sql 0001_b.sql", "have the same number"), ("0001_a.sql 2_b.sql", "not named like a migration"),
        ("0001-a.sql", "not named like a migration"), ("", "holds no .sql file"),
    ])
    func misnamedFilesAreRefused(names: String, reason: String) async throws {
        await expectFailure(reason) {
            try inFolder(of: names.split(separator: " ").map { (String($0), "") }) { _ = try Migration.all(in: $0) }
        }
    }

    /// Contract 2 has been paid for eight hours and then for one, and both went into one sum.
    @Test func aScoreLearnsItsIntervalAndOneOfTwoIntervalsBeginsAnew() async throws {
        try await TemporaryDatabase.with(isEmpty: true) { database in
            let migrator = Migrator(try database.configuration())
            let files = try Migration.all(in: TemporaryDatabase.sqlDirectory)
            try await migrator.run(files.filter { $0.version < 14 })
            let statements: [PostgresQuery] = [
                """
                INSERT INTO contract_metadata (
                       id, exchange, feed, symbol, base_asset, quote_asset, settle_asset, denomination, contract_type,
                       market_type, funding_interval_hours, first_seen_at, last_seen_at)
                OVERRIDING SYSTEM VALUE
                SELECT id, 'bybit', 'bybit', 'C' || id, 'X', 'USDT', 'USDT', 1, 'linear', 'crypto', hours, now(), now()
                  FROM (VALUES (1, 8), (2, 1)) AS c (id, hours)
                """,
                "SELECT ensure_history_partition('2026-05-02T00:00Z')",
                """
                INSERT INTO funding_rates_historical (contract_id, funding_time, funding_rate, funding_interval_hours)
                VALUES (1, '2026-05-02T08:00Z', 0.0001, 8), (1, '2026-05-02T16:00Z', 0.0001, 8),
                       (2, '2026-05-02T08:00Z', 0.0001, 8), (2, '2026-05-02T09:00Z', 0.0001, 1)
                """,
                """
                INSERT INTO prediction_scores (
                       contract_id, horizon_minutes, predictions, error_sum, absolute_error_sum, sign_flips,
                       scored_from, scored_to)
                SELECT id, 5, 2, 0.1, 0.1, 1, '2026-05-02T08:00Z', '2026-05-02T16:00Z' FROM contract_metadata
                """,
            ]
            try await database.withPool { pool in
                for statement in statements { try await pool.query(statement) }
            }
            #expect(try await migrator.run(files).first?.version == 14)
            try await database.withPool { pool in
                let rows = try await pool.query("SELECT * FROM prediction_scores ORDER BY contract_id")
                #expect(try rows.map { try $0.decode("funding_interval_hours", as: Double.self) } == [8, 1])
                #expect(try rows.map { try $0.decode("predictions", as: Int.self) } == [2, 0])
                #expect(try rows.map { try $0.decode("absolute_error_sum", as: Double.self) } == [0.1, 0])
                let ends = try rows.map { try $0.decode("scored_to", as: Date.self) }
                #expect(ends[0] == ends[1], "what was looked at is not looked at again")
            }
        }
    }

    /// What `sql/README.md` shows for plain psql leaves the database as the migrator does.
    @Test func theReadmesLoopIsWhatTheMigratorDoes() async throws {
        try await TemporaryDatabase.with(isEmpty: true) { database in
            let readme = try String(
                contentsOf: TemporaryDatabase.sqlDirectory.appendingPathComponent("README.md"), encoding: .utf8)
            let loop = try #require(readme.firstMatch(of: /```sh\n((?:.*\n)*?)```/)).1
            for _ in 1...2 {
                let shell = Process()
                shell.executableURL = URL(fileURLWithPath: "/bin/sh")
                shell.arguments = ["-c", String(loop)]
                shell.currentDirectoryURL = TemporaryDatabase.sqlDirectory.deletingLastPathComponent()
                shell.environment = ProcessInfo.processInfo.environment.merging(["DATABASE_URL": database.url()]) { $1 }
                shell.standardOutput = FileHandle.nullDevice
                shell.standardError = FileHandle.nullDevice
                try shell.run()
                shell.waitUntilExit()
                #expect(shell.terminationStatus == 0)
            }
            let files = try Migration.all(in: TemporaryDatabase.sqlDirectory)
            #expect(try await Migrator(database.configuration()).run(files) == [])
            try await database.withPool { try await Schema.check($0) }
        }
    }

    /// Migrations with these texts, named one, two, three.
    private func files(_ texts: String...) throws -> [Migration] {
        var migrations: [Migration] = []
        let names = zip(texts, ["one", "two", "three"]).enumerated().map { place, file in
            ("000\(place + 1)_\(file.1).sql", file.0)
        }
        try inFolder(of: names) { migrations = try Migration.all(in: $0) }
        return migrations
    }
}

/// A folder with these files for the time of `body`.
private func inFolder(of files: [(name: String, text: String)], _ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sql-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for file in files { try Data(file.text.utf8).write(to: folder.appendingPathComponent(file.name)) }
    do {
        try body(folder)
    } catch {
        try FileManager.default.removeItem(at: folder)
        throw error
    }
    try FileManager.default.removeItem(at: folder)
}
