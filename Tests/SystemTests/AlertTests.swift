import Foundation
import FundingJSON
import PostgresDriver
import TestSupport
import Testing

extension LoopbackTests {
    /// Rules, the scanner and a webhook receiver that does not always do what it should.
    struct AlertTests {
        private static let feeds = ["bybit"]

        /// True of one contract, whatever its rate.
        private static let rule = #""kind":"apr","threshold":-1000000,"assets":["BTC"],"symbols":["BTCUSDT"]"#

        @Test(arguments: ["after_alert_commit", "after_alert_sending"])
        func aScannerKilledOnTheWayLosesNoAlertAndSendsItWithTheSameKey(failpoint: String) async throws {
            let receiver = try await WebhookReceiver(["200"])
            try await Suite.run("alert-\(failpoint)") { suite in
                try await suite.patchSettings(
                    """
                    {"alerts":{"channels":{"ops":{"service":"webhook","url_env":"FUNDING_ALERT_OPS"}},
                               "rules":{"always":{\(Self.rule),"channels":["ops"]}}}}
                    """)
                _ = try await suite.startCollector(feeds: Self.feeds)
                let address = ["FUNDING_ALERT_OPS": receiver.url]
                let doomed = try await suite.startScanner(
                    "doomed", address.merging(["FUNDING_FAILPOINT": "\(failpoint):kill"]) { $1 })
                #expect(try await doomed.ending(within: .seconds(30)) == .signal(SIGKILL))
                #expect(try receiver.requests().count == (failpoint == "after_alert_commit" ? 0 : 1))
                #expect(try await suite.deliveries() == ["ops pending 0"])

                let heir = try await suite.startScanner("heir", address)
                try await eventually("the alert is delivered", within: .seconds(20)) {
                    try await suite.deliveries() == ["ops delivered 1"]
                }
                // Another leader and the same rates: nothing more is told.
                #expect(try await heir.end(SIGTERM) == .status(0))
                let last = try await suite.startScanner("last", address)
                try await suite.wait(forPolls: 3, of: Self.feeds)
                #expect(try await last.end(SIGTERM) == .status(0))
                #expect(try await suite.deliveries() == ["ops delivered 1"])
                let keys = try receiver.requests().map {
                    try JSONDocument($0).root["headers"]?["idempotency-key"]?.string
                }
                #expect(keys.count == (failpoint == "after_alert_commit" ? 1 : 2) && Set(keys).count == 1)
            }
        }

        @Test func aChangedRuleIsInForceAtOnceAndAFailingReceiverIsTriedAgain() async throws {
            let receiver = try await WebhookReceiver(["500", "429:Retry-After=1", "hang", "200"])
            try await Suite.run { suite in
                try await suite.patchSettings(
                    """
                    {"alerts":{"channels":{"ops":{"service":"webhook","url_env":"FUNDING_ALERT_OPS"},
                                           "gone":{"service":"slack","url_env":"FUNDING_ALERT_GONE"},
                                           "chat":{"service":"telegram","token_env":"FUNDING_ALERT_BOT","chat_id":"7"}},
                               "delivery":{"base_delay_seconds":0.05,"max_delay_seconds":0.1,"timeout_seconds":1,
                                           "max_attempts":4},
                               "rules":{"always":{"kind":"apr","threshold":1000000,"channels":["ops","gone","chat"]}}}}
                    """)
                _ = try await suite.startCollector(feeds: Self.feeds)
                let scanner = try await suite.startScanner(
                    "scanner",
                    ["FUNDING_ALERT_OPS": receiver.url, "FUNDING_ALERT_GONE": "http://127.0.0.1:1/services/s3cret"])
                try await suite.wait(forPolls: 3, of: Self.feeds)
                #expect(try await suite.deliveries().isEmpty)

                try await suite.patchSettings("{\"alerts\":{\"rules\":{\"always\":{\(Self.rule)}}}}")
                try await eventually("all are done with", within: .seconds(30)) {
                    try await suite.deliveries() == ["chat failed 4", "gone failed 4", "ops delivered 4"]
                }
                let keys = try receiver.requests().map {
                    try JSONDocument($0).root["headers"]?["idempotency-key"]?.string
                }
                #expect(keys.count == 4 && Set(keys).count == 1)
                let errors = try await suite.database.query(
                    "SELECT error FROM alert_deliveries WHERE error IS NOT NULL ORDER BY channel"
                ).map { try $0.decode("error", as: String.self) }
                #expect(errors == ["FUNDING_ALERT_BOT is not set", "nobody answers at the address"])
                #expect(try await scanner.end(SIGTERM) == .status(0))
                let log = try scanner.log
                #expect(!log.contains("s3cret"), "addresses never print")
            }
        }

