import Foundation
import FundingCore
import FundingJSON
import Testing

@testable import FundingAPI

struct LiveStateTests {
    @Test func aClientIsGreetedAndThenGetsWhatItSubscribesTo() throws {
        var stage = Stage()
        let peer = FakePeer()
        stage.live.join(peer, session: "s")
        let hello = try #require(try peer.take().first)
        #expect(hello["type"]?.string == "hello")
        #expect(hello["seq"]?.int == 1000)
        let channels = hello["channels"]?.elements.map { $0.string }
        #expect(
            channels == ["rates", "grid", "arbitrage", "health", "contracts", "backfill", "settings", "statistics"])
        try stage.poll([Sample.change("BTCUSDT", rate: 1)])
        #expect(try peer.take().isEmpty)
        try stage.ask(#"{"op":"subscribe","channel":"grid"}"#, peer)
        let snapshot = try #require(try peer.take().first)
        #expect(snapshot["type"]?.string == "snapshot")
        #expect(snapshot["seq"]?.int == 1002)
        #expect(snapshot["data"]?["total_assets"]?.int == 2)
        #expect(snapshot["reset"] == nil)
    }

    @Test func eachGridFrameNamesItsPredecessorThoughOthersLieBetween() throws {
        var stage = Stage()
        let peer = try stage.join(subscribing: "grid", "rates")
        for round in 1...3 { try stage.poll([Sample.change("BTCUSDT", rate: Double(round))]) }
        let frames = try peer.take()
        #expect(frames.compactMap { $0["type"]?.string } == ["rates", "grid", "rates", "grid", "rates", "grid"])
        #expect(frames.compactMap { $0["seq"]?.int } == Array(1001...1006))
        #expect(frames.compactMap { $0["prev"]?.int } == [1000, 1002, 1004])
        #expect(frames[1]["changed"]?[0]?["exchanges"]?["ByBit"]?["funding_rate"]?.double == 1)
        #expect(frames[1]["observed"]?["ByBit"]?.string == Timestamp.text(Sample.start.addingTimeInterval(30)))
    }

    @Test func aPollThatChangesNothingStillTellsThatItSaw() throws {
        var stage = Stage()
        let peer = try stage.join(subscribing: "grid", "rates")
        try stage.poll([])
        let frame = try #require(try peer.take().first)
        #expect(frame["type"]?.string == "grid")
        #expect(frame["changed"]?.count == 0)
        #expect(frame["observed"]?.count == 1)
    }

    @Test func whatAStreamTellsIsMarkedAndAgesNothingElse() throws {
        var stage = Stage()
        let peer = try stage.join(subscribing: "grid", "rates")
        try stage.stream([Sample.change("BTCUSDT", rate: 1)])
        let frames = try peer.take()
        #expect(frames.compactMap { $0["type"]?.string } == ["rates", "grid"])
        #expect(frames[0]["partial"]?.bool == true)
        #expect(frames[0]["changed"]?.elements.map { $0["symbol"]?.string } == ["BTCUSDT"])
        #expect(frames[1]["observed"]?.count == 0)
        #expect(frames[1]["changed"]?.elements.map { $0["asset"]?.string } == ["BTC"])
        #expect(frames[1]["changed"]?[0]?["exchanges"]?.count == 1)
        try stage.poll([])
        #expect(try peer.take().first?["observed"]?.count == 1)
    }

    @Test func nothingIsEncodedWhileNobodyListens() throws {
        var stage = Stage()
        let change = FeedChange(
            feed: "bybit", exchange: "bybit", exchangeName: "ByBit", batchID: "b", observedAt: stage.now,
            isPartial: true, changed: [Sample.change("BTCUSDT", rate: 1)], removed: []
        )
        let frame = LiveFrame(1, .rates(change), at: stage.now)
        #expect(!frame.isEncoded)
        #expect(frame.message(for: Subscriptions()) == nil)
        #expect(!frame.isEncoded)
        let peer = try stage.join(subscribing: "grid")
        try stage.stream([Sample.change("BTCUSDT", rate: 1)])
        #expect(try peer.takeTypes() == ["grid"])
        _ = frame.shared
        #expect(frame.isEncoded)
    }

