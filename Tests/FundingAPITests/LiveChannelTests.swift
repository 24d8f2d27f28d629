import Foundation
import FundingCore
import FundingJSON
import Testing

@testable import FundingAPI
@testable import FundingStore

/// The channels that tell of more than rates, and what the description says of all frames.
struct LiveChannelTests {
    private static let terms = ContractTerms(
        interval: .eightHours, rateCap: 0.01, rateFloor: nil, denomination: 1, status: .active)
    private static let listing = ContractsEvent(
        feed: "bybit", exchange: "bybit", exchangeName: "ByBit", validFrom: Sample.start,
        changes: [TermsChange(symbol: "NEWUSDT", baseAsset: "NEW", before: nil, after: terms)])
    private static let progress = BackfillEvent(
        jobID: 7, status: .processing, observedAt: Sample.start,
        exchanges: [
            .init(
                id: "bybit", name: "ByBit", status: .processing, symbolsDone: 1, symbolsTotal: 4, rows: 90, requests: 3,
                etaSeconds: 12)
        ])

    @Test func eachIsHeardByThoseWhoAskedForIt() throws {
        var stage = Stage()
        let all = try stage.join("all", subscribing: "contracts", "backfill", "health")
        let contracts = try stage.join("contracts", subscribing: "contracts")
        let other = try stage.join("other")
        try stage.ask(#"{"op":"subscribe","channel":"contracts","exchanges":["drift"]}"#, other)
        _ = try other.take()
        stage.live.publish(Self.listing, at: stage.now, stage.instant)
        stage.live.publish(Self.progress, at: stage.now, stage.instant)
        stage.live.publish(Sample.feed(status: .failing), at: stage.now, stage.instant)
        #expect(try all.takeTypes() == ["contracts", "backfill", "health"])
        #expect(try contracts.takeTypes() == ["contracts", "health"])
        #expect(try other.takeTypes() == ["health"], "the exchange is another")
    }

    @Test func contractsAreToldByAssetAndHealthByExchangeToWhoAsksForThese() throws {
        var stage = Stage()
        let (bitcoin, drift) = (try stage.join("bitcoin"), try stage.join("drift"))
        try stage.ask(#"{"op":"subscribe","channel":"contracts","assets":["BTC"]}"#, bitcoin)
        try stage.ask(#"{"op":"subscribe","channel":"contracts"}"#, drift)
        try stage.ask(#"{"op":"subscribe","channel":"health","exchanges":["drift"]}"#, drift)
        stage.live.publish(Self.listing, at: stage.now, stage.instant)
        var both = Self.listing
        both.changes.append(TermsChange(symbol: "BTCUSD", baseAsset: "BTC", before: nil, after: Self.terms))
        stage.live.publish(both, at: stage.now, stage.instant)
        stage.live.publish(Sample.feed(status: .failing), at: stage.now, stage.instant)
        let heard = try bitcoin.take()
        #expect(heard.compactMap { $0["type"]?.string } == ["contracts", "health"])
        #expect(heard.first?["changes"]?.elements.map { $0["symbol"]?.string } == ["BTCUSD"])
        #expect(try drift.takeTypes() == ["contracts", "contracts"], "it is ByBit that fails")
    }

    @Test func whoLeavesAChannelHearsItNoMore() throws {
        var stage = Stage()
        let peer = try stage.join(subscribing: "contracts", "backfill")
        try stage.ask(#"{"op":"unsubscribe","channel":"contracts"}"#, peer)
        stage.live.publish(Self.listing, at: stage.now, stage.instant)
        stage.live.publish(Self.progress, at: stage.now, stage.instant)
        #expect(try peer.takeTypes() == ["backfill"])
    }

    @Test func whatWasMissedIsResumedAndWhatIsGoneIsReset() throws {
        var stage = Stage()
        let peer = try stage.join(subscribing: "contracts")
        let sequence = stage.live.sequence
        stage.live.publish(Self.listing, at: stage.now, stage.instant)
        _ = try peer.take()
        try stage.ask(#"{"op":"resume","seq":\#(sequence)}"#, peer)
        #expect(try peer.takeTypes() == ["contracts", "resumed"])
        try stage.ask(#"{"op":"resume","seq":1}"#, peer)
        #expect(try peer.takeTypes() == ["reset"])
    }

    @Test func aBackfillFrameSaysWhatTheStatusEndpointSays() throws {
        var stage = Stage()
        let peer = try stage.join(subscribing: "backfill")
        let begin = stage.now.addingTimeInterval(-60)
        let progress = BackfillProgress(
            feed: "bybit", status: .processing, startedAt: begin, symbolsTotal: 4, symbolsDone: 1, requests: 3,
            rowsInserted: 90, missing: 2, eta: stage.now.addingTimeInterval(12))
        let job = BackfillDesk.Account(
            id: 7, requestedBy: "test", status: .running, startedAt: begin, finishedAt: nil, isCancelling: false,
            account: nil, parts: [.init(exchange: "bybit", exchangeName: "ByBit", progress: progress)])
        stage.live.publish(job.event(at: stage.now), at: stage.now, stage.instant)
        let frame = try #require(try peer.take().first)
        var writer = JSONWriter(reservingCapacity: 1024)
        writer.beginObject()
        BackfillReport(job, at: stage.now).writeWhole(completeness: Array("{}".utf8), to: &writer)
        writer.endObject()
        let status = try JSONDocument(writer.bytes).root
        for member in ["job_id", "running", "completed", "overall_progress", "total_records", "exchanges", "message"] {
            let told = try #require(frame[member]?.rawText)
            #expect(told == status[member]?.rawText, "\(member)")
        }
        #expect(frame["overall_progress"]?.int == 25 && frame["running"]?.bool == true)
        let exchange = try #require(frame["exchanges"]?["bybit"])
        #expect(exchange["records_fetched"]?.int == 90 && exchange["missing"]?.int == 2)
        #expect(exchange["elapsed_time"]?.double == 60 && exchange["estimated_remaining"]?.double == 12)
    }

    @Test func howAFeedFaresIsToldThoughItsRowsWereReadFirst() throws {
        var stage = Stage()
        let failing = Sample.feed(sequence: 5, status: .failing)
        _ = stage.market.replace(failing, with: [Sample.rate("BTCUSDT")])
        #expect(stage.market.feeds["bybit"]?.sequence == 5)
        let told = stage.market.note([failing]).changed
        #expect(told == [failing])
        let toldAgain = stage.market.note([failing]).changed
        #expect(toldAgain.isEmpty)
        var leftAlone = failing
        leftAlone.retryAt = stage.now.addingTimeInterval(300)
        #expect(stage.market.note([leftAlone]).changed == [leftAlone], "until when has become another")
    }

    @Test func changedStatisticsReachThoseWhoAskedForThemAndTheGrid() throws {
        var stage = Stage()
        let all = try stage.join("all", subscribing: "statistics", "grid")
        let eth = try stage.join("eth")
        try stage.ask(#"{"op":"subscribe","channel":"statistics","exchanges":["bybit"],"assets":["ETH"]}"#, eth)
        let other = try stage.join("other")
        try stage.ask(#"{"op":"subscribe","channel":"statistics","exchanges":["drift"]}"#, other)
        let sequence = stage.live.sequence
        try stage.score([Sample.score("BTCUSDT", 2.5), Sample.score("ETHUSDT", 0)])
        let frames = try all.take()
        #expect(frames.map { $0["type"]?.string } == ["statistics", "grid"])
        #expect(frames[0]["changed"]?.elements.map { $0["z_score"]?.double } == [2.5, 0])
        #expect(frames[0]["changed"]?[0]?["exchange"]?.string == "ByBit")
        #expect(frames[1]["changed"]?.elements.map { $0["asset"]?.string } == ["BTC", "ETH"])
        let cells = frames[1]["changed"]?[0]?["exchanges"]
        #expect(cells?["ByBit"]?["z_score"]?.double == 2.5 && cells?["Drift"] == nil, "only what is concerned")
        let part = try #require(try eth.take().first)
        #expect(part["changed"]?.elements.map { $0["symbol"]?.string } == ["ETHUSDT"])
        #expect(try other.take().isEmpty)
        try stage.ask(#"{"op":"resume","seq":\#(sequence)}"#, eth)
        #expect(try eth.takeTypes() == ["statistics", "resumed"])
        try stage.ask(#"{"op":"unsubscribe","channel":"statistics"}"#, eth)
        try stage.score([Sample.score("ETHUSDT", 1)])
        #expect(try eth.take().isEmpty)
    }

    @Test func aMovedRateIsToldWithItsLastKnownScore() throws {
        var stage = Stage()
        try stage.score([Sample.score("BTCUSDT", -1.5)])
        let peer = try stage.join(subscribing: "rates")
        try stage.poll([Sample.change("BTCUSDT", rate: 0.0007), Sample.change("ETHUSDT", rate: 0)])
        let changed = try #require(try peer.take().first?["changed"])
        #expect(changed[0]?["z_score"]?.double == -1.5 && changed[1]?["z_score"]?.isNull == true)
    }

    @Test func everyFrameIsAsTheDescriptionSays() throws {
        var stage = Stage()
        let peer = FakePeer()
        stage.live.join(peer, session: "s")
        for channel in LiveChannel.allCases {
            try stage.ask(#"{"op":"subscribe","channel":"\#(channel.rawValue)"}"#, peer)
        }
        try stage.poll([Sample.change("BTCUSDT", rate: 0.0007)], removed: ["ETHUSDT"])
        stage.live.publish(Self.listing, at: stage.now, stage.instant)
        stage.live.publish(Self.progress, at: stage.now, stage.instant)
        stage.live.publish(Sample.feed(status: .failing), at: stage.now, stage.instant)
        try stage.score([Sample.score("BTCUSDT", nil)])
        stage.live.publish(SettingsEvent(revision: 4, savedAt: stage.now), at: stage.now, stage.instant)
        try stage.ask(#"{"op":"ping","id":3}"#, peer)
        try stage.ask(#"{"op":"resume","seq":\#(stage.live.sequence)}"#, peer)
        try stage.ask(#"{"op":"resume","seq":1}"#, peer)
        peer.send(LiveAnswer.error(LiveRequest.Fault(code: "bad_channel", detail: "none")))
        let shapes = Dictionary(uniqueKeysWithValues: AsyncAPIDocument.frames.map { ($0.name, $0.shape) })
        var met: Set<String> = []
        for frame in try peer.take() {
            let type = try #require(frame["type"]?.string)
            #expect(try #require(shapes[type]).faults(of: frame) == [])
            met.insert(type)
        }
        // Pairs have tests of their own.
        #expect(met == Set(shapes.keys).subtracting(["arbitrage"]))
    }
}