        @Test func aSpreadBetweenTwoExchangesIsTold() async throws {
            let receiver = try await WebhookReceiver(["200"])
            try await Suite.run { suite in
                try await suite.patchSettings(
                    """
                    {"alerts":{"channels":{"ops":{"service":"webhook","url_env":"FUNDING_ALERT_OPS"}},
                               "rules":{"any":{"kind":"spread_apr","threshold":0.000001,"channels":["ops"]}}}}
                    """)
                _ = try await suite.startCollector(feeds: ["bybit", "binance-usdm"])
                let scanner = try await suite.startScanner("scanner", ["FUNDING_ALERT_OPS": receiver.url])
                let body: JSONView = try await eventually("a spread is told", within: .seconds(30)) {
                    guard let request = try receiver.requests().first else { return nil }
                    return try JSONDocument(try JSONDocument(request).root["body"]?.string ?? "").root
                }
                let alert = try #require(body["alerts"]?[0])
                #expect(alert["subject"]?["kind"]?.string == "pair" && alert["threshold"]?.double == 0.000001)
                let legs = [alert["subject"]?["long"], alert["subject"]?["short"]].map { $0?["exchange"]?.string }
                #expect(Set(legs) == ["bybit", "binance"])
                #expect(alert["value"]?.double == alert["facts"]?["spread_apr"]?.double)
                #expect(try await scanner.end(SIGTERM) == .status(0))
            }
        }

        /// From settled payments through the scanner's statistics to the receiver.
        @Test func aRateFarFromItsMeanIsTold() async throws {
            let receiver = try await WebhookReceiver(["200"])
            try await Suite.run { suite in
                try await suite.patchSettings(
                    """
                    {"alerts":{"channels":{"ops":{"service":"webhook","url_env":"FUNDING_ALERT_OPS"}},
                               "rules":{"far":{"kind":"zscore","threshold":0.000001,"direction":"beyond",
                                               "symbols":["BTCUSDT"],"channels":["ops"]}}}}
                    """)
                try await suite.listContracts(feeds: Self.feeds)
                _ = try await suite.startCollector(feeds: Self.feeds)
                let scanner = try await suite.startScanner("scanner", ["FUNDING_ALERT_OPS": receiver.url])
                try await suite.wait(forPolls: 3, of: Self.feeds)
                #expect(try receiver.requests().isEmpty, "nothing is settled, so nothing is far from it")
                #expect(try await suite.backfill("filler", ["--symbols", "BTCUSDT"], feeds: Self.feeds) == .status(0))
                let body: JSONView = try await eventually("the score is told", within: .seconds(60)) {
                    guard let request = try receiver.requests().first else { return nil }
                    return try JSONDocument(try JSONDocument(request).root["body"]?.string ?? "").root
                }
                let alert = try #require(body["alerts"]?[0])
                #expect(alert["subject"]?["contract"]?["symbol"]?.string == "BTCUSDT")
                let value = try #require(alert["facts"]?["zscore"]?.double)
                #expect(alert["value"]?.double == value)
                let scores = try await suite.database.query(
                    "SELECT data_points, mean_30d, std_dev_30d FROM funding_statistics WHERE symbol = 'BTCUSDT'")[0]
                #expect(try scores.decode("data_points", as: Int.self) >= 10)
                #expect(try await scanner.end(SIGTERM) == .status(0))
            }
        }

        @Test func aChangedIntervalIsTold() async throws {
            let receiver = try await WebhookReceiver(["200"])
            try await Suite.run { suite in
                try await suite.patchSettings(
                    """
                    {"alerts":{"channels":{"ops":{"service":"webhook","url_env":"FUNDING_ALERT_OPS"}},
                               "rules":{"terms":{"kind":"terms_change","channels":["ops"]}}}}
                    """)
                _ = try await suite.startCollector(feeds: Self.feeds)
                let scanner = try await suite.startScanner("scanner", ["FUNDING_ALERT_OPS": receiver.url])
                try await suite.wait(forPolls: 3, of: Self.feeds)
                try await suite.simulator.changeInterval(of: "BTCUSDT", feed: "bybit", toHours: 1)
                let body: JSONView = try await eventually("the change is told", within: .seconds(30)) {
                    guard let request = try receiver.requests().first else { return nil }
                    return try JSONDocument(try JSONDocument(request).root["body"]?.string ?? "").root
                }
                #expect(body["text"]?.string == "terms\nBTC: bybit BTCUSDT: interval 8h → 1h")
                let change = body["alerts"]?[0]?["facts"]?["change"]
                #expect(change?["before"]?["funding_interval_hours"]?.double == 8)
                #expect(change?["after"]?["funding_interval_hours"]?.double == 1)
                #expect(try await scanner.end(SIGTERM) == .status(0))
            }
        }
    }
}

extension Suite {
    /// As an operator does.
    fileprivate func patchSettings(_ patch: String) async throws {
        let file = folder.appending(path: "patch-\(UInt32.random(in: 0...UInt32.max)).json")
        try patch.write(to: file, atomically: true, encoding: .utf8)
        let tool = try await start(
            "fundingctl", ["fundingctl", "settings", "patch", file.path], environment: environment(user: "postgres"))
        #expect(try await tool.ending(within: .seconds(20)) == .status(0))
    }

    /// Channel, status and attempts of each delivery.
    fileprivate func deliveries() async throws -> [String] {
        try await database.query("SELECT channel, status, attempts FROM alert_deliveries ORDER BY channel, message").map
        {
            "\(try $0.decode("channel", as: String.self)) \(try $0.decode("status", as: String.self)) "
                + "\(try $0.decode("attempts", as: Int.self))"
        }
    }
}
