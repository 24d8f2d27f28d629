import Foundation
import FundingCore
import Testing

struct SettingsReadingTests {
    @Test func nothingSaidIsAllDefaults() {
        let (settings, problems) = SuiteSettings.read(Array("{}".utf8))
        #expect(problems.isEmpty && settings == SuiteSettings())
        #expect(settings.alerts.delivery.maximumAttempts == 10 && settings.dataFetching.pollInterval == 30)
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        let (settings, problems) = SuiteSettings.read(Array(Self.whole.utf8))
        #expect(problems.isEmpty)
        let rule = try #require(settings.alerts.rules["wide-btc"])
        #expect(rule.level == AlertLevel(.above, 50, rearm: 40) && rule.scope.assets == ["BTC"])
        #expect(rule.expiresAt == Date(timeIntervalSince1970: 1_798_761_600))
        #expect(rule.quietHours == [QuietHours("22:00-06:00")])
        #expect(settings.scanner.fees["bybit"] == ExchangeFees(taker: 0.0006, maker: nil))
        let again = SuiteSettings.read(settings.encoded())
        #expect(again.problems.isEmpty && again.settings == settings)
    }

    /// One document with many faults: each is told, with its place.
    @Test func everyFaultIsListedWithItsPath() {
        let problems = SuiteSettings.read(Array(Self.faulty.utf8)).problems
        #expect(
            Set(problems.map(\.path)) == [
                "scaner", "database", "data_fetching.poll_interval_seconds", "scanner.holding_hours",
                "scanner.fees.bybit.taker", "scanner.fees.By Bit", "exchanges.enabled.kraken",
                "alerts.channels.ops.url", "alerts.channels.ops.url_env", "alerts.channels.bot.token_env",
                "alerts.channels.bot.chat_id", "alerts.channels.bot.url_env", "alerts.rules.a.kind",
                "alerts.rules.b.threshold", "alerts.rules.b.quiet_hours.1", "alerts.rules.b.channels",
                "alerts.rules.c.rearm", "alerts.rules.d.threshold", "alerts.rules.e.terms.0",
                "alerts.delivery.max_delay_seconds",
            ])
        #expect(problems.count == 20)
        #expect(problems.first { $0.path == "database" }?.message.contains("DATABASE_URL") == true)
    }

    @Test func noProblemQuotesATextThatMightBeASecret() {
        let secret = "https://hooks.example.com/T0P-S3CRET"
        for document in [
            #"{"alerts":{"channels":{"ops":{"service":"webhook","url_env":"\#(secret)"}}}}"#,
            #"{"alerts":{"channels":{"ops":{"service":"webhook","url":"\#(secret)"}}}}"#,
            #"{"alerts":{"channels":{"ops":{"service":"\#(secret)"}}}}"#,
            #"{"alerts":{"channels":"\#(secret)"}}"#,
        ] {
            let problems = SuiteSettings.read(Array(document.utf8)).problems
            #expect(!problems.isEmpty && !problems.contains { $0.description.contains("S3CRET") })
        }
    }

    /// Anybody who may change settings could else have another secret sent to a server of theirs.
    @Test(arguments: [
        "DATABASE_URL", "REDIS_URL", "ADMIN_TOKEN", "FUNDING_ALERT_", "funding_alert_x", "FUNDING_ALERT_X Y",
    ])
    func aChannelNamesNoOtherSecret(variable: String) {
        let document = #"{"alerts":{"channels":{"x":{"service":"webhook","url_env":"\#(variable)"}}}}"#
        #expect(SuiteSettings.read(Array(document.utf8)).problems.map(\.path) == ["alerts.channels.x.url_env"])
    }

    @Test(arguments: [
        "", "[]", "null", "{", #"{"scanner":null}"#, #"{"scanner":{"holding_hours":1e999}}"#,
        #"{"scanner":{},"scanner":{}}"#, #"{"alerts":{"keep_days":1.5}}"#,
    ])
    func whatIsNoDocumentIsRefused(text: String) {
        let (settings, problems) = SuiteSettings.read(Array(text.utf8))
        #expect(problems.count == 1 && settings == SuiteSettings())
    }

    @Test func everythingThatCanBeSetIsDescribedAndItsDefaultIsAccepted() throws {
        let descriptions = SuiteSettings.descriptions
        #expect(Set(descriptions.map(\.path)).count == descriptions.count)
        #expect(descriptions.contains { $0.path == "alerts.rules.<name>.threshold" && $0.application == .live })
        #expect(descriptions.contains { $0.path == "exchanges.schedule" && $0.application == .restart })
        for description in descriptions where !description.path.contains("<name>") {
            let keys = description.path.split(separator: ".")
            let document =
                keys.map { "{\"\($0)\":" }.joined() + description.fallback + String(repeating: "}", count: keys.count)
            let (settings, problems) = SuiteSettings.read(Array(document.utf8))
            #expect(problems.isEmpty && settings == SuiteSettings(), "\(description.path)")
        }
    }

    @Test func aChangeSaysWhereItIsAndWhenItTakesEffect() {
        var settings = SuiteSettings()
        settings.scanner.policy.holdingHours = 24
        settings.exchanges.enabled["kraken"] = true
        settings.alerts.rules["new"] = AlertRule()
        var later = settings
        later.alerts.rules["new"]?.threshold = 3
        #expect(
            SuiteSettings().changes(to: settings).map { "\($0.path) \($0.application.rawValue)" } == [
                "exchanges.enabled.kraken restart", "scanner.holding_hours live", "alerts.rules.new live",
            ])
        #expect(settings.changes(to: later).map(\.path) == ["alerts.rules.new.threshold"])
        #expect(settings.changes(to: settings).isEmpty)
    }

    private static let whole = """
        {"exchanges": {"enabled": {"kraken": true}, "schedule": "fast"},
         "data_fetching": {"poll_interval_seconds": 60, "streams": false}, "historical": {"window_days": 60},
         "scanner": {"holding_hours": 24, "fees": {"bybit": {"taker": 0.0006}}},
         "alerts": {
           "channels": {
             "ops": {"service": "telegram", "token_env": "FUNDING_ALERT_BOT", "chat_id": "-1001"},
             "hook": {"service": "webhook", "url_env": "FUNDING_ALERT_HOOK", "authorization_env": "FUNDING_ALERT_AUTH"}},
           "rules": {
             "wide-btc": {"kind": "spread_apr", "threshold": 50, "rearm": 40, "assets": ["BTC"], "channels": ["ops"],
                          "quiet_hours": ["22:00-06:00"], "expires_at": "2027-01-01T00:00:00Z"},
             "terms": {"kind": "terms_change", "terms": ["interval", "delisted"]}},
           "quiet_hours": ["00:00-00:30"], "keep_days": 30}}
        """

    private static let faulty = """
        {"scaner": {}, "database": {"host": "db"},
         "exchanges": {"enabled": {"kraken": 1}},
         "data_fetching": {"poll_interval_seconds": 0},
         "scanner": {"holding_hours": "24", "fees": {"bybit": {"taker": 0.5}, "By Bit": {}}},
         "alerts": {
           "channels": {
             "ops": {"service": "slack", "url": "https://hooks.slack.com/services/x"},
             "bot": {"service": "telegram", "url_env": "FUNDING_ALERT_X"}},
           "rules": {
             "a": {"threshold": 5},
             "b": {"kind": "apr", "quiet_hours": ["22:00-06:00", "22-6"], "channels": ["nobody"]},
             "c": {"kind": "apr", "direction": "below", "threshold": -50, "rearm": -60},
             "d": {"kind": "terms_change", "threshold": 1},
             "e": {"kind": "terms_change", "terms": ["weather"]}},
           "delivery": {"base_delay_seconds": 60, "max_delay_seconds": 30}}}
        """
}
