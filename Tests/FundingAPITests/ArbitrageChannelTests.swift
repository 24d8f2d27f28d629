import Foundation
import FundingCore
import FundingJSON
import TestSupport
import Testing

@testable import FundingAPI

/// The live channel of pairs.
struct ArbitrageChannelTests {
    /// Pairs of a market, kept by events as the model does.
    private struct Pairs {
        var now = Sample.start
        var rates: [String: LiveRate] = [:]
        var picture = SampleSpreads.picture([])

        init() {
            for (exchange, asset, rate) in [
                ("bybit", "BTC", 0.0001), ("drift", "BTC", 0.0009), ("kucoin", "BTC", 0.0005), ("bybit", "ETH", 0.0003),
                ("drift", "ETH", 0.0001),
            ] as [(ExchangeID, String, Double)] {
                rates["\(exchange) \(asset)"] = SampleSpreads.rate(exchange, asset, rate, at: now)
            }
        }

        var market: MarketView.Shared {
            var market = MarketView.Picture()
            for (exchange, name) in [("bybit", "ByBit"), ("drift", "Drift"), ("kucoin", "KuCoin")] {
                let feed = Sample.feed(FeedID(rawValue: exchange), name: name)
                _ = market.market.replace(feed, with: rates.values.filter { $0.contract.feed == feed.feed })
            }
            return MarketView.Shared(market)
        }

        var moment: OpportunityMoment { OpportunityMoment(picture, market, at: now) }

        func opportunity(_ long: String, _ short: String) throws -> Opportunity {
            SampleSpreads.listed(try #require(rates[long]), try #require(rates[short])).opportunity
        }

        mutating func write(
            added: [Opportunity] = [], updated: [Opportunity] = [], removed: [Opportunity] = []
        ) throws {
            let outcome = picture.list.apply(
                ArbitrageEvent(
                    sequence: try #require(picture.list.progress?.generation) + 1, computedAt: now, isWhole: false,
                    added: added, updated: updated, removed: removed.map(\.spread.key),
                    summary: ArbitrageSummary(contracts: 5, pairs: 2, ranked: 2)))
            guard case .applied = outcome else { throw TestFault(description: "\(outcome)") }
        }
    }

    private struct TestFault: Error, CustomStringConvertible { var description: String }

    private static func ids(_ list: JSONView?) -> [String] {
        list?.elements.compactMap { $0["id"]?.string ?? $0.string } ?? []
    }

    private var stage = Stage()
    private var pairs = Pairs()

    init() {
        _ = stage.market.replace(Sample.feed("kucoin", name: "KuCoin"), with: [])
        stage.live.show(pairs.moment, at: stage.now, stage.instant)
    }

    private mutating func write(
        added: [Opportunity] = [], updated: [Opportunity] = [], removed: [Opportunity] = []
    ) throws {
        try pairs.write(added: added, updated: updated, removed: removed)
        stage.live.show(pairs.moment, at: stage.now, stage.instant)
        stage.live.tellPairs(at: stage.now, stage.instant)
    }

    /// Time goes by, and no scanner writes.
    private mutating func pass(_ seconds: TimeInterval) {
        pairs.now += seconds
        stage.now = pairs.now
        stage.live.agePairs(in: pairs.market, at: pairs.now)
        stage.live.tellPairs(at: stage.now, stage.instant)
    }

    private func pair(_ symbol: String, id: Int, rate: Double = 0.0001) throws -> Opportunity {
        var opportunity = try pairs.opportunity("bybit BTC", "drift BTC")
        opportunity.spread.long.symbol = symbol
        opportunity.spread.long.id = id
        opportunity.spread.long.fundingRate = rate
        return opportunity
    }

