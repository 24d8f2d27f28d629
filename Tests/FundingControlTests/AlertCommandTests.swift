import PostgresDriver
import TestSupport
import Testing

@Suite(.enabled(if: TemporaryDatabase.isAvailable, "FUNDING_TEST_DATABASE_URL is not set"))
struct AlertCommandTests {
    private static let settings = """
        {"alerts": {
          "channels": {"ops": {"service": "webhook", "url_env": "FUNDING_ALERT_OPS"},
                       "chat": {"service": "telegram", "token_env": "FUNDING_ALERT_BOT", "chat_id": "-100"}},
          "rules": {"wide": {"kind": "spread_apr", "threshold": 50, "cooldown_seconds": 0, "assets": ["BTC"],
                             "channels": ["ops"]},
                    "hot": {"kind": "apr", "threshold": 50, "enabled": false},
                    "silence": {"kind": "exchange_age", "threshold": 300}}}}
        """

    @Test(.enabled(if: WebhookReceiver.isAvailable, "FUNDING_TEST_PYTHON is not set"))
    func aChannelIsTriedAndWhatCameBackIsTold() async throws {
        let receiver = try await WebhookReceiver(["200", "404"])
        try await withTool { run in
            let environment = ["FUNDING_ALERT_OPS": receiver.url]
            let taken = try await run(["test", "ops"], environment)
            #expect(taken.status == 0 && taken.output == "answered with 200: ok\n")
            let refused = try await run(["test", "ops"], environment)
            #expect(refused.status == 1 && refused.output == "answered with 404: ok\n")
            #expect(refused.errors.contains("ops did not take the message"))
            #expect(try receiver.requests().count == 2)
        }
    }

    @Test func whatCannotBeSentIsTold() async throws {
        try await withTool { run in
            let unset = try await run(["test", "chat"], [:])
            #expect(unset.status == 1 && unset.output == "FUNDING_ALERT_BOT is not set\n")
            let printed = try await run(["test", "chat", "--stdout"], [:])
            #expect(printed.status == 0 && printed.output.hasPrefix(#"{"chat_id":"-100","text":"<b>test-message</b>"#))
            let unknown = try await run(["test", "nobody"], [:])
            #expect(unknown.status == 1 && unknown.errors.contains("there is no channel nobody; known are: chat, ops"))
        }
    }

    @Test func rulesAndWhatTheyToldAreListed() async throws {
        try await withTool { run in
            try await run.database.withPool { pool in
                try await pool.query(
                    """
                    INSERT INTO alert_events (
                           key, kind, rule, rule_revision, rule_kind, subject_key, subject, episode, happened_at, value,
                           threshold, facts)
                    VALUES ('k', 'fired', 'silence', '1', 'exchange_age', 'exchange/drift',
                            '{"kind":"exchange","exchange":"drift"}', 1, '2026-11-29Z', 301, 300, '{"exchange_age":301}')
                    """)
            }
            let list = try await run(["list"], [:]).output
            #expect(list.contains("wide: spread_apr above 50.0, again from 45.0, assets BTC, to ops"))
            #expect(list.contains("hot: apr above 50.0, again from 45.0, to the log, switched off"))
            #expect(list.contains("channel ops: webhook, FUNDING_ALERT_OPS"))
            let log = try await run(["log"], [:]).output
            #expect(log == "2026-11-29T00:00:00.000Z  silence  fired  exchange/drift  {\"exchange_age\":301}\n")
            #expect(try await run(["log", "--deliveries"], [:]).output.isEmpty)
            #expect(try await run(["log", "--limit", "0"], [:]).status == 64)
        }
    }

    @Test func aRuleIsTestedOnStoredHistory() async throws {
        try await withTool { run in
            try await fillHistory(run.database)
            let tested = try await run(["backtest", "wide", "--days", "5"], [:])
            #expect(tested.status == 0)
            #expect(tested.output.hasPrefix("would have fired 2 times in 5 days, of 1 looked at, median life 6 h 0 m"))
            #expect(tested.output.contains("pair/aaa/BTC/bbb/BTC  87.6  6 h 0 m"))
            let higher = try await run(
                ["backtest", "wide", "--days", "5", "--with", "-"], [:],
                #"{"alerts":{"rules":{"wide":{"threshold":90}}}}"#)
            #expect(higher.output == "would have fired 0 times in 5 days, of 1 looked at\n")
            let hot = try await run(["backtest", "hot", "--days", "5", "--list", "0"], [:])
            #expect(hot.output.hasPrefix("would have fired 2 times in 5 days, of 2 looked at, median life 6 h 0 m"))
            let age = try await run(["backtest", "silence"], [:])
            #expect(age.status == 1 && age.errors.contains("exchange_age cannot be tested"))
            #expect(try await run(["backtest", "none"], [:]).errors.contains("there is no rule none"))
            #expect(try await run(["backtest", "wide", "--days", "31"], [:]).status == 64)
        }
    }

    /// Two contracts, paid hourly for ten days; twice in the last four days, for six hours, one pays 0.01 % an hour.
    private func fillHistory(_ database: TemporaryDatabase) async throws {
        try await database.withPool { pool in
            try await pool.query(
                "SELECT ensure_history_partition(now() - m * interval '10 days') FROM generate_series(0, 1) m")
            for exchange in ["aaa", "bbb"] {
                try await pool.query(
                    """
                    WITH contract AS (
                        INSERT INTO contract_metadata (
                               exchange, feed, symbol, base_asset, quote_asset, settle_asset, denomination, contract_type,
                               market_type, funding_interval_hours, first_seen_at, last_seen_at)
                        VALUES (\(exchange), \(exchange), 'BTC', 'BTC', 'USDT', 'USDT', 1, 'linear', 'crypto', 1,
                                now() - interval '10 days', now())
                        RETURNING id
                    ), live AS (
                        INSERT INTO exchange_data (
                               contract_id, exchange, symbol, feed, base_asset, quote_asset, funding_rate,
                               funding_interval_hours, apr, mark_price, observed_at, sequence)
                        SELECT id, \(exchange), 'BTC', \(exchange), 'BTC', 'USDT', 0, 1, 0, 100000, now(), 1 FROM contract
                    )
                    INSERT INTO funding_rates_historical (
                           contract_id, funding_time, funding_rate, funding_interval_hours)
                    SELECT id, date_trunc('hour', now()) - h * interval '1 hour',
                           CASE WHEN \(exchange == "bbb") AND h % 48 BETWEEN 10 AND 15 AND h < 96 THEN 0.0001 ELSE 0 END, 1
                      FROM contract, generate_series(0, 239) h
                    """)
            }
        }
    }

    /// `fundingctl alert` on one database.
    private struct AlertTool {
        var database: TemporaryDatabase
        var tool: CommandLineTool

        func callAsFunction(
            _ arguments: [String], _ environment: [String: String], _ input: String = ""
        ) async throws -> CommandLineTool.Outcome {
            try await tool.run(
                ["alert"] + arguments,
                environment: environment.merging(["DATABASE_URL": database.url(as: "funding_admin")]) { $1 },
                input: input)
        }
    }

    private func withTool(_ body: (AlertTool) async throws -> Void) async throws {
        try await TemporaryDatabase.with { database in
            let tool = try CommandLineTool("fundingctl")
            let saved = try await tool.run(
                ["settings", "patch", "-"], environment: ["DATABASE_URL": database.url()], input: Self.settings)
            try #require(saved.status == 0)
            try await body(AlertTool(database: database, tool: tool))
        }
    }
}
