import Foundation
import FundingCore
import FundingJSON
import FundingStore
import PostgresDriver
import TestSupport
import Testing
import WebServer

@testable import FundingAPI

/// Alert rules, what is true of whom, and what was told, as the operator reads them.
@Suite(
    .enabled(if: TemporaryDatabase.isAvailable, "FUNDING_TEST_DATABASE_URL is not set"),
    .enabled(if: TestRedis.isAvailable, "FUNDING_TEST_REDIS_URL is not set"),
    .timeLimit(.minutes(2))
)
struct AlertEndpointTests {
    private static let settings = """
        {"alerts":{"channels":{"ops":{"service":"webhook","url_env":"FUNDING_ALERT_OPS_URL"}},"rules":{
         "high":{"kind":"apr","threshold":3,"cooldown_seconds":0,"channels":["ops"]},
         "wide":{"kind":"spread_apr","threshold":5,"assets":["BTC"],"cooldown_seconds":0},
         "old":{"kind":"exchange_age","threshold":60}}}}
        """
    private static let start = Date(timeIntervalSince1970: 1_790_000_000)
    private static let contract = AlertContract(exchange: "bybit", symbol: "BTCUSDT", baseAsset: "BTC")

    /// Sends a request and holds its answer against the declaration.
    @discardableResult
    private func ask(
        _ api: RunningAPI, _ method: String, _ path: String, query: String = "", body: String? = nil, status: Int = 200
    ) async throws -> JSONView {
        let answer = try await api.send(method, path + query, body: body)
        let text = String(decoding: answer.body.prefix(400), as: UTF8.self)
        #expect(answer.status == status, "\(method) \(path)\(query): \(text)")
        let endpoint = try #require(api.endpoints.first { $0.path == path && $0.method.rawValue == method })
        let json = try answer.json
        #expect(endpoint.faults(of: answer.status, json) == [])
        return json
    }

    private func withRules(_ body: (RunningAPI, TemporaryDatabase) async throws -> Void) async throws {
        try await RunningAPI.withSampleTables { api, database in
            #expect(try await api.send("PUT", "/api/settings", body: Self.settings).status == 200)
            try await body(api, database)
        }
    }

    /// What the scanner would have decided of one contract's APRs, one a minute.
    private func decide(_ aprs: [Double], _ database: TemporaryDatabase) async throws {
        try await database.withPool(as: "funding_scanner") { pool in
            let lease = ScannerLease(try database.configuration(as: "funding_scanner"), holder: "test")
            let token = try #require(try await lease.take())
            let settings = try await SettingsStore(pool).current().settings().alerts
            var engine = AlertEngine(settings, at: Self.start)
            for (minute, apr) in aprs.enumerated() {
                let now = Self.start.addingTimeInterval(Double(minute) * 60)
                var values = AlertValues()
                values.apr = apr
                values.zScore = 0
                let outcome = engine.evaluate([.reading(.contract(Self.contract), values)], at: now)
                try await AlertStore(pool).record(outcome, token, at: now)
            }
            await lease.close()
        }
    }

    @Test func rulesAreToldWithoutSecrets() async throws {
        try await withRules { api, database in
            let body = try await ask(api, "GET", "/api/alerts/rules")
            #expect(body["rules"]?.elements.map { $0["name"]?.string } == ["high", "old", "wide"])
            let high = try #require(body["rules"]?[0])
            #expect(high["threshold"]?.double == 3 && high["rearm"]?.double == 2.7 && high["open"]?.int == 0)
            #expect(body["channels"]?[0]?["service"]?.string == "webhook")
            #expect(!body.excerptOfAll.contains("FUNDING_ALERT"))
            try await decide([4], database)
            #expect(try await ask(api, "GET", "/api/alerts/rules")["rules"]?[0]?["open"]?.int == 1)
        }
    }

