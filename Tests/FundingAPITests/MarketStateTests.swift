import Foundation
import FundingCore
import Testing

@testable import FundingAPI

struct MarketStateTests {
    private let market = Sample.market((Sample.feed(), [Sample.rate("BTCUSDT"), Sample.rate("ETHUSDT")]))

    private func rate(_ market: MarketState, _ symbol: String) throws -> LiveRate {
        try #require(market.rates["bybit"]?[symbol])
    }

    @Test func anEventMovesWhatItNamesAndAgesTheRest() throws {
        var market = market
        guard case .applied(let change) = market.apply(Sample.event(2, [Sample.change("BTCUSDT", rate: 0)])) else {
            Issue.record("not applied")
            return
        }
        #expect(change.changed.map(\.symbol) == ["BTCUSDT"])
        #expect(try rate(market, "BTCUSDT").fundingRate == 0)
        #expect(try rate(market, "ETHUSDT").fundingRate == 0.0001)
        #expect(try rate(market, "ETHUSDT").observedAt == Sample.start.addingTimeInterval(30))
        #expect(market.feeds["bybit"]?.sequence == 2)
    }

    @Test func aPartialEventMovesTheAgeOfWhatItNamesAlone() throws {
        var market = market
        let news = Sample.event(2, [Sample.change("BTCUSDT", rate: 0.5)], at: 7, isPartial: true)
        guard case .applied(let change) = market.apply(news) else {
            Issue.record("not applied")
            return
        }
        #expect(change.isPartial)
        #expect(try rate(market, "BTCUSDT").fundingRate == 0.5)
        #expect(try rate(market, "BTCUSDT").observedAt == Sample.start.addingTimeInterval(7))
        #expect(try rate(market, "ETHUSDT").observedAt == Sample.start)
        #expect(market.feeds["bybit"]?.sequence == 2)
        #expect(market.feeds["bybit"]?.observedAt == Sample.start, "the last poll of all is as old as before")
    }

    @Test func pollsAndPartialEventsInTurnAgeEachRowByItself() throws {
        var market = market
        let events = [
            Sample.event(2, [Sample.change("BTCUSDT", rate: 2)], at: 10, isPartial: true),
            Sample.event(3, [Sample.change("ETHUSDT", rate: 3)], at: 30),
            Sample.event(4, [Sample.change("ETHUSDT", rate: 4)], at: 31, isPartial: true),
            Sample.event(5, [Sample.change("ETHUSDT", rate: 5)], at: 32, isPartial: true),
        ]
        var ages: [[TimeInterval]] = []
        for event in events {
            _ = market.apply(event)
            ages.append(
                try ["BTCUSDT", "ETHUSDT"].map { symbol in
                    try rate(market, symbol).observedAt.timeIntervalSince(Sample.start)
                })
        }
        #expect(ages == [[10, 0], [30, 30], [30, 31], [30, 32]])
        #expect(try rate(market, "BTCUSDT").fundingRate == 2)
        #expect(try rate(market, "ETHUSDT").fundingRate == 5)
    }

    @Test func aMissedPartialEventIsAGapThatReadingHeals() throws {
        var market = market
        _ = market.apply(Sample.event(2, [Sample.change("BTCUSDT", rate: 2)], at: 1, isPartial: true))
        let later = Sample.event(4, [Sample.change("BTCUSDT", rate: 4)], at: 3, isPartial: true)
        guard case .gap = market.apply(later) else {
            Issue.record("applied over a hole")
            return
        }
        #expect(try rate(market, "BTCUSDT").fundingRate == 2)
        // Postgres has what the third event told, and already what the fourth tells.
        let rows = [
            Sample.rate("BTCUSDT", rate: 4, observedAt: Sample.start.addingTimeInterval(3), sequence: 4),
            Sample.rate("ETHUSDT", rate: 3, observedAt: Sample.start.addingTimeInterval(2), sequence: 3),
        ]
        let change = market.replace(Sample.feed(sequence: 4), with: rows)
        #expect(change?.changed.map(\.symbol) == ["BTCUSDT", "ETHUSDT"])
        guard case .duplicate = market.apply(later) else {
            Issue.record("applied twice")
            return
        }
        let next = Sample.event(5, [Sample.change("ETHUSDT", rate: 5)], at: 4, isPartial: true)
        guard case .applied = market.apply(next) else {
            Issue.record("not applied after reading")
            return
        }
        #expect(try rate(market, "BTCUSDT").observedAt == Sample.start.addingTimeInterval(3))
        #expect(try rate(market, "ETHUSDT").observedAt == Sample.start.addingTimeInterval(4))
    }

