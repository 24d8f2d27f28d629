import FundingJSON
import FundingRuntime
import Testing

@testable import ExchangeSimulator

/// The simulator behind a real socket.
@Suite(.serialized) struct ServerTests {
    private static func fault(_ json: String, _ port: Int) async {
        let reply = await RawClient.ask("POST", "/_simulator/faults", body: json, port: port)
        #expect(reply.status == 200, "\(reply.text)")
    }

    private static func liveMarketsOfLighter(_ port: Int) async throws -> Int {
        let health = await RawClient.ask("GET", "/_simulator/health", port: port)
        return try JSONDocument(health.body).root.member("live_contracts").integer("lighter")
    }

    private static let time = "/bybit/v5/market/time"

    @Test func everyFeedAnswersUnderItsPrefix() async throws {
        try await withSimulator { port in
            for target in [
                "/binance-usdm/fapi/v1/premiumIndex", "/bybit/v5/market/tickers?category=linear",
                "/lighter/api/v1/orderBookDetails", "/deribit/api/v2/public/ticker?instrument_name=BTC-PERPETUAL",
                "/binance-usdm/fapi/v1/openInterest?symbol=%E5%B8%81%E5%AE%89%E4%BA%BA%E7%94%9FUSDT",
            ] {
                let reply = await RawClient.ask("GET", target, port: port)
                #expect(reply.status == 200)
                let document = try JSONDocument(reply.body)
                #expect(document.root.count > 0)
            }
            let info = await RawClient.ask(
                "POST", "/hyperliquid/info", body: #"{"type":"metaAndAssetCtxs"}"#, port: port)
            #expect(info.status == 200)
            #expect(await RawClient.ask("GET", "/nowhere/at/all", port: port).status == 404)
        }
    }

    @Test func aTruncatedBodyAnnouncesItsWholeLengthAndEndsEarly() async throws {
        try await withSimulator { port in
            await Self.fault(#"{"kind":"truncated","count":1}"#, port)
            let reply = await RawClient.ask("GET", "/bybit/v5/market/tickers?category=inverse", port: port)
            let announced = try #require(reply.header("Content-Length").flatMap { Int($0) })
            #expect(reply.isClosed)
            #expect(reply.body.count == announced / 2)
            #expect(await RawClient.ask("GET", Self.time, port: port).status == 200)
        }
    }

    @Test func aDroppedConnectionEndsWithoutAByte() async throws {
        try await withSimulator { port in
            await Self.fault(#"{"kind":"drop","count":1}"#, port)
            let reply = await RawClient.ask("GET", Self.time, port: port)
            #expect(reply.isClosed && reply.bytes.isEmpty)
        }
    }

    @Test func aSlowBodyComesByteByByte() async throws {
        try await withSimulator { port in
            await Self.fault(#"{"kind":"slow","count":1}"#, port)
            let reply = await RawClient.ask("GET", Self.time, port: port, within: 1.5)
            #expect(!reply.isClosed)
            #expect((1...3).contains(reply.body.count))
        }
    }

    @Test func aHangingRequestIsNeverAnsweredAndHoldsUpNoShutdown() async throws {
        let clock = ContinuousClock()
        let start = Lock<ContinuousClock.Instant?>(nil)
        try await withSimulator { port in
            await Self.fault(#"{"kind":"hang","count":1}"#, port)
            let reply = await RawClient.ask("GET", Self.time, port: port, within: 0.5)
            #expect(!reply.isClosed && reply.bytes.isEmpty)
            start.withLock { $0 = clock.now }
        }
        let began = try #require(start.withLock { $0 })
        #expect(clock.now - began < .seconds(5))
    }

    @Test func aHugeBodyAndABombArriveWhole() async throws {
        try await withSimulator { port in
            await Self.fault(#"{"kind":"huge","count":1}"#, port)
            #expect(await RawClient.ask("GET", Self.time, port: port, within: 60).body.count == 41 << 20)
            await Self.fault(#"{"kind":"gzip_bomb","count":1}"#, port)
            let bomb = await RawClient.ask("GET", Self.time, port: port)
            #expect(bomb.header("Content-Encoding") == "gzip")
            #expect(bomb.body.count == FaultBodies.bomb.count)
        }
    }

    @Test func theControlTellsWhatHappenedAndForgetsItOnReset() async throws {
        try await withSimulator { port in
            await Self.fault(#"{"feed":"bybit","kind":"status","status":429,"retry_after":2,"count":1}"#, port)
            let refused = await RawClient.ask("GET", Self.time, port: port)
            #expect(refused.status == 429)
            #expect(refused.header("Retry-After") == "2")
            let requests = await RawClient.ask("GET", "/_simulator/requests", port: port)
            let last = try #require(try JSONDocument(requests.body).root.member("recent")[0])
            #expect(try last.integer("status") == 429)
            #expect(try last.text("fault") == "status")
            #expect(try last.integer("at") > 1_700_000_000_000)
            #expect(await RawClient.ask("POST", "/_simulator/reset", port: port).status == 200)
            let after = await RawClient.ask("GET", "/_simulator/requests", port: port)
            #expect(try JSONDocument(after.body).root.member("recent").count == 0)
        }
    }

    @Test func scriptsChangeContractsAndHealthCountsThem() async throws {
        try await withSimulator { port in
            let before = try await Self.liveMarketsOfLighter(port)
            #expect(before == 115)
            let script = #"{"feed":"lighter","delist":"ETH"}"#
            #expect(await RawClient.ask("POST", "/_simulator/script", body: script, port: port).status == 200)
            let after = try await Self.liveMarketsOfLighter(port)
            #expect(after == 114)
            let unknown = #"{"feed":"lighter","delist":"NOTHING"}"#
            #expect(await RawClient.ask("POST", "/_simulator/script", body: unknown, port: port).status == 404)
            #expect(await RawClient.ask("POST", "/_simulator/script", body: "{", port: port).status == 400)
            #expect(await RawClient.ask("POST", "/_simulator/faults", body: "{}", port: port).status == 400)
        }
    }

    @Test func limitsHoldOverTheWire() async throws {
        try await withSimulator { port in
            var statuses: [Int] = []
            // Two windows at most, should a minute end in between.
            for _ in 0..<121 {
                statuses.append(await RawClient.ask("GET", "/lighter/api/v1/none", port: port).status)
            }
            #expect(statuses.contains(429))
        }
    }
}
