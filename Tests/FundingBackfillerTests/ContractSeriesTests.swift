import Foundation
import FundingCore
import FundingStore
import Testing

@testable import FundingBackfiller

/// Points come out the same, in whatever pages and however often cut off their settlements come.
@Suite struct ContractSeriesTests {
    private static let start = Date(timeIntervalSince1970: 1_789_257_600)

    private static func time(_ hour: Double) -> Date { start.addingTimeInterval(hour * 3600) }

    private func series(stored: [SettledPoint] = []) -> ContractSeries {
        ContractSeries("BTC", stored: stored, from: Self.start, ledger: IntervalLedger([]))
    }

    private static func paid(_ hours: [Double], every interval: FundingInterval? = nil) -> [FundingSettlement] {
        hours.map { FundingSettlement("BTC", settledAt: time($0), rate: $0 / 1e5, every: interval) }
    }

    /// Eight hours apart, then four, then one.
    private static let hours: [Double] = [8, 16, 24, 28, 32, 36, 37, 38, 39, 40]

    /// The table after all that was returned has been written.
    private static func table(_ writes: [[SettledPoint]], _ stored: [SettledPoint] = []) -> [Date: SettledPoint] {
        var table = Dictionary(uniqueKeysWithValues: stored.map { ($0.fundingTime, $0) })
        for point in writes.joined() { table[point.fundingTime] = point }
        return table
    }

    @Test func pagesInAnyOrderMakeTheSamePoints() {
        var once = series()
        let whole = Self.table([once.add(Self.paid(Self.hours))])
        #expect(whole.count == Self.hours.count)
        #expect(whole.values.filter { $0.interval == .eightHours }.count == 3)
        for size in [1, 2, 3, 4] {
            let pages = stride(from: 0, to: Self.hours.count, by: size).map { first in
                Self.paid(Array(Self.hours[first..<min(first + size, Self.hours.count)]))
            }
            for order in [pages, pages.reversed()] {
                var series = series()
                #expect(Self.table(order.map { series.add($0) }) == whole, "pages of \(size)")
            }
        }
    }

    @Test func whatWasCutOffGoesOnToTheSamePoints() {
        var once = series()
        let whole = Self.table([once.add(Self.paid(Self.hours))])
        for cut in 1..<Self.hours.count {
            var first = series()
            let stored = first.add(Self.paid(Array(Self.hours[cut...])))
            // A settlement that stood alone could not be read, and comes again.
            let rest = Self.hours.filter { hour in !stored.contains { $0.fundingTime == Self.time(hour) } }
            var second = series(stored: stored)
            #expect(Self.table([second.add(Self.paid(rest))], stored) == whole, "cut at \(cut)")
        }
    }

    /// The last payment of eight hours is the oldest that is looked at: what came before it is out of reach.
    @Test func aSlotsPaymentLeavesTheIntervalsBeforeIt() throws {
        let fourHours = try #require(FundingInterval(hours: 4))
        let stored = [(24.0, FundingInterval.eightHours), (28, fourHours)].map { hour, interval in
            SettledPoint(
                fundingTime: Self.time(hour), settledAt: Self.time(hour), fundingRate: 1e-4, interval: interval)
        }
        let contract = HistoryContract(
            id: 1,
            contract: Contract(
                exchange: "e", feed: "e", symbol: "BTC", baseAsset: "BTC", quoteAsset: "USDT", settleAsset: "USDT"),
            interval: fourHours, ledger: IntervalLedger([]), isActive: true, covered: [])
        let slot = Self.time(32)
        var bulk = BulkSeries(
            [contract], stored: [1: stored], around: slot.addingTimeInterval(-60)...slot.addingTimeInterval(60))
        let changed = try #require(bulk.add(Self.paid([32])).first)
        #expect(changed.points.map(\.fundingTime) == [slot])
        #expect(changed.points.map(\.interval) == [fourHours])
    }

    @Test func whatIsKnownIsNotWrittenAgainAndARevisionIs() {
        var first = series()
        let stored = first.add(Self.paid(Self.hours))
        var again = series(stored: stored)
        #expect(again.add(Self.paid(Self.hours)).isEmpty)
        let revised = again.add([FundingSettlement("BTC", settledAt: Self.time(16.001), rate: 0.5)])
        #expect(revised.map(\.fundingRate) == [0.5])
        #expect(revised.map(\.fundingTime) == [Self.time(16)])
        // When it was paid stays as it was first stated.
        #expect(revised.map(\.settledAt) == [Self.time(16)])
    }

    @Test func aKnownPriceIsNotReplacedByNothing() {
        var first = series()
        var settlements = Self.paid([8, 16])
        settlements[0].markPrice = 100
        let stored = first.add(settlements)
        var again = series(stored: stored)
        #expect(again.add(Self.paid([8, 16])).isEmpty)
    }

    @Test func statedIntervalsStand() {
        var series = series()
        let points = series.add(Self.paid([8, 16], every: .hourly))
        #expect(points.map(\.interval) == [.hourly, .hourly])
        var heir = ContractSeries("BTC", stored: points, from: Self.start, ledger: IntervalLedger([]))
        #expect(heir.add(Self.paid([24], every: .hourly)).map(\.interval) == [.hourly])
    }
}