    @Test func whatAPollDidNotHoldKeepsItsAge() throws {
        var market = market
        _ = market.apply(Sample.event(2, absent: ["ETHUSDT"]))
        #expect(try rate(market, "ETHUSDT").observedAt == Sample.start)
        #expect(try rate(market, "BTCUSDT").observedAt == Sample.start.addingTimeInterval(30))
    }

    @Test func whatIsNoLongerListedStaysInactiveAtItsAge() throws {
        var market = market
        _ = market.apply(Sample.event(2, absent: ["ETHUSDT"], removed: ["ETHUSDT"]))
        _ = market.apply(Sample.event(3))
        #expect(try !rate(market, "ETHUSDT").isActive)
        #expect(try rate(market, "ETHUSDT").observedAt == Sample.start)
    }

    @Test func aPollThatDidNotAskForOpenInterestKeepsIt() throws {
        var market = market
        let outcome = market.apply(Sample.event(2, [Sample.change("BTCUSDT", rate: 0.5, openInterestUSD: nil)]))
        guard case .applied(let change) = outcome else {
            Issue.record("not applied")
            return
        }
        #expect(try rate(market, "BTCUSDT").openInterestUSD == 5e6)
        #expect(change.changed.first?.openInterest?.usd == 5e6)
    }

    enum Expected { case applied, gap, duplicate }

