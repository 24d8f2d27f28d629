import Foundation
import FundingStore
import PostgresDriver
import TestSupport
import Testing

/// The real `fundingctl` against a real database.
@Suite(.enabled(if: TemporaryDatabase.isAvailable, "FUNDING_TEST_DATABASE_URL is not set"))
struct ControlTests {
    private let sql = TemporaryDatabase.sqlDirectory.path

    @Test func migratesImportsAndExports() async throws {
        try await TemporaryDatabase.with(isEmpty: true) { database in
            let tool = try CommandLineTool("fundingctl")
            let environment = ["DATABASE_URL": database.url(), "FUNDING_SQL_DIR": sql]
            let planned = try await tool.run(["migrate", "--dry-run"], environment: environment)
            #expect(planned.status == 0 && planned.output.hasPrefix("would apply 0001_roles.sql\n"))
            let applied = try await tool.run(["migrate"], environment: environment)
            #expect(applied.status == 0 && applied.errors.contains("applied 0001_roles.sql"))
            let again = try await tool.run(["migrate"], environment: environment)
            #expect(again.status == 0 && again.output.hasSuffix(", 0 applied\n") && again.errors.isEmpty)

            try await inFolder { folder in
                let contracts = folder.appendingPathComponent("contracts.csv")
                try Data(Self.contracts.utf8).write(to: contracts)
                let imported = try await tool.run(
                    ["import", "--contracts", contracts.path, "--history", "-"], environment: environment,
                    input: Self.history)
                #expect(imported.status == 0)
                #expect(
                    imported.output == """
                        contracts: 1 rows, 1 inserted, 0 updated, 0 unchanged, 0 rejected
                        history: 3 rows, 2 inserted, 0 updated, 0 unchanged, 1 rejected

                        """)
                #expect(imported.errors.contains("-: line 4: the contract bybit ETHUSDT is unknown"))
                let strict = try await tool.run(
                    ["import", "--strict", "--history", "-"], environment: environment, input: Self.history)
                #expect(strict.status == 1 && strict.errors.contains("1 of 3 rows were rejected"))

                let target = folder.appendingPathComponent("out.csv")
                let exported = try await tool.run(
                    ["export", "--contracts", target.path, "--history", "-"], environment: environment)
                #expect(exported.status == 0)
                #expect(
                    exported.output == Self.history.split(separator: "\n").dropLast().joined(separator: "\n") + "\n")
                #expect(try String(contentsOf: target, encoding: .utf8) == Self.contracts)
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2)
            }
        }
    }

    @Test func clearingForgetsTheMarketAndKeepsWhatWasDecided() async throws {
        try await TemporaryDatabase.with { database in
            let tool = try CommandLineTool("fundingctl")
            let environment = ["DATABASE_URL": database.url()]
            try await inFolder { folder in
                let contracts = folder.appendingPathComponent("contracts.csv")
                try Data(Self.contracts.utf8).write(to: contracts)
                let filling = ["import", "--contracts", contracts.path, "--history", "-"]
                _ = try await tool.run(filling, environment: environment, input: Self.history)
                _ = try await tool.run(["settings", "set", "scanner.carry_floor_apr", "7"], environment: environment)
                let shown = try await tool.run(["clear"], environment: environment)
                #expect(shown.status == 0 && shown.output.contains("nothing is deleted without --yes"))
                try await database.withPool { pool in
                    try await HeartbeatStore(pool).beat(
                        service: "scanner", instance: "here:1", version: "1", startedAt: Date())
                }
                let refused = try await tool.run(["clear", "--yes"], environment: environment)
                #expect(refused.status == 1)
                #expect(refused.errors.contains("stop the suite first: scanner here:1 is alive"))
                #expect(try await Self.filled(database).contains("contract_metadata"))

                try await database.withPool { pool in
                    _ = try await pool.query("UPDATE service_heartbeats SET beat_at = now() - interval '1 minute'")
                }
                let cleared = try await tool.run(["clear", "--yes"], environment: environment)
                #expect(cleared.status == 0 && cleared.output.hasSuffix("forgotten\n"))
                #expect(
                    try await Self.filled(database) == [
                        "arbitrage_state", "exchange_fees", "scanner_lease", "schema_migrations", "service_heartbeats",
                        "settings", "settings_backups", "statistics_state",
                    ])
                let floor = try await tool.run(
                    ["settings", "get", "scanner.carry_floor_apr"], environment: environment)
                #expect(floor.output.hasPrefix("7"))
                let again = try await tool.run(filling, environment: environment, input: Self.history)
                #expect(again.output.hasPrefix("contracts: 1 rows, 1 inserted"))
            }
        }
    }

    /// The tables that hold anything.
    private static func filled(_ database: TemporaryDatabase) async throws -> [String] {
        var filled: [String] = []
        try await database.withPool { pool in
            let names = try await pool.query(
                """
                SELECT relname FROM pg_class
                 WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'm') AND NOT relispartition
                 ORDER BY relname
                """
            ).map { try $0.decode("relname", as: String.self) }
            for name in names {
                let row = try await pool.query(
                    PostgresQuery(trusted: "SELECT EXISTS (SELECT FROM \"\(name)\") AS filled"))[0]
                if try row.decode("filled") { filled.append(name) }
            }
        }
        return filled
    }

    @Test func everyFaultOfTheConfigurationIsListed() async throws {
        try await inFolder { folder in
            let outcome = try await CommandLineTool("fundingctl").run(
                ["migrate"], environment: ["DATABASE_URL": "nonsense://", "FUNDING_SQL_DIR": "/nowhere"], in: folder)
            #expect(outcome.status == 78)
            #expect(outcome.errors.contains("DATABASE_URL") && outcome.errors.contains("/nowhere"))
            let missing = try await CommandLineTool("fundingctl").run(["import", "--live", "none.csv"], in: folder)
            #expect(missing.status == 78)
            #expect(
                missing.errors.contains("DATABASE_URL: is not set") && missing.errors.contains("cannot read none.csv"))
        }
    }

    @Test func aDatabaseWithoutTheSchemaIsRefused() async throws {
        try await TemporaryDatabase.with(isEmpty: true) { database in
            let outcome = try await CommandLineTool("fundingctl").run(
                ["export", "--live", "-"], environment: ["DATABASE_URL": database.url()])
            #expect(outcome.status == 78 && outcome.errors.contains("run fundingctl migrate") && outcome.output.isEmpty)
        }
    }

    @Test func anExportThatFailsLeavesNoFile() async throws {
        try await TemporaryDatabase.with { database in
            try await inFolder { folder in
                try await database.withPool { _ = try await $0.query("DROP TABLE exchange_data CASCADE") }
                let target = folder.appendingPathComponent("live.csv").path
                let outcome = try await CommandLineTool("fundingctl").run(
                    ["export", "--live", target], environment: ["DATABASE_URL": database.url()])
                #expect(outcome.status == 1 && outcome.errors.contains("exchange_data"))
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
                let nowhere = try await CommandLineTool("fundingctl").run(
                    ["export", "--contracts", folder.path + "/none/x.csv"],
                    environment: ["DATABASE_URL": database.url()])
                #expect(
                    nowhere.status == 1
                        && nowhere.errors.hasPrefix("fundingctl: cannot write \(folder.path)/none/x.csv"))
            }
        }
    }

    @Test(arguments: [
        ["import"], ["export"], ["import", "--live", "-", "--history", "-"],
        ["export", "--live", "-", "--from", "today"],
    ])
    func nonsenseIsAUsageError(arguments: [String]) async throws {
        let outcome = try await CommandLineTool("fundingctl").run(arguments)
        #expect(outcome.status == 64 && outcome.output.isEmpty)
    }

    private func inFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fundingctl-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        do {
            try await body(folder)
        } catch {
            try FileManager.default.removeItem(at: folder)
            throw error
        }
        try FileManager.default.removeItem(at: folder)
    }

    private static let contracts = """
        exchange,feed,symbol,base_asset,quote_asset,settle_asset,denomination,contract_type,market_type,\
        funding_interval_hours,is_continuous,status,missed_polls,missing_since,listed_at,first_seen_at,last_seen_at,\
        trading_url,native_id
        bybit,bybit,BTCUSDT,BTC,USDT,USDT,1,linear,crypto,8,false,active,0,,,\
        2026-01-01T00:00:00.000000Z,2026-01-01T00:00:00.000000Z,,7

        """

    private static let history = """
        exchange,symbol,funding_time,funding_rate,funding_interval_hours,mark_price
        bybit,BTCUSDT,2025-12-31T16:00:00.000000Z,0.0001,8,87000.5
        bybit,BTCUSDT,2026-01-01T00:00:00.000000Z,-1.25e-05,8,
        bybit,ETHUSDT,2026-01-01T00:00:00.000000Z,0.0001,8,

        """
}