    @Test mutating func aSnapshotIsFollowedByWhatDiffers() throws {
        try write(added: [
            try pairs.opportunity("bybit BTC", "drift BTC"), try pairs.opportunity("drift ETH", "bybit ETH"),
        ])
        let peer = try stage.join()
        try stage.ask(#"{"op":"subscribe","channel":"arbitrage"}"#, peer)
        let snapshot = try #require(try peer.take().first)
        #expect(snapshot["type"]?.string == "snapshot" && snapshot["channel"]?.string == "arbitrage")
        let btc = "BTC|ByBit:BTCUSDT|Drift:BTCUSDT"
        let eth = "ETH|Drift:ETHUSDT|ByBit:ETHUSDT"
        #expect(Self.ids(snapshot["data"]?["opportunities"]) == [btc, eth], "the widest first")
        #expect(snapshot["data"]?["total"]?.int == 2)
        let gone = try pairs.opportunity("drift ETH", "bybit ETH")
        pairs.rates["drift BTC"]?.fundingRate = 0.0011
        try write(
            added: [try pairs.opportunity("bybit BTC", "kucoin BTC")],
            updated: [try pairs.opportunity("bybit BTC", "drift BTC")], removed: [gone])
        let frame = try #require(try peer.take().first)
        #expect(frame["type"]?.string == "arbitrage" && frame["generation"]?.int == 3)
        #expect(Self.ids(frame["added"]) == ["BTC|ByBit:BTCUSDT|KuCoin:BTCUSDT"])
        #expect(Self.ids(frame["updated"]) == [btc] && Self.ids(frame["removed"]) == [eth])
        let updated = try #require(frame["updated"]?[0])
        #expect(updated["short_rate"]?.double == 0.0011 && updated["apr_spread"]?.double != nil)
        #expect(updated["long_rate"] == nil && updated["asset"] == nil, "only what differs")
        #expect(frame["statistics"]?["total_opportunities"]?.int == 2)
    }

    @Test mutating func filtersLetThroughWhatTheyName() throws {
        try write(added: [try pairs.opportunity("bybit BTC", "drift BTC")])
        let scopes = [
            "one": #""exchanges":["KUCOIN"]"#, "both": #""exchanges":["bybit","drift"]"#, "asset": #""assets":["eth"]"#,
        ]
        var peers: [String: FakePeer] = [:]
        for (name, scope) in scopes {
            let peer = try stage.join(name)
            try stage.ask(#"{"op":"subscribe","channel":"arbitrage",\#(scope)}"#, peer)
            let total = try #require(try peer.take().first?["data"]?["total"]?.int)
            #expect(total == (name == "both" ? 1 : 0))
            peers[name] = peer
        }
        try write(added: [
            try pairs.opportunity("bybit BTC", "kucoin BTC"), try pairs.opportunity("drift ETH", "bybit ETH"),
        ])
        #expect(Self.ids(try peers["one"]?.take().first?["added"]) == ["BTC|ByBit:BTCUSDT|KuCoin:BTCUSDT"])
        let eth = ["ETH|Drift:ETHUSDT|ByBit:ETHUSDT"]
        #expect(Self.ids(try peers["both"]?.take().first?["added"]) == eth)
        #expect(Self.ids(try peers["asset"]?.take().first?["added"]) == eth)
        try write(removed: [try pairs.opportunity("bybit BTC", "kucoin BTC")])
        #expect(try peers["asset"]?.take().isEmpty == true && peers["both"]?.take().isEmpty == true)
        #expect(try peers["one"]?.take().count == 1)
    }

    @Test mutating func whoWasAwayGoesOnOrBeginsAnew() throws {
        let peer = try stage.join(subscribing: "arbitrage")
        let sequence = stage.live.sequence
        try write(added: [try pairs.opportunity("bybit BTC", "drift BTC")])
        _ = try peer.take()
        try stage.ask(#"{"op":"resume","seq":\#(sequence)}"#, peer)
        #expect(try peer.takeTypes() == ["arbitrage", "resumed"])
        try stage.ask(#"{"op":"resume","seq":1}"#, peer)
        let frames = try peer.take()
        #expect(frames.map { $0["type"]?.string } == ["snapshot"] && frames[0]["reset"]?.bool == true)
    }

    @Test mutating func aListIsKeptForAWhileAfterTheLastListenerLeft() throws {
        let peer = try stage.join(subscribing: "arbitrage")
        try write(added: [try pairs.opportunity("bybit BTC", "drift BTC")])
        stage.live.leave(peer.id)
        for (seconds, types) in [(59, ["arbitrage", "resumed"]), (61, ["snapshot", "resumed"])] {
            stage.instant += .seconds(seconds)
            stage.live.relieve(at: stage.now, stage.instant)
            let sequence = stage.live.sequence
            pairs.rates["drift BTC"]?.fundingRate = 0.001 + Double(seconds) * 1e-5
            try write(updated: [try pairs.opportunity("bybit BTC", "drift BTC")])
            let back = try stage.join("back \(seconds)")
            try stage.ask(#"{"op":"resume","seq":\#(sequence)}"#, back)
            try stage.ask(#"{"op":"subscribe","channel":"arbitrage"}"#, back)
            #expect(try back.takeTypes() == types, "\(seconds) s later")
            stage.live.leave(back.id)
        }
    }

    /// Rates that fall from pair to pair: the wider the longer leg earns more.
    @Test mutating func aListHoldsTheWidestAndWhoIsOnItStaysAWhile() throws {
        let count = PairLists.Limits.kept + 100
        let all = try (0..<count).map { try pair("S\($0)", id: 1000 + $0, rate: -0.001 + Double($0) * 1e-6) }
        try write(added: all)
        let peer = try stage.join()
        try stage.ask(#"{"op":"subscribe","channel":"arbitrage"}"#, peer)
        let snapshot = try #require(try peer.take().first)
        let listed = Self.ids(snapshot["data"]?["opportunities"])
        #expect(listed.count == PairLists.Limits.most && snapshot["data"]?["total"]?.int == count)
        #expect(listed.first?.contains(":S0|") == true && listed.last?.contains(":S499|") == true)

        // A newcomer at the top pushes nobody out until so many are wider.
        try write(added: [try pair("NEW", id: 9000, rate: -0.002)])
        var frame = try #require(try peer.take().first)
        #expect(Self.ids(frame["added"]).map { $0.contains(":NEW|") } == [true] && frame["removed"]?.count == 0)
        // What happens behind the list is nobody's news.
        try write(updated: [try pair("S650", id: 1650, rate: -0.0003)])
        #expect(try peer.take().isEmpty)
        // Whoever falls far enough leaves it.
        try write(updated: [try pair("S0", id: 1000, rate: 0.0005)])
        frame = try #require(try peer.take().first)
        #expect(Self.ids(frame["removed"]).map { $0.contains(":S0|") } == [true])
        // The best of those who were behind comes in his place: 500 that were told first, one new, one gone.
        #expect(frame["added"]?.count == 0)
        let late = try stage.join("late")
        try stage.ask(#"{"op":"subscribe","channel":"arbitrage"}"#, late)
        let theirs = Set(Self.ids(try late.take().first?["data"]?["opportunities"]))
        #expect(theirs.count == 500 && theirs.contains { $0.contains(":NEW|") }, "all know the same list")
    }

    /// Whatever moves, a follower's list is what a newcomer gets, in each part and member by member.
    @Test mutating func newsMakeTheLastListIntoTheOneThatHolds() throws {
        var generator = SeededGenerator(seed: 7)
        let scopes = ["", #","assets":["btc"]"#, #","exchanges":["bybit"]"#]
        let peers = try scopes.indices.map { try stage.join("\($0)") }
        for (scope, peer) in zip(scopes, peers) {
            try stage.ask(#"{"op":"subscribe","channel":"arbitrage"\#(scope)}"#, peer)
        }
        var known = peers.map { _ in [String: [String: String]]() }
        var listed: [Int: Opportunity] = [:]
        for round in 0..<60 {
            let id = Int.random(in: 1000..<1020, using: &generator)
            let rate = Double.random(in: -0.01...0.0008, using: &generator)
            let new = try pair("S\(id)", id: id, rate: rate)
            if let old = listed[id] {
                if Bool.random(using: &generator) {
                    try write(removed: [old])
                    listed[id] = nil
                } else {
                    try write(updated: [new])
                    listed[id] = new
                }
            } else {
                try write(added: [new])
                listed[id] = new
            }
            for (number, peer) in peers.enumerated() {
                for frame in try peer.take() { Self.apply(frame, to: &known[number]) }
                let newcomer = try stage.join("new \(round) \(number)")
                try stage.ask(#"{"op":"subscribe","channel":"arbitrage"\#(scopes[number])}"#, newcomer)
                var fresh: [String: [String: String]] = [:]
                for frame in try newcomer.take() { Self.apply(frame, to: &fresh) }
                #expect(known[number] == fresh, "round \(round)")
                stage.live.leave(newcomer.id)
            }
        }
    }

    /// What a client does with a frame.
    private static func apply(_ frame: JSONView, to known: inout [String: [String: String]]) {
        if let list = frame["data"]?["opportunities"] {
            known = [:]
            for row in list.elements { merge(row, into: &known) }
        }
        for row in frame["added"]?.elements.map(\.self) ?? [] { merge(row, into: &known) }
        for row in frame["updated"]?.elements.map(\.self) ?? [] { merge(row, into: &known) }
        for id in frame["removed"]?.elements.compactMap(\.string) ?? [] { known[id] = nil }
    }

    private static func merge(_ row: JSONView, into known: inout [String: [String: String]]) {
        guard let id = row["id"]?.string else { return }
        for (name, value) in row.members { known[id, default: [:]][name] = value.rawText }
    }

    @Test mutating func aPairThatLeavesTheRankingLeavesTheList() throws {
        try write(added: [try pairs.opportunity("bybit BTC", "drift BTC")])
        let peer = try stage.join()
        try stage.ask(#"{"op":"subscribe","channel":"arbitrage"}"#, peer)
        _ = try peer.take()
        var suspect = try pairs.opportunity("bybit BTC", "drift BTC")
        suspect.spread.risks = .zeroSuspect
        try write(updated: [suspect])
        #expect(Self.ids(try peer.take().first?["removed"]) == ["BTC|ByBit:BTCUSDT|Drift:BTCUSDT"])
        try write(updated: [try pairs.opportunity("bybit BTC", "drift BTC")])
        #expect(try peer.take().first?["added"]?.count == 1)
    }

    @Test mutating func timeAloneMakesAPairStaleAndAScannerSilent() throws {
        pairs.picture.scannerBeatAt = pairs.now
        try write(added: [try pairs.opportunity("bybit BTC", "drift BTC")])
        let peer = try stage.join(subscribing: "arbitrage")
        pass(5)
        #expect(try peer.take().isEmpty, "that a pair is older is no news")
        pass(25)
        var frame = try #require(try peer.take().first)
        #expect(frame["scanner_running"]?.bool == false && frame["stale"]?.bool == true)
        #expect(frame["updated"]?.count == 0)
        pass(3570)
        frame = try #require(try peer.take().first)
        #expect(Self.ids(frame["updated"]) == ["BTC|ByBit:BTCUSDT|Drift:BTCUSDT"])
        #expect(frame["updated"]?[0]?["stale"]?.bool == true)
        #expect(frame["updated"]?[0]?["oldest_leg_age_seconds"]?.double == 3600)
        pass(60)
        #expect(try peer.take().isEmpty)

        let late = try stage.join("late")
        try stage.ask(#"{"op":"subscribe","channel":"arbitrage"}"#, late)
        let data = try #require(try late.take().first?["data"])
        #expect(data["scanner_running"]?.bool == false && data["stale"]?.bool == true)
        #expect(data["opportunities"]?[0]?["stale"]?.bool == true)
        #expect(data["opportunities"]?[0]?["oldest_leg_age_seconds"]?.double == 3660)

        // The same rates are seen again, and the scanner is back.
        for key in pairs.rates.keys { pairs.rates[key]?.observedAt = pairs.now }
        pairs.picture.scannerBeatAt = pairs.now
        stage.live.show(pairs.moment, at: stage.now, stage.instant)
        stage.live.tellPairs(at: stage.now, stage.instant)
        frame = try #require(try late.take().first)
        #expect(frame["scanner_running"]?.bool == true && frame["updated"]?[0]?["stale"]?.bool == false)
    }

    @Test mutating func whoFollowsManyPartsPushesNobodysFramesOut() throws {
        let grid = try stage.join("grid", subscribing: "grid")
        let followers = 50
        for number in 0..<followers {
            let peer = try stage.join("\(number)")
            try stage.ask(#"{"op":"subscribe","channel":"arbitrage","assets":["BTC","X\#(number)"]}"#, peer)
        }
        let sequence = stage.live.sequence
        try stage.poll([Sample.change("BTCUSDT", rate: 1)])
        _ = try grid.take()
        for _ in 0..<FrameRing.Limits.frames / followers {
            try write(added: [try pairs.opportunity("bybit BTC", "drift BTC")])
            try write(removed: [try pairs.opportunity("bybit BTC", "drift BTC")])
        }
        #expect(stage.live.sequence > sequence + FrameRing.Limits.frames)
        try stage.ask(#"{"op":"resume","seq":\#(sequence)}"#, grid)
        #expect(try grid.takeTypes() == ["grid", "resumed"])
    }

    @Test mutating func ofPartsThatNobodyHearsFewAreKept() throws {
        let peer = try stage.join()
        for number in 0..<30 {
            stage.instant += .seconds(1)
            try stage.ask(#"{"op":"subscribe","channel":"arbitrage","assets":["BTC","X\#(number)"]}"#, peer)
        }
        stage.live.relieve(at: stage.now, stage.instant)
        let sequence = stage.live.sequence
        try write(added: [try pairs.opportunity("bybit BTC", "drift BTC")])
        #expect(stage.live.sequence - sequence == 9, "eight, and the one that is heard")
    }

    // MARK: Several channels at once

    @Test mutating func ofTheFirstEventsOnlyTheLastSaysWhereToGoOn() async throws {
        try write(added: [try pairs.opportunity("bybit BTC", "drift BTC")])
        let sequence = stage.live.sequence
        let peer = try stage.join(hearing: [.grid, .arbitrage])
        let events = try await peer.events()
        #expect(events.map { $0.data["type"]?.string } == ["hello", "snapshot", "snapshot"])
        #expect(events.map(\.id) == [nil, nil, sequence])
        let other = try stage.join(hearing: [.contracts])
        #expect(try await other.events().map(\.id) == [sequence], "the greeting, where there is nothing else")
    }

    @Test mutating func whatSeveralChannelsMissedComesInItsOrder() async throws {
        let witness = try stage.join("witness", subscribing: "grid", "arbitrage")
        let sequence = stage.live.sequence
        try stage.poll([Sample.change("BTCUSDT", rate: 1)])
        try write(added: [try pairs.opportunity("bybit BTC", "drift BTC")])
        try stage.poll([Sample.change("BTCUSDT", rate: 2)])
        let heard = try witness.take().map(\.rawText)
        #expect(heard.count == 3)
        let latest = stage.live.sequence
        let peer = try stage.join(hearing: [.arbitrage, .grid], after: sequence)
        // What is told later says itself where to go on.
        try stage.poll([Sample.change("BTCUSDT", rate: 3)])
        let last = stage.live.sequence
        let events = try await peer.events()
        #expect(events.map { $0.data["type"]?.string } == ["hello", "grid", "arbitrage", "grid", "resumed", "grid"])
        #expect(events[1...3].map(\.data.rawText) == heard)
        #expect(events.map(\.id) == [nil, nil, nil, nil, latest, last])
    }

    @Test mutating func aCrowdIsToldOfPairsAsFastAsItTakesThem() throws {
        let peers = try (0..<60).map { try stage.join("\($0)", subscribing: "arbitrage") }
        try write(added: [try pairs.opportunity("bybit BTC", "drift BTC")])
        for peer in peers { peer.queue(1000) }
        var isTaking = stage.live.isCrowdTakingPairs(stage.instant + .milliseconds(20))
        #expect(isTaking)
        for peer in peers { peer.queue(0) }
        isTaking = stage.live.isCrowdTakingPairs(stage.instant + .milliseconds(30))
        #expect(isTaking, "it rests as long as it took")
        isTaking = stage.live.isCrowdTakingPairs(stage.instant + .milliseconds(61))
        #expect(!isTaking)
        try write(added: [try pairs.opportunity("drift ETH", "bybit ETH")])
        #expect(try peers[59].takeTypes() == ["arbitrage", "arbitrage"])
    }

    @Test mutating func whoAsksBeforeThePairsAreReadIsSentThemThen() throws {
        stage = Stage()
        let peer = try stage.join(subscribing: "arbitrage")
        try write(added: [try pairs.opportunity("bybit BTC", "drift BTC")])
        let frames = try peer.take()
        #expect(frames.map { $0["type"]?.string } == ["snapshot"] && frames[0]["data"]?["total"]?.int == 1)
    }

    @Test mutating func everyFrameIsAsTheDescriptionSays() throws {
        let peer = try stage.join()
        try write(added: [try pairs.opportunity("bybit BTC", "drift BTC")])
        try stage.ask(#"{"op":"subscribe","channel":"arbitrage"}"#, peer)
        try write(added: [try pairs.opportunity("bybit BTC", "kucoin BTC")])
        let shapes = Dictionary(uniqueKeysWithValues: AsyncAPIDocument.frames.map { ($0.name, $0.shape) })
        let frames = try peer.take()
        #expect(frames.map { $0["type"]?.string } == ["snapshot", "arbitrage"])
        for frame in frames {
            let type = try #require(frame["type"]?.string)
            #expect(try #require(shapes[type]).faults(of: frame) == [])
        }
    }
}