    @Test(arguments: [
        (Sample.event(1), Expected.duplicate),
        (Sample.event(0), .duplicate),
        (Sample.event(2), .applied),
        (Sample.event(3), .gap),
        (Sample.event(2, feed: "kraken"), .gap),
        (Sample.event(2, [Sample.change("NEWUSDT", rate: 1)]), .gap),
        (Sample.event(2, [Sample.change("BTCUSDT", base: "WBTC", rate: 1)]), .gap),
        (Sample.event(1, [Sample.change("NEWUSDT", rate: 1)]), .duplicate),
    ])
    func decides(on event: RatesEvent, expected: Expected) {
        var changed = market
        let outcome: Expected =
            switch changed.apply(event) {
            case .applied: .applied
            case .gap: .gap
            case .duplicate: .duplicate
            }
        #expect(outcome == expected)
        if outcome != .applied { #expect(changed.essence == market.essence) }
    }

    @Test func aDelistedContractThatComesBackIsReadAnew() {
        var market = Sample.market((Sample.feed(), [Sample.rate("BTCUSDT", isActive: false)]))
        guard case .gap = market.apply(Sample.event(2, [Sample.change("BTCUSDT", rate: 1)])) else {
            Issue.record("applied without knowing its terms")
            return
        }
    }

    @Test func aReadingOlderThanWhatIsKnownIsRefused() {
        var market = market
        _ = market.apply(Sample.event(2, [Sample.change("BTCUSDT", rate: 0.7)]))
        #expect(market.note([Sample.feed(sequence: 1)]).behind == [])
        #expect(market.replace(Sample.feed(sequence: 1), with: [Sample.rate("BTCUSDT")]) == nil)
        #expect(market.feeds["bybit"]?.sequence == 2)
    }

    @Test func aSequenceThatBeganAnewIsFollowed() {
        var market = market
        _ = market.apply(Sample.event(2, [Sample.change("BTCUSDT", rate: 0.7)]))
        let restored = Sample.feed(sequence: 1, observedAt: Sample.start.addingTimeInterval(60))
        #expect(market.note([restored]).behind == ["bybit"])
        let change = market.replace(restored, with: [Sample.rate("BTCUSDT")])
        #expect(change?.changed.map(\.symbol) == ["BTCUSDT"])
        #expect(change?.removed == ["ETHUSDT"])
        #expect(market.feeds["bybit"]?.sequence == 1)
    }

    @Test func readingAnewTellsOnlyWhatDiffers() {
        var market = market
        let later = Sample.start.addingTimeInterval(30)
        let change = market.replace(
            Sample.feed(sequence: 5, observedAt: later),
            with: [Sample.rate("BTCUSDT", observedAt: later), Sample.rate("ETHUSDT", rate: 0.2, observedAt: later)]
        )
        #expect(change?.changed.map(\.symbol) == ["ETHUSDT"])
        #expect(change?.removed == [])
    }

    @Test func aContractThatMovesToASiblingFeedIsHeldOnce() {
        var market = Sample.market(
            (
                Sample.feed("binance-usdm", exchange: "binance", name: "Binance"),
                [
                    Sample.rate("BTCUSDT", feed: "binance-usdm", exchange: "binance")
                ]
            )
        )
        _ = market.replace(
            Sample.feed("binance-coinm", exchange: "binance", name: "Binance"),
            with: [Sample.rate("BTCUSDT", feed: "binance-coinm", exchange: "binance")]
        )
        #expect(market.rates(of: "binance").map(\.contract.feed) == ["binance-coinm"])
    }

    @Test func exchangesAreKnownByTheirNamesAsTheyAreNow() {
        var market = Sample.market(
            (Sample.feed("kucoin", name: "KuCoin"), []), (Sample.feed("bybit", name: "ByBit"), []),
            (Sample.feed("bybit-linear", exchange: "bybit", name: "ByBit"), []))
        #expect(market.exchanges.map(\.name) == ["ByBit", "KuCoin"])
        _ = market.note([Sample.feed("kucoin", name: "Another")])
        #expect(market.exchanges.map(\.name) == ["Another", "ByBit"])
        #expect(market.exchanges.map(\.id) == ["kucoin", "bybit"])
    }

    @Test func comparingFindsWhatIsBehindAndWhatFares() {
        var market = market
        let (changed, behind) = market.note([Sample.feed(sequence: 4, status: .failing), Sample.feed("new")])
        #expect(changed.map(\.feed) == ["bybit"])
        #expect(Set(behind) == ["bybit", "new"])
        #expect(market.isBehind(Sample.feed(sequence: 4)) && market.isBehind(Sample.feed("new")))
        #expect(!market.isBehind(Sample.feed(sequence: 1)))
        #expect(market.feeds["bybit"]?.sequence == 1, "its rows have not been read yet")
        #expect(market.feeds["bybit"]?.status == .failing)
    }

    /// Whatever is lost, doubled or late: once what the gaps ask for is read, the state is that of the events in order.
    @Test(arguments: 0..<40)
    func anyOrderOfEventsEndsInTheSameState(seed: Int) {
        var random = SeededNumbers(seed: UInt64(seed))
        let symbols = ["AUSDT", "BUSDT", "CUSDT", "DUSDT"]
        var truth = Sample.market((Sample.feed(), symbols.map { Sample.rate($0) }))
        var follower = truth
        var events: [RatesEvent] = []
        for sequence in 2...12 {
            let changes = symbols.filter { truth.rates["bybit"]?[$0]?.isActive == true && Bool.random(using: &random) }
                .map { Sample.change($0, rate: Double.random(in: -1...1, using: &random)) }
            let isPartial = Bool.random(using: &random)
            let absent =
                Int.random(in: 0..<6, using: &random) == 0 && !isPartial
                ? symbols.filter { symbol in !changes.contains { $0.symbol == symbol } } : []
            let event = Sample.event(
                sequence, changes, absent: absent, removed: sequence == 9 ? Array(absent.prefix(1)) : [],
                isPartial: isPartial)
            guard case .applied = truth.apply(event) else {
                Issue.record("the truth itself has a gap")
                return
            }
            events.append(event)
        }
        let heard = (events + events.shuffled(using: &random).prefix(4)).shuffled(using: &random)
        for event in heard {
            if case .gap = follower.apply(event) {
                _ = follower.replace(truth.feeds["bybit"]!, with: Array(truth.rates["bybit"]!.values))
            }
        }
        #expect(follower.essence == truth.essence)
    }
}

/// Numbers that look random and are the same in every run.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
