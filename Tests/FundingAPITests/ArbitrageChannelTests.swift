import Foundation
import FundingCore
import FundingJSON
import Testing

@testable import FundingAPI

/// The live channel of pairs.
struct ArbitrageChannelTests {
    /// Pairs of a market, kept by events as the model does.
    private struct Pairs {
        private static let now = Sample.start
        var rates: [String: LiveRate] = [:]
        var picture = SampleSpreads.picture([])

        init() {
            for (exchange, asset, rate) in [
                ("bybit", "BTC", 0.0001), ("drift", "BTC", 0.0009), ("kucoin", "BTC", 0.0005), ("bybit", "ETH", 0.0003),
                ("drift", "ETH", 0.0001),
            ] as [(ExchangeID, String, Double)] {
                rates["\(exchange) \(asset)"] = SampleSpreads.rate(exchange, asset, rate, at: Self.now)
            }
        }

        var moment: OpportunityMoment {
            var market = MarketView.Picture()
            for (exchange, name) in [("bybit", "ByBit"), ("drift", "Drift"), ("kucoin", "KuCoin")] {
                let feed = Sample.feed(FeedID(rawValue: exchange), name: name)
                _ = market.market.replace(feed, with: rates.values.filter { $0.contract.feed == feed.feed })
            }
            return OpportunityMoment(picture, MarketView.Shared(market), at: Self.now)
        }

        func opportunity(_ long: String, _ short: String) throws -> Opportunity {
            SampleSpreads.listed(try #require(rates[long]), try #require(rates[short])).opportunity
        }

        mutating func write(
            added: [Opportunity] = [], updated: [Opportunity] = [], removed: [Opportunity] = []
        ) throws -> OpportunityChange {
            let outcome = picture.list.apply(
                ArbitrageEvent(
                    sequence: try #require(picture.list.progress?.generation) + 1, computedAt: Self.now, isWhole: false,
                    added: added, updated: updated, removed: removed.map(\.spread.key),
                    summary: ArbitrageSummary(contracts: 5, pairs: 2, ranked: 2)))
            guard case .applied(let change) = outcome else { throw TestFault(description: "\(outcome)") }
            return change
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
        stage.live.show(pairs.moment, at: stage.now)
    }

    private mutating func write(
        added: [Opportunity] = [], updated: [Opportunity] = [], removed: [Opportunity] = []
    ) throws {
        let change = try pairs.write(added: added, updated: updated, removed: removed)
        stage.live.publish(change, pairs.moment, at: stage.now, stage.instant)
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
        #expect(frame["updated"]?[0]?["short_rate"]?.double == 0.0011)
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

    @Test mutating func pairsAreToldOneByOneForAWhileAfterTheLastListenerLeft() throws {
        let peer = try stage.join(subscribing: "arbitrage")
        _ = try peer.take()
        try write(added: [try pairs.opportunity("bybit BTC", "drift BTC")])
        stage.live.leave(peer.id)
        for (seconds, types) in [(59, ["arbitrage", "resumed"]), (2, ["snapshot", "resumed"])] {
            stage.instant += .seconds(seconds)
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

    @Test mutating func aChangeOfVeryManyPairsComesAsASnapshot() throws {
        let many = (0...ArbitrageNews.mostPairs).map { number in
            var opportunity = try? pairs.opportunity("bybit BTC", "drift BTC")
            opportunity?.spread.long.symbol = "S\(number)"
            opportunity?.spread.long.id = 1000 + number
            return opportunity
        }.compactMap { $0 }
        let peer = try stage.join(subscribing: "arbitrage")
        let sequence = stage.live.sequence
        try write(added: many)
        try write(removed: [many[0]])
        let frames = try peer.take()
        #expect(frames.map { $0["type"]?.string } == ["snapshot", "arbitrage"])
        #expect(frames[0]["reset"]?.bool == true && frames[0]["data"]?["total"]?.int == many.count)
        #expect(frames[0]["data"]?["opportunities"]?.count == 500)
        try stage.ask(#"{"op":"resume","seq":\#(sequence)}"#, peer)
        let resumed = try peer.take()
        #expect(resumed.map { $0["type"]?.string } == ["snapshot", "resumed"])
        #expect(resumed[0]["data"]?["total"]?.int == many.count - 1, "as it is now")
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
