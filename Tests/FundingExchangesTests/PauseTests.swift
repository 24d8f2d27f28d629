import CurlDriver
import Foundation
import FundingCore
import FundingExchanges
import Testing

/// A host that asks to be left alone is left alone.
@Suite struct PauseTests {
    /// Every request is answered so.
    private func exchange(_ feed: FeedID, _ response: HTTPResponse) throws -> ScriptedExchange {
        try ScriptedExchange(feed) { _, _ in response }
    }

    private func expectPause(_ exchange: ScriptedExchange, of seconds: Double, _ kind: String) async throws {
        let began = ContinuousClock.now
        let first = try await exchange.failure()
        #expect(first.kind.label == kind)
        let pause = try #require(await exchange.poller.gate.remainingPause) / .seconds(1)
        let passed = (ContinuousClock.now - began) / .seconds(1)
        #expect(pause <= seconds && pause >= seconds - passed)
        let asked = exchange.requests.count
        let second = try await exchange.failure()
        #expect(second.kind.label == kind)
        #expect(exchange.requests.count == asked)
        // Being told so again does not make it longer.
        let remaining = try #require(await exchange.poller.gate.remainingPause) / .seconds(1)
        #expect(remaining < pause)
    }

    @Test(
        arguments: [
            (429, "rate_limited", "30", 30.0), (429, "rate_limited", nil, 60),
            (418, "banned", "720", 720), (418, "banned", nil, 120), (403, "blocked", nil, 600),
            (451, "blocked", nil, 600),
            // Values that are no length of time, or longer than any ban.
            (429, "rate_limited", "nan", 60), (429, "rate_limited", "inf", 60), (429, "rate_limited", "-5", 60),
            (429, "rate_limited", "Wed, 21 Oct 2026 07:28:00 GMT", 60), (429, "rate_limited", "", 60),
            (429, "rate_limited", "1e300", 259_200),
        ] as [(Int, String, String?, Double)])
    func noRequestGoesOutDuringAPause(status: Int, kind: String, retryAfter: String?, seconds: Double) async throws {
        try await expectPause(exchange("binance-usdm", HTTPResponse(status, retryAfter: retryAfter)), of: seconds, kind)
    }

    @Test func aPauseOfLessThanASecondIsASecond() async throws {
        let error = try await exchange("binance-usdm", HTTPResponse(429, retryAfter: "0.2")).failure()
        #expect(error.kind.pause == .seconds(1))
    }