    @Test func filtersLetThroughWhatTheyName() throws {
        var stage = Stage()
        let peer = try stage.join()
        try stage.ask(#"{"op":"subscribe","channel":"rates","exchanges":["BYBIT"],"assets":["eth"]}"#, peer)
        try stage.poll([Sample.change("BTCUSDT", rate: 1)])
        try stage.poll([Sample.change("BTC-PERP", base: "BTC", rate: 1)], feed: "drift", name: "Drift")
        #expect(try peer.take().isEmpty)
        try stage.poll([Sample.change("BTCUSDT", rate: 2), Sample.change("ETHUSDT", rate: 2)])
        let frame = try #require(try peer.take().first)
        #expect(frame["changed"]?.elements.map { $0["symbol"]?.string } == ["ETHUSDT"])
        // More assets, as rows are opened one by one; then fewer.
        try stage.ask(#"{"op":"subscribe","channel":"rates","exchanges":["bybit"],"assets":["BTC"]}"#, peer)
        try stage.ask(#"{"op":"unsubscribe","channel":"rates","exchanges":["bybit"],"assets":["ETH"]}"#, peer)
        try stage.poll([Sample.change("BTCUSDT", rate: 3), Sample.change("ETHUSDT", rate: 3)])
        #expect(try peer.take().first?["changed"]?.elements.map { $0["symbol"]?.string } == ["BTCUSDT"])
        try stage.ask(#"{"op":"unsubscribe","channel":"rates"}"#, peer)
        try stage.poll([Sample.change("BTCUSDT", rate: 4)])
        #expect(try peer.take().isEmpty)
    }

    /// The grid calls an asset `ETH (crypto)` where there are others of its ticker; what moves only says its ticker.
    @Test func aNameThatTellsItsKindIsHeardByItsTicker() throws {
        var stage = Stage()
        let scope = LiveScope(assets: ["ETH (CRYPTO)"])
        #expect(
            try LiveRequest(#"{"op":"subscribe","channel":"rates","assets":["eth (crypto)"]}"#)
                == .subscribe(.rates, scope))
        let peer = try stage.join()
        // As one who listens to server-sent events.
        try stage.live.handle(
            .subscribe(.rates, scope), from: peer.id, exchanges: stage.market.exchanges, at: stage.now, stage.instant)
        try stage.poll([Sample.change("BTCUSDT", rate: 2), Sample.change("ETHUSDT", rate: 2)])
        #expect(try peer.take().first?["changed"]?.elements.map { $0["symbol"]?.string } == ["ETHUSDT"])
    }

    @Test func aFilteredGridKeepsItsChain() throws {
        var stage = Stage()
        let peer = try stage.join()
        try stage.ask(#"{"op":"subscribe","channel":"grid","assets":["ETH"]}"#, peer)
        let snapshot = try #require(try peer.take().first)
        #expect(snapshot["data"]?["data"]?.elements.map { $0["asset"]?.string } == ["ETH"])
        try stage.poll([Sample.change("BTCUSDT", rate: 1)])
        try stage.poll([Sample.change("ETHUSDT", rate: 1)])
        let frames = try peer.take()
        #expect(frames.map { $0["changed"]?.count } == [0, 1])
        #expect(frames[1]["prev"]?.int == frames[0]["seq"]?.int)
    }

    @Test(arguments: [
        (#"{"op":"subscribe","channel":"candles"}"#, "bad_channel"), (#"{"op":"subscribe"}"#, "bad_channel"),
        (#"{"op":"dance"}"#, "bad_request"), ("nonsense", "bad_request"), ("[]", "bad_request"),
        (#"{"op":"resume"}"#, "bad_request"), (#"{"op":"resume","seq":"x"}"#, "bad_request"),
        (#"{"op":"subscribe","channel":"rates","assets":"BTC"}"#, "bad_request"),
        (#"{"op":"subscribe","channel":"rates","assets":[1]}"#, "bad_request"),
        (#"{"op":"subscribe","channel":"rates","exchanges":["ftx"]}"#, "unknown_exchange"),
    ])
    func refusesWithACode(text: String, code: String) throws {
        var stage = Stage()
        let peer = try stage.join()
        do {
            try stage.ask(text, peer)
            Issue.record("granted")
        } catch {
            #expect((error as? LiveRequest.Fault)?.code == code)
        }
    }

    @Test func subscriptionsAreCounted() throws {
        var subscriptions = Subscriptions()
        for number in 0..<Subscriptions.most { try subscriptions.add(.rates, LiveScope(exchanges: ["\(number)"])) }
        try subscriptions.add(.rates, LiveScope(exchanges: ["3"], assets: ["BTC"]))
        #expect(throws: LiveRequest.Fault.self) { try subscriptions.add(.grid, LiveScope()) }
        subscriptions.remove(.rates, LiveScope(exchanges: ["7"]))
        try subscriptions.add(.grid, LiveScope())
        let isAll = subscriptions.wants(.rates, asset: "ETH", of: "3")
        #expect(isAll, "all assets stay wanted when one more is named")
    }

    @Test func whatSubscriptionsNameIsCounted() throws {
        var subscriptions = Subscriptions()
        let names = Set((0..<Subscriptions.mostNames - 1).map { "A\($0)" })
        try subscriptions.add(.rates, LiveScope(assets: names))
        try subscriptions.add(.rates, LiveScope(assets: ["A1", "ONE"]))
        let full = subscriptions
        #expect(throws: LiveRequest.Fault.self) { try subscriptions.add(.rates, LiveScope(assets: ["MORE"])) }
        #expect(throws: LiveRequest.Fault.self) { try subscriptions.add(.contracts, LiveScope(exchanges: ["ByBit"])) }
        #expect(subscriptions == full, "what is refused changes nothing")
        try subscriptions.add(.contracts, LiveScope())
    }

    @Test func whoHearsAnAssetLearnsWhatIsDelisted() throws {
        var stage = Stage()
        let peer = try stage.join()
        try stage.ask(#"{"op":"subscribe","channel":"rates","assets":["ETH"]}"#, peer)
        let other = try stage.join("other")
        try stage.ask(#"{"op":"subscribe","channel":"rates","exchanges":["drift"],"assets":["ETH"]}"#, other)
        try stage.poll([Sample.change("BTCUSDT", rate: 1)], removed: ["ETHUSDT"])
        let frame = try #require(try peer.take().first)
        #expect(frame["removed"]?.elements.map { $0.string } == ["ETHUSDT"] && frame["changed"]?.count == 0)
        #expect(try other.take().isEmpty, "the exchange is another")
    }

    @Test func aPingIsAnsweredWithItsNumber() throws {
        var stage = Stage()
        let peer = try stage.join()
        try stage.ask(#"{"op":"ping","id":7}"#, peer)
        let pong = try #require(try peer.take().first)
        #expect(pong["type"]?.string == "pong")
        #expect(pong["id"]?.int == 7)
    }

    @Test func aFeedsNewStatusIsToldToAllWhoListen() throws {
        var stage = Stage()
        let (listener, silent) = (try stage.join("a", subscribing: "rates"), try stage.join("b"))
        var feed = Sample.feed("drift", name: "Drift", status: .circuitOpen)
        feed.retryAt = stage.now.addingTimeInterval(90)
        stage.live.publish(feed, at: stage.now, stage.instant)
        let frame = try #require(try listener.take().first)
        #expect(frame["type"]?.string == "health")
        #expect(frame["status"]?.string == "circuit_open")
        #expect(frame["until"]?.string == Timestamp.text(stage.now.addingTimeInterval(90)))
        #expect(try silent.take().isEmpty)
    }

    // MARK: Resuming

    @Test func whoResumesGetsWhatWasMissedAndNothingTwice() throws {
        var stage = Stage()
        let witness = try stage.join("witness", subscribing: "grid", "rates")
        for round in 1...4 { try stage.poll([Sample.change("BTCUSDT", rate: Double(round))]) }
        let all = try witness.take().compactMap { $0["seq"]?.int }
        let late = try stage.join("late")
        try stage.ask(#"{"op":"resume","seq":1003}"#, late)
        try stage.ask(#"{"op":"subscribe","channel":"grid"}"#, late)
        let frames = try late.take()
        #expect(frames.compactMap { $0["type"]?.string } == ["grid", "grid", "grid", "resumed"])
        #expect(frames.dropLast().compactMap { $0["seq"]?.int } == all.filter { $0 > 1003 && $0 % 2 == 0 })
        try stage.ask(#"{"op":"subscribe","channel":"grid"}"#, late)
        #expect(try late.takeTypes() == ["snapshot"], "asking again later is asking for all")
    }

    /// Exchanges and assets are added one by one: what is added begins where the client stopped as well.
    @Test func whateverIsSubscribedToAfterResumingBeginsThere() throws {
        var stage = Stage()
        let sequence = stage.live.sequence
        try stage.poll([Sample.change("BTCUSDT", rate: 1), Sample.change("ETHUSDT", rate: 2)])
        let peer = try stage.join()
        try stage.ask(#"{"op":"resume","seq":\#(sequence)}"#, peer)
        for asset in ["BTC", "ETH"] {
            try stage.ask(#"{"op":"subscribe","channel":"rates","assets":["\#(asset)"]}"#, peer)
            let frames = try peer.take()
            #expect(frames.compactMap { $0["type"]?.string } == ["rates", "resumed"])
            #expect(frames.first?["changed"]?.elements.map { $0["base_asset"]?.string } == [asset])
        }
        let (again, failing) = (try stage.join("again"), stage.live.sequence)
        stage.live.publish(Sample.feed(status: .failing), at: stage.now, stage.instant)
        try stage.ask(#"{"op":"resume","seq":\#(failing)}"#, again)
        for (asset, told) in [("BTC", ["health", "resumed"]), ("ETH", ["resumed"])] {
            try stage.ask(#"{"op":"subscribe","channel":"rates","assets":["\#(asset)"]}"#, again)
            #expect(try again.takeTypes() == told, "how exchanges fared is told once")
        }
        _ = try peer.take()
        try stage.ask(#"{"op":"subscribe","channel":"grid"}"#, peer, after: .seconds(11))
        #expect(try peer.takeTypes() == ["snapshot"], "asked to go on too long ago")
    }

    @Test func resumingWhileSubscribedFillsTheHole() throws {
        var stage = Stage()
        let peer = try stage.join(subscribing: "grid")
        for round in 1...3 { try stage.poll([Sample.change("BTCUSDT", rate: Double(round))]) }
        _ = try peer.take()
        try stage.ask(#"{"op":"resume","seq":1002}"#, peer)
        #expect(try peer.take().compactMap { $0["seq"]?.int } == [1004, 1006, 1006])
    }

    @Test(arguments: [999, 5, 4000])
    func whatIsNoLongerKeptBecomesASnapshot(sequence: Int) throws {
        var stage = Stage()
        let peer = try stage.join(subscribing: "grid", "rates")
        try stage.poll([Sample.change("BTCUSDT", rate: 1)])
        _ = try peer.take()
        try stage.ask(#"{"op":"resume","seq":\#(sequence)}"#, peer)
        let answer = try peer.take()
        #expect(answer.compactMap { $0["type"]?.string } == ["reset", "snapshot"])
        #expect(answer.last?["reset"]?.bool == true)
    }

    /// All of the exchange's rates at each poll, more than may be sent at once.
    @Test func noMoreIsEncodedForOneWhoResumesThanHeIsSent() throws {
        var stage = Stage()
        let symbols = (0..<300).map { "S\($0)USDT" }
        let listed = symbols.map { Sample.rate($0, feed: "kucoin") }
        _ = stage.market.replace(Sample.feed("kucoin", name: "KuCoin"), with: listed)
        for round in 1...25 {
            try stage.poll(symbols.map { Sample.change($0, rate: Double(round)) }, feed: "kucoin", name: "KuCoin")
        }
        let peer = try stage.join(subscribing: "rates")
        try stage.ask(#"{"op":"resume","seq":1000}"#, peer)
        #expect(try peer.takeTypes() == ["reset"])
        let rates = try #require(stage.live.ring.frames(after: 1000)).filter { !$0.isGrid }
        #expect(rates.count == 25 && rates.last?.isEncoded == false)
    }

    @Test func processesCountFarFromEachOther() {
        let most = LiveFeed.sequencesPerMillisecond - 1
        func first(_ milliseconds: Double, _ lot: Int) -> Int {
            LiveFeed.firstSequence(at: Sample.start.addingTimeInterval(milliseconds / 1000), lot: lot)
        }
        #expect(first(10, 0) - first(0, most) > FrameRing.Limits.frames)
        #expect(first(2, 0) > first(0, most), "above what an earlier process counts in a millisecond")
        #expect(first(200 * 365 * 86_400_000, most) < 1 << 53, "JavaScript has it exactly")
    }

    @Test func olderFramesAreEncodedAgainForThoseWhoAsk() throws {
        var stage = Stage()
        let peer = try stage.join(subscribing: "grid")
        for round in 1...20 { try stage.stream([Sample.change("BTCUSDT", rate: Double(round))]) }
        let heard = try peer.take().filter { $0["type"]?.string == "grid" }
        let kept = try #require(stage.live.ring.frames(after: 1000)).filter(\.isGrid)
        #expect(kept.count == 20)
        #expect(!kept[0].isEncoded && kept[19].isEncoded)
        #expect(try kept.map { try JSONDocument($0.shared.json).root.rawText } == heard.map(\.rawText))
    }

    @Test func theRingKeepsWhatFits() {
        var ring = FrameRing(mostFrames: 3, mostBytes: 1 << 20)
        ring.begin(after: 10)
        #expect(ring.frames(after: 10)?.isEmpty == true)
        for sequence in 11...15 { ring.append(LiveFrame(sequence, .health(Sample.feed()), at: Sample.start)) }
        #expect(ring.frames(after: 12)?.map(\.sequence) == [13, 14, 15])
        #expect(ring.frames(after: 15)?.isEmpty == true)
        #expect(ring.frames(after: 11) == nil)
        var small = FrameRing(mostFrames: 100, mostBytes: 1)
        small.append(LiveFrame(1, .health(Sample.feed()), at: Sample.start))
        #expect(small.frames(after: 0) == nil)
        #expect(small.frames(after: 1)?.isEmpty == true)
    }

    // MARK: Slow readers

    @Test func aSlowReaderSkipsDeltasAndBeginsAnewWhenItHasRead() throws {
        var stage = Stage()
        let (slow, quick) = (try stage.join("slow", subscribing: "grid"), try stage.join("quick", subscribing: "grid"))
        slow.queue(LiveState.Limits.queue + 1)
        for round in 1...3 { try stage.poll([Sample.change("BTCUSDT", rate: Double(round))]) }
        stage.live.relieve(at: stage.now, stage.instant + .seconds(1))
        #expect(try slow.take().isEmpty)
        #expect(try quick.take().count == 3)
        slow.queue(0)
        stage.live.relieve(at: stage.now, stage.instant + .seconds(2))
        let snapshot = try #require(try slow.take().first)
        #expect(snapshot["reset"]?.bool == true)
        #expect(snapshot["data"]?["data"]?[0]?["exchanges"]?["ByBit"]?["funding_rate"]?.double == 3)
        try stage.poll([Sample.change("BTCUSDT", rate: 4)])
        let next = try #require(try slow.take().first)
        #expect((next["prev"]?.int ?? .max) <= (snapshot["seq"]?.int ?? 0))
    }

    @Test func aSlowReaderLosesNoAgeThatAStreamTold() throws {
        var stage = Stage()
        let slow = try stage.join("slow", subscribing: "grid", "rates")
        slow.queue(LiveState.Limits.queue + 1)
        try stage.stream([Sample.change("BTCUSDT", rate: 1)])
        try stage.stream([Sample.change("ETHUSDT", rate: 2)])
        try stage.stream([Sample.change("BTCUSDT", rate: 3)])
        #expect(try slow.take().isEmpty)
        slow.queue(0)
        stage.live.relieve(at: stage.now, stage.instant + .seconds(2))
        let answer = try slow.take()
        #expect(answer.compactMap { $0["type"]?.string } == ["reset", "snapshot"])
        let rows = answer.last?["data"]?["data"]?.elements.map { $0 } ?? []
        let cells = rows.compactMap { $0["exchanges"]?["ByBit"] }
        #expect(cells.map { $0["funding_rate"]?.double } == [3, 2])
        let ages = [90.0, 60].map { Timestamp.text(Sample.start.addingTimeInterval($0)) }
        #expect(cells.map { $0["last_updated"]?.string } == ages)
    }

    @Test func newcomersOfOneMomentShareASnapshotAndGetTheDeltasSince() throws {
        var stage = Stage()
        let first = try stage.join("first")
        try stage.ask(#"{"op":"subscribe","channel":"grid"}"#, first)
        let news = Sample.event(2, [Sample.change("BTCUSDT", rate: 9)], at: 0.5, isPartial: true)
        guard case .applied(let change) = stage.market.apply(news) else {
            Issue.record("not applied")
            return
        }
        stage.now = Sample.start.addingTimeInterval(0.5)
        let delta = stage.grid.follow(change, in: stage.market, at: stage.now)
        stage.live.publish(change, delta, stage.grid, at: stage.now, stage.instant)
        let second = try stage.join("second")
        try stage.ask(#"{"op":"subscribe","channel":"grid"}"#, second)
        let frames = try second.take()
        #expect(frames.compactMap { $0["type"]?.string } == ["snapshot", "grid"])
        #expect(frames[0]["seq"]?.int == 1000)
        #expect((frames[1]["prev"]?.int ?? .max) <= 1000)
        stage.now = Sample.start.addingTimeInterval(5)
        let third = try stage.join("third")
        try stage.ask(#"{"op":"subscribe","channel":"grid"}"#, third)
        #expect(try third.takeTypes() == ["snapshot"], "an old snapshot would tell an old time")
    }

    @Test func aReaderThatNeverReadsIsGivenUp() throws {
        var stage = Stage()
        let peer = try stage.join(subscribing: "grid")
        peer.queue(LiveState.Limits.queue + 1)
        try stage.poll([Sample.change("BTCUSDT", rate: 1)])
        stage.live.relieve(at: stage.now, stage.instant + .seconds(29))
        #expect(peer.closeCode == nil)
        stage.live.relieve(at: stage.now, stage.instant + .seconds(31))
        #expect(peer.closeCode == 1013)
    }

    @Test func whatAClientBeginsWithDoesNotMakeItSlow() throws {
        var stage = Stage()
        stage.fill()
        let peer = try stage.join()
        peer.stopReading()
        try stage.ask(#"{"op":"subscribe","channel":"grid"}"#, peer)
        #expect(peer.queuedBytes > LiveState.Limits.queue)
        try stage.stream([Sample.change("BTCUSDT", rate: 1)])
        #expect(try peer.takeTypes() == ["snapshot", "grid"])
        // More deltas than may wait.
        peer.queue(peer.queuedBytes + LiveState.Limits.queue)
        try stage.stream([Sample.change("BTCUSDT", rate: 2)])
        #expect(try peer.take().isEmpty)
        // It begins anew, once.
        peer.queue(0)
        stage.live.relieve(at: stage.now, stage.instant)
        #expect(peer.queuedBytes > LiveState.Limits.queue)
        try stage.stream([Sample.change("BTCUSDT", rate: 3)])
        #expect(try peer.takeTypes() == ["snapshot", "grid"])
        // What it has read of that is no excuse any more.
        peer.queue(10)
        stage.live.relieve(at: stage.now, stage.instant)
        peer.queue(LiveState.Limits.queue + 11)
        try stage.stream([Sample.change("BTCUSDT", rate: 4)])
        #expect(try peer.take().isEmpty)
    }

    @Test func askingForSnapshotsFasterThanReadingThemQueuesNone() throws {
        var stage = Stage()
        let peer = try stage.join(subscribing: "grid")
        peer.queue(LiveState.Limits.queue + 1)
        for _ in 0..<5 { try stage.ask(#"{"op":"subscribe","channel":"grid"}"#, peer) }
        try stage.ask(#"{"op":"resume","seq":1}"#, peer)
        #expect(try peer.take().isEmpty)
    }

    /// At whatever point a client subscribes, snapshot and deltas add up to the grid there is.
    @Test(arguments: 0..<20)
    func noDeltaIsLostOrDoubledAroundASnapshot(seed: Int) throws {
        var random = SeededNumbers(seed: UInt64(seed))
        var stage = Stage()
        var peers: [FakePeer] = []
        for round in 0..<12 {
            if Bool.random(using: &random) {
                let peer = FakePeer("\(round)")
                stage.live.join(peer, session: "s")
                try stage.ask(#"{"op":"subscribe","channel":"grid"}"#, peer)
                peers.append(peer)
            }
            let symbols = ["BTCUSDT", "ETHUSDT"].filter { _ in Bool.random(using: &random) }
            try stage.poll(symbols.map { Sample.change($0, rate: Double.random(in: -1...1, using: &random)) })
        }
        for peer in peers {
            var rates: [String: Double] = [:]
            var last = 0
            for frame in try peer.take() where frame["type"]?.string != "hello" {
                if let previous = frame["prev"]?.int { #expect(previous <= last) }
                last = try #require(frame["seq"]?.int)
                for row in (frame["data"]?["data"] ?? frame["changed"])?.elements.map({ $0 }) ?? [] {
                    guard let rate = row["exchanges"]?["ByBit"]?["funding_rate"]?.double else { continue }
                    rates[row["asset"]?.string ?? ""] = rate
                }
            }
            #expect(rates == stage.grid.rows.compactMapValues { $0["ByBit"]?.cell.fundingRate })
        }
    }
}
