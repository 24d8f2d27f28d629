import TestSupport
import Testing

@Suite(.enabled(if: TemporaryDatabase.isAvailable, "FUNDING_TEST_DATABASE_URL is not set"))
struct SettingsCommandTests {
    @Test func settingsAreSetReadReplacedAndPutBack() async throws {
        try await withTool { settings in
            let set = try await settings(["set", "scanner.holding_hours", "24", "--reason", "shorter"])
            #expect(set.status == 0)
            #expect(set.output == "revision 1\nscanner.holding_hours: in force within seconds\n")
            let patched = try await settings(
                ["patch", "-"], #"{"exchanges":{"enabled":{"kraken":true}},"scanner":{"min_open_interest_usd":500}}"#)
            #expect(patched.output.contains("exchanges.enabled.kraken: at the next start"))
            #expect(try await settings(["get", "scanner.holding_hours"]).output == "24\n")
            #expect(try await settings(["get", "data_fetching.poll_interval_seconds"]).output == "30\n")
            #expect(try await settings(["get", "--stored", "data_fetching"]).status == 1)
            let backups = try await settings(["backups"]).output.split(separator: "\n")
            #expect(backups.count == 2 && backups[0].hasPrefix("1  ") && backups[0].hasSuffix(": shorter"))

            let file = try await settings(["export"]).output
            #expect(try await settings(["reset"]).output.hasPrefix("revision 3\n"))
            #expect(try await settings(["get", "--stored"]).output == "{}\n")
            #expect(try await settings(["import", "-"], file).status == 0)
            #expect(try await settings(["get", "scanner.min_open_interest_usd"]).output == "500\n")
            #expect(try await settings(["restore", "1"]).status == 0)
            #expect(try await settings(["get", "scanner.min_open_interest_usd"]).output == "100000\n")
            let taken = try await settings(["set", "scanner.holding_hours", "null"])
            #expect(taken.output.contains("scanner.holding_hours"))
            #expect(try await settings(["get", "--stored", "scanner"]).output == "{}\n")
        }
    }

    @Test func problemsAreListedAndNothingIsChanged() async throws {
        try await withTool { settings in
            let wrong = try await settings(["patch", "-"], #"{"scanner":{"holding_hours":0},"database":{}}"#)
            #expect(wrong.status == 1 && wrong.output.isEmpty)
            #expect(wrong.errors.contains("database: is no setting"))
            #expect(wrong.errors.contains("scanner.holding_hours: expected 1.0 to 87600.0, found 0.0"))
            let late = try await settings(["set", "scanner.holding_hours", "5", "--expect", "9"])
            #expect(late.status == 1 && late.errors.contains("expected revision 9, found 0"))
            #expect(try await settings(["restore", "nonsense"]).status == 64)
            #expect(try await settings(["backups"]).output.isEmpty)
        }
    }

    @Test func documentsAreCheckedWithoutADatabase() async throws {
        let tool = try CommandLineTool("fundingctl")
        let right = try await tool.run(["settings", "validate", "-"], input: #"{"alerts":{"keep_days":7}}"#)
        #expect(right.status == 0 && right.output == "no problems\n")
        let wrong = try await tool.run(
            ["settings", "validate", "-"],
            input: #"{"alerts":{"keep_days":0,"rules":{"x":{"kind":"apr"}}}}"#)
        #expect(wrong.status == 1)
        #expect(wrong.errors.contains("alerts.keep_days") && wrong.errors.contains("alerts.rules.x.threshold"))
        let short = try await tool.run(["validate-config", "-"], input: #"{"alerts":{"keep_days":0}}"#)
        #expect(short.status == 1 && short.errors.contains("alerts.keep_days"))
        let described = try await tool.run(["settings", "describe"])
        #expect(described.output.contains("exchanges.schedule  [restart]"))
    }

    /// `fundingctl settings` on one database.
    private struct SettingsTool {
        var database: TemporaryDatabase
        var tool: CommandLineTool

        func callAsFunction(_ arguments: [String], _ input: String = "") async throws -> CommandLineTool.Outcome {
            try await tool.run(
                ["settings"] + arguments, environment: ["DATABASE_URL": database.url(as: "funding_admin")],
                input: input)
        }
    }

    private func withTool(_ body: (SettingsTool) async throws -> Void) async throws {
        try await TemporaryDatabase.with { database in
            try await body(SettingsTool(database: database, tool: CommandLineTool("fundingctl")))
        }
    }
}