    @Test func whatIsTrueIsListedUntilItEnds() async throws {
        try await withRules { api, database in
            #expect(try await ask(api, "GET", "/api/alerts")["total"]?.int == 0)
            try await decide([4, 0, 5], database)
            let open = try await ask(api, "GET", "/api/alerts")
            #expect(open["total"]?.int == 1)
            let alert = try #require(open["alerts"]?[0])
            #expect(alert["rule"]?.string == "high" && alert["phase"]?.string == "active")
            #expect(alert["episode"]?.int == 2 && alert["value"]?.double == 5 && alert["is_current"]?.bool == true)
            #expect(alert["subject"]?["contract"]?["exchange"]?.string == "ByBit")
            #expect(alert["since"]?.string == Timestamp.text(Self.start.addingTimeInterval(120)))
            #expect(try await ask(api, "GET", "/api/alerts", query: "?rule=wide")["total"]?.int == 0)
            #expect(try await ask(api, "GET", "/api/alerts", query: "?phase=pending")["total"]?.int == 0)
            for (off, on) in [
                (
                    #"{"alerts":{"rules":{"high":{"enabled":false}}}}"#,
                    #"{"alerts":{"rules":{"high":{"enabled":true}}}}"#
                ),
                (#"{"alerts":{"enabled":false}}"#, #"{"alerts":{"enabled":true}}"#),
            ] {
                #expect(try await api.send("PUT", "/api/settings", body: off).status == 200)
                #expect(try await ask(api, "GET", "/api/alerts")["alerts"]?[0]?["is_current"]?.bool == false)
                #expect(try await ask(api, "GET", "/api/alerts/rules")["rules"]?[0]?["open"]?.int == 0)
                #expect(try await api.send("PUT", "/api/settings", body: on).status == 200)
                #expect(try await ask(api, "GET", "/api/alerts")["alerts"]?[0]?["is_current"]?.bool == true)
            }
            // Another condition under the same name is another rule.
            let other = #"{"alerts":{"rules":{"high":{"threshold":9}}}}"#
            #expect(try await api.send("PUT", "/api/settings", body: other).status == 200)
            #expect(try await ask(api, "GET", "/api/alerts")["alerts"]?[0]?["is_current"]?.bool == false)
            #expect(try await ask(api, "GET", "/api/alerts/rules")["rules"]?[0]?["open"]?.int == 0)
        }
    }

    @Test func theLogIsReadInPagesWithItsDeliveries() async throws {
        try await withRules { api, database in
            #expect(try await ask(api, "GET", "/api/alerts/log")["entries"]?.count == 0)
            try await decide([4, 0, 5, 0, 6], database)
            let whole = try await ask(api, "GET", "/api/alerts/log")
            let kinds = whole["entries"]?.elements.map { $0["kind"]?.string }
            #expect(kinds == ["fired", "ended", "fired", "ended", "fired"])
            #expect(whole["entries"]?.elements.map { $0["value"]?.double } == [6, 0, 5, 0, 4])
            #expect(whole["next_cursor"]?.isNull == true)
            let newest = try #require(whole["entries"]?[0])
            #expect(newest["facts"]?["apr"]?.double == 6 && newest["facts"]?["zscore"]?.double == 0)
            #expect(newest["deliveries"]?[0]?["channel"]?.string == "ops")
            #expect(newest["deliveries"]?[0]?["status"]?.string == "pending")
            #expect(newest["deliveries"]?[0]?["last_attempt_at"]?.isNull == true)
            var ids: [Int?] = []
            var cursor: String? = ""
            while let at = cursor {
                let query = "?limit=2" + (at.isEmpty ? "" : "&cursor=\(at)")
                let page = try await ask(api, "GET", "/api/alerts/log", query: query)
                ids += page["entries"]?.elements.map { $0["id"]?.int } ?? []
                cursor = page["next_cursor"]?.string
            }
            #expect(ids == whole["entries"]?.elements.map { $0["id"]?.int })
            #expect(try await ask(api, "GET", "/api/alerts/log", query: "?rule=wide")["entries"]?.count == 0)
            for query in ["?cursor=x", "?cursor=-1", "?limit=0", "?limit=1001", "?suppressed=maybe"] {
                try await ask(api, "GET", "/api/alerts/log", query: query, status: 422)
            }
            // Of listed words none is empty; a name may be left blank, as forms do.
            for query in ["?phase=", "?phase=,", "?phase=soon"] {
                try await ask(api, "GET", "/api/alerts", query: query, status: 422)
            }
            try await ask(api, "GET", "/api/alerts", query: "?rule=")
        }
    }

    @Test func whatWasNotToldCanBeLeftOut() async throws {
        try await withRules { api, database in
            let rare = #"{"alerts":{"rules":{"high":{"max_per_hour":1}}}}"#
            #expect(try await api.send("PUT", "/api/settings", body: rare).status == 200)
            try await decide([4, 0, 5], database)
            let all = try await ask(api, "GET", "/api/alerts/log")
            #expect(all["entries"]?[0]?["kind"]?.string == "suppressed")
            #expect(all["entries"]?[0]?["suppression"]?.string == "rate_limit")
            #expect(all["entries"]?[0]?["deliveries"]?.count == 0)
            let told = try await ask(api, "GET", "/api/alerts/log", query: "?suppressed=false")
            #expect(told["entries"]?.elements.map { $0["kind"]?.string } == ["ended", "fired"])
        }
    }

    // MARK: Backtests

    @Test func aRuleIsTriedOnThePast() async throws {
        try await withRules { api, database in
            // Contract 2 lacks a payment and pays 21.9 % a year all the time; contract 1 pays nothing.
            let one = try await ask(api, "POST", "/api/alerts/backtest", body: #"{"rule":"high","days":3}"#)
            #expect(one["tested"]?.int == 6 && one["days"]?.int == 3)
            #expect(one["rule"]?["threshold"]?.double == 3)
            let fired = try #require(one["fired"]?.int)
            #expect(fired >= 4 && one["firings"]?.count == min(fired, 20))
            let higher = try await ask(
                api, "POST", "/api/alerts/backtest", body: #"{"rule":"high","days":3,"threshold":1e6,"limit":0}"#)
            #expect(higher["fired"]?.int == 0 && higher["median_life_seconds"]?.isNull == true)
            #expect(higher["rule"]?["rearm"]?.double == 9e5)
            let pairs = try await ask(api, "POST", "/api/alerts/backtest", body: #"{"rule":"wide","days":2}"#)
            let firing = try #require(pairs["firings"]?[0])
            #expect(firing["subject"]?["kind"]?.string == "pair" && firing["subject"]?["asset"]?.string == "BTC")
            // The settings are what they were.
            #expect(try await ask(api, "GET", "/api/alerts/rules")["rules"]?[0]?["threshold"]?.double == 3)
        }
    }

    @Test func whatCannotBeTriedIsRefused() async throws {
        try await withRules { api, _ in
            try await ask(api, "POST", "/api/alerts/backtest", body: #"{"rule":"none"}"#, status: 404)
            try await ask(api, "POST", "/api/alerts/backtest", body: #"{"rule":"old"}"#, status: 400)
            for body in [
                "{}", #"{"rule":"high","days":31}"#, #"{"rule":"high","days":0}"#, #"{"rule":"high","limit":-1}"#,
                #"{"rule":"high","rearm":4}"#, #"{"rule":"high","threshold":"x"}"#,
            ] { try await ask(api, "POST", "/api/alerts/backtest", body: body, status: 422) }
        }
    }

    @Test(arguments: ["/api/alerts", "/api/alerts/rules", "/api/alerts/log", "/api/alerts/backtest"])
    func alertsAreTheOperatorsBusiness(path: String) async throws {
        let now = Date()
        let market = Sample.market((Sample.feed(observedAt: now), [Sample.rate("BTCUSDT", observedAt: now)]))
        let api = DirectAPI(market, token: "a-token-of-the-tests")
        let method = path.hasSuffix("backtest") ? "POST" : "GET"
        #expect(try await api.send(method, path).status == 401)
        let wrong = try await api.send(method, path, headers: [("X-API-Key", "another-token-here")])
        #expect(wrong.status == 401 || wrong.status == 403)
        // Whoever is let in meets a database that is not there, or says too little.
        let right = try await api.send(method, path, headers: [("X-API-Key", "a-token-of-the-tests")])
        #expect(right.status == (method == "POST" ? 422 : 503))
    }
}

extension JSONView {
    /// Everything, as it was sent.
    fileprivate var excerptOfAll: String { String(decoding: Array(rawBytes), as: UTF8.self) }
}