    @Test(
        arguments: [
            // Bybit's limit comes with status 200, or with a 403 that is the harder one.
            (
                "bybit", HTTPResponse(200, #"{"retCode":10006,"retMsg":"Too many visits!","result":{}}"#), 60,
                "rate_limited"
            ),
            ("bybit", HTTPResponse(403, #"{"retCode":10006,"retMsg":"access too frequent"}"#), 600, "blocked"),
            ("deribit", HTTPResponse(429, #"{"error":{"code":10028,"data":{"wait":90}}}"#), 90, "rate_limited"),
            ("deribit", HTTPResponse(200, #"{"error":{"code":10028,"data":{"wait":1e300}}}"#), 259_200, "rate_limited"),
            ("deribit", HTTPResponse(400, #"{"error":{"code":10028}}"#, retryAfter: "70"), 70, "rate_limited"),
            ("lighter", HTTPResponse(405), 60, "rate_limited"),
            (
                "lighter", HTTPResponse(429, #"{"code":23000,"message":"Too Many Requests"}"#, retryAfter: "80"), 80,
                "rate_limited"
            ),
            ("hyperliquid", HTTPResponse(429, "null"), 60, "rate_limited"),
            ("edgex", HTTPResponse(200, #"{"code":"RATE_LIMIT_EXCEEDED","data":null}"#), 60, "rate_limited"),
            (
                "edgex", HTTPResponse(429, #"{"code":"RATE_LIMIT_EXCEEDED","data":null}"#, retryAfter: "70"), 70,
                "rate_limited"
            ),
            (
                "backpack", HTTPResponse(429, #"{"code":"TOO_MANY_REQUESTS","message":"Too many requests"}"#), 60,
                "rate_limited"
            ),
            (
                "backpack", HTTPResponse(400, #"{"code":"TOO_MANY_REQUESTS"}"#, retryAfter: "90"), 90, "rate_limited"
            ),
            (
                "kraken", HTTPResponse(200, #"{"result":"error","error":"apiLimitExceeded"}"#), 60, "rate_limited"
            ),
            ("drift", HTTPResponse(403), 600, "blocked"),
            (
                "pacifica", HTTPResponse(200, #"{"success":false,"data":null,"error":"Too many","code":429}"#), 60,
                "rate_limited"
            ),
            ("apex", HTTPResponse(200, #"{"code":10003,"msg":"too many visits"}"#), 60, "rate_limited"),
            ("apex", HTTPResponse(403), 120, "banned"),
            ("dydx", HTTPResponse(429, #"{"errors":[{"msg":"Too many requests"}]}"#), 60, "rate_limited"),
            (
                "dydx", HTTPResponse(429, #"{"errors":[{"msg":"Too many requests"}]}"#, retryAfter: "72500"), 72.5,
                "rate_limited"
            ),
        ] as [(FeedID, HTTPResponse, Double, String)])
    func anExchangesOwnWordsPauseItsHost(feed: FeedID, response: HTTPResponse, seconds: Double, kind: String)
        async throws
    {
        try await expectPause(exchange(feed, response), of: seconds, kind)
    }

    @Test(
        arguments: [
            (
                "bybit", #"{"retCode":10001,"retMsg":"params error","result":{}}"#,
                ExchangeError.Kind.refused(code: 10001)
            ),
            ("deribit", #"{"error":{"code":11050,"message":"bad_request"}}"#, .refused(code: 11050)),
            ("deribit", #"{"error":"odd"}"#, .unreadable),
            ("lighter", #"{"code":29404,"message":"not found"}"#, .refused(code: 29404)),
            ("backpack", #"{"code":"INVALID_CLIENT_REQUEST","message":"bad"}"#, .unreadable),
            ("kraken", #"{"result":"error","error":"Server Error"}"#, .refused(code: 200)),
            ("kraken", #"{"result":"success","instruments":[]}"#, .unreadable),
            ("drift", #"{"success":false,"markets":[]}"#, .unreadable),
            ("pacifica", #"{"success":false,"data":null,"error":"no","code":404}"#, .refused(code: 404)),
            ("pacifica", #"{"success":false,"data":[]}"#, .unreadable),
            ("hibachi", #"{"errorCode":3,"status":"failed","message":"no"}"#, .refused(code: 3)),
            ("hibachi", #"{"errorCode":"odd","markets":[]}"#, .unreadable),
            ("edgex", #"{"code":"INVALID_CONTRACT_ID","data":null,"msg":"invalid"}"#, .refused(code: 200)),
            ("edgex", #"{"code":"SUCCESS","data":{"coinList":[],"contractList":[]}}"#, .unreadable),
            ("apex", #"{"code":3,"msg":"invalid symbol: NOPE-USDT"}"#, .refused(code: 3)),
        ] as [(FeedID, String, ExchangeError.Kind)])
    func anErrorWithStatus200IsNoAnswer(feed: FeedID, body: String, kind: ExchangeError.Kind) async throws {
        let exchange = try exchange(feed, HTTPResponse(200, body))
        #expect(try await exchange.failure().kind == kind)
        #expect(await exchange.poller.gate.remainingPause == nil)
    }

    /// Two requests are under way: the second to be answered names the shorter pause.
    @Test(.timeLimit(.minutes(1))) func aShorterPauseNeverShortensALongerOne() async throws {
        let asking = TestLock<ExchangePoller?>(nil)
        let underWay = TestLock(0)
        let exchange = try ScriptedExchange("lighter") { label, _ in
            underWay.withLock { $0 += 1 }
            while underWay.withLock({ $0 }) < 2 { await Task.yield() }
            if label == "order-book-details" { return HTTPResponse(429, retryAfter: "600") }
            while await asking.withLock({ $0 })?.gate.remainingPause == nil { await Task.yield() }
            return HTTPResponse(429, retryAfter: "5")
        }
        asking.withLock { $0 = exchange.poller }
        _ = try await exchange.failure()
        #expect(exchange.requests.count == 2)
        #expect(try #require(await exchange.poller.gate.remainingPause) > .seconds(500))
    }

    /// Bybit's 10016 is trouble of the server, with status 200.
    @Test func serverTroubleInTheBodyIsAskedAgain() async throws {
        let exchange = try ScriptedExchange("bybit") { label, nth in
            label == "tickers.linear" && nth == 1 ? HTTPResponse(200, #"{"retCode":10016,"retMsg":"busy"}"#) : nil
        }
        #expect(try await exchange.poller.poll().isComplete)
        #expect(exchange.count(of: "tickers.linear") == 2)
    }

    @Test func theBudgetIsWaitedFor() async throws {
        // One request a second.
        let exchange = try ScriptedExchange("lighter") {
            $0.budget = RequestBudget(1, per: .seconds(1))
        } _: { _, _ in
            nil
        }
        let started = ContinuousClock.now
        _ = try await exchange.poller.poll()
        #expect(ContinuousClock.now - started > .milliseconds(900))
    }
}
