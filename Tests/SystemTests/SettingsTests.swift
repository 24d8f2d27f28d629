import Foundation
import PostgresDriver
import Testing

extension LoopbackTests {
    /// What the settings say holds at the next start, unless the command line says otherwise.
    struct SettingsTests {
        @Test func theCollectorReadsWhatTheSettingsSayAndTheCommandLineGoesFirst() async throws {
            try await Suite.run { suite in
                // Off but for one that is on by default and one that is not.
                let off = [
                    "binance", "kucoin", "bybit", "mexc", "backpack", "deribit", "hyperliquid", "drift", "aster",
                    "pacifica", "hibachi", "dydx",
                ]
                try await suite.save(
                    """
                    {"exchanges": {"enabled": {"kraken": true, \(off.map { "\"\($0)\": false" }.joined(separator: ", "))}},
                     "data_fetching": {"poll_interval_seconds": 2}}
                    """)
                let told = try await suite.start(
                    "told", ["funding-collector"], environment: suite.environment(user: "funding_collector"))
                try await eventually("both exchanges are polled") {
                    try await suite.periods() == ["kraken": 2, "lighter": 2]
                }
                #expect(try await told.end(SIGTERM) == .status(0))
                let commanded = try await suite.start(
                    "commanded", ["funding-collector", "--exchanges", "deribit", "--poll-interval", "3"],
                    environment: suite.environment(user: "funding_collector"))
                try await eventually("the command line's exchange is polled") {
                    try await suite.periods() == ["kraken": 2, "lighter": 2, "deribit": 3]
                }
                #expect(try await commanded.end(SIGTERM) == .status(0))
            }
        }

        @Test(arguments: [
            (#"{"exchanges":{"schedule":"hasty"}}"#, "funding-collector", "exchanges.schedule"),
            (#"{"exchanges":{"enabled":{"mtgox":true}}}"#, "funding-backfiller", "unknown exchange mtgox"),
            (#"{"nonsense":{}}"#, "funding-collector", "nonsense: is no setting"),
        ])
        func settingsThatCannotWorkEndTheProcessWith78(document: String, program: String, fault: String) async throws {
            try await Suite.run("settings-\(program)") { suite in
                try await suite.save(document)
                let child = try await suite.start(
                    program, [program],
                    environment: suite.environment(user: program.replacing("-", with: "_")))
                #expect(try await child.ending(within: .seconds(20)) == .status(78))
                let log = try child.log
                #expect(log.contains(fault))
            }
        }
    }
}

extension Suite {
    /// Unchecked, as somebody might who goes around the tools.
    fileprivate func save(_ document: String) async throws {
        try await database.query("SELECT save_settings(\(document)::jsonb, NULL, 'test', 'test')")
    }

    /// The seconds between two polls of each feed that a collector has registered.
    fileprivate func periods() async throws -> [String: Double] {
        try await Dictionary(
            uniqueKeysWithValues: database.query("SELECT feed, poll_period_seconds FROM exchange_health").map {
                (try $0.decode("feed"), try $0.decode("poll_period_seconds"))
            })
    }
}
