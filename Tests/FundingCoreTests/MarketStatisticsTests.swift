import Foundation
import FundingCore
import Testing

/// The statistics in the market's state: followed by events, healed by readings.
struct MarketStatisticsTests {
    private static let start = Date(timeIntervalSince1970: 1_790_000_000)

    private static func row(
        _ symbol: String, _ score: Double?, on exchange: ExchangeID = "bybit"
    ) -> StatisticsEvent.Changed {
        StatisticsEvent.Changed(
            exchange: exchange, symbol: symbol, baseAsset: String(symbol.prefix(3)),
            statistics: ContractStatistics(
                fundingRate: 0.0001, interval: .eightHours, dataPoints: 40, expectedPoints: 90, zScore: score))
    }

    private static func event(_ sequence: Int, _ rows: StatisticsEvent.Changed...) -> StatisticsEvent {
        StatisticsEvent(sequence: sequence, computedAt: time(sequence), changed: rows)
    }

    private static func state(_ sequence: Int, ranAt: Int? = nil) -> StatisticsState {
        StatisticsState(sequence: sequence, lastRunAt: time(ranAt ?? sequence), duration: 0.25, contracts: 2)
    }

    private static func time(_ seconds: Int) -> Date { start.addingTimeInterval(Double(seconds)) }

    private var known: MarketStatistics {
        var statistics = MarketStatistics()
        _ = statistics.take([Self.row("BTCUSDT", 1), Self.row("ETHUSDT", nil)], Self.state(7), isWhole: true)
        return statistics
    }

    @Test func beforeTheTableIsReadNoEventIsBelieved() {
        var statistics = MarketStatistics()
        guard case .gap = statistics.apply(Self.event(1, Self.row("BTCUSDT", 2))) else {
            Issue.record("applied")
            return
        }
        #expect(statistics["bybit", "BTCUSDT"] == nil)
        #expect(statistics.isBehind(StatisticsState()))
    }

    @Test func theNextWriteIsAppliedAndAKnownOneIsNot() {
        var statistics = known
        guard case .applied(let change) = statistics.apply(Self.event(8, Self.row("BTCUSDT", 0))) else {
            Issue.record("not applied")
            return
        }
        #expect(change.changed.map(\.symbol) == ["BTCUSDT"] && change.baseAssets == ["bybit": ["BTC"]])
        #expect(statistics["bybit", "BTCUSDT"]?.zScore == 0, "zero is a value")
        #expect(statistics.state.sequence == 8 && statistics.state.lastRunAt == Self.time(8))
        guard case .duplicate = statistics.apply(Self.event(8, Self.row("BTCUSDT", 5))) else {
            Issue.record("applied twice")
            return
        }
        #expect(statistics["bybit", "BTCUSDT"]?.zScore == 0)
    }

    @Test func whatLiesBetweenIsReadByItsSequence() throws {
        var statistics = known
        guard case .gap = statistics.apply(Self.event(9, Self.row("BTCUSDT", 3))) else {
            Issue.record("applied over a hole")
            return
        }
        #expect(statistics["bybit", "BTCUSDT"]?.zScore == 1)
        let reading = statistics.take(
            [Self.row("ETHUSDT", -2), Self.row("BTCUSDT", 3)], Self.state(9), isWhole: false)
        let healed = try #require(reading)
        #expect(Set(healed.changed.map(\.symbol)) == ["BTCUSDT", "ETHUSDT"] && healed.removed.isEmpty)
        #expect(statistics["bybit", "ETHUSDT"]?.zScore == -2)
        guard case .applied = statistics.apply(Self.event(10, Self.row("NEWUSDT", 1))) else {
            Issue.record("the sequence was not taken over")
            return
        }
    }

    @Test func aReadingThatEventsHaveOvertakenIsLeftOut() {
        var statistics = known
        _ = statistics.apply(Self.event(8, Self.row("BTCUSDT", 4)))
        let reading = statistics.take([Self.row("BTCUSDT", 1)], Self.state(7), isWhole: true)
        #expect(reading == nil)
        statistics.note(Self.state(7))
        #expect(statistics["bybit", "BTCUSDT"]?.zScore == 4 && statistics.state.lastRunAt == Self.time(8))
        #expect(!statistics.isBehind(Self.state(7)))
    }

    @Test func aWholeReadingDropsWhatItDoesNotHold() throws {
        var statistics = known
        let reading = statistics.take([Self.row("BTCUSDT", 1)], Self.state(7), isWhole: true)
        let change = try #require(reading)
        #expect(change.changed.isEmpty && change.removed.map(\.symbol) == ["ETHUSDT"] && !change.isEmpty)
        #expect(statistics["bybit", "ETHUSDT"] == nil)
    }

    @Test func aRestoredDatabaseIsTakenOverAndALaggingCopyIsNot() {
        var statistics = known
        let lagging = Self.state(3)
        #expect(!statistics.isBehind(lagging))
        let restored = Self.state(3, ranAt: 60)
        statistics.note(restored)
        #expect(statistics.isBehind(restored) && statistics.hasBegunAnew(restored))
        let reading = statistics.take([Self.row("BTCUSDT", 9)], restored, isWhole: true)
        #expect(reading?.removed.count == 1)
        #expect(statistics.state.sequence == 3 && statistics["bybit", "BTCUSDT"]?.zScore == 9)
    }

    @Test func aRunThatChangedNothingMovesTheTimeOnly() {
        var statistics = known
        statistics.note(Self.state(9, ranAt: 20))
        #expect(statistics.state.lastRunAt == Self.time(20) && statistics.state.sequence == 7)
        #expect(statistics.isBehind(Self.state(9, ranAt: 20)), "its rows have not been read")
    }
}
