import Foundation
import Testing

@testable import FundingCore

@Suite struct PairReplayTests {
    private let free = PairReplay.Fees(long: 0, short: 0)

    private func replay(
        _ long: [SettledPoint], _ short: [SettledPoint], from: Date = moment(0), to: Date = moment(24),
        fees: PairReplay.Fees? = nil, now: Double = 1000
    ) -> PairReplay {
        PairReplay(
            long: .init(points: long), short: .init(points: short), from: from, to: to, fees: fees ?? free,
            now: moment(now), publicationDelay: 900)
    }

    @Test func theShortLegReceivesWhatTheLongLegPays() {
        let found = replay(
            [paid(8, 0.001), paid(16, -0.002), paid(24, 0.003)], [paid(8, 0.0005), paid(16, 0.004), paid(24, -0.001)])
        #expect(agree(found.long.received, -0.002))
        #expect(agree(found.short.received, 0.0035))
        #expect(agree(found.carry, 0.0015))
        #expect(found.path.map(\.time) == [moment(8), moment(16), moment(24)])
        #expect(found.path.map(\.long) == [-0.001, 0.002, -0.003])
        #expect(found.path.map(\.short) == [0.0005, 0.004, -0.001])
        #expect(zip(found.path, [-0.0005, 0.0055, 0.0015]).allSatisfy { agree($0.carry, $1) })
        #expect(agree(found.worstBalance, -0.0005))
        #expect(found.isComplete)
    }

    /// Who enters at the very instant of a payment has no part in it; who leaves then has.
    @Test(
        arguments: [
            (0, 24, [8, 16, 24]), (8, 24, [16, 24]), (7.99, 16, [8, 16]), (8, 15.99, []), (8, 8, []), (24, 48, []),
            (-9, 9, [0, 8]),
        ] as [(Double, Double, [Double])])
    func aPaymentCountsAfterTheEntryAndUpToTheExit(from: Double, to: Double, expected: [Double]) {
        let points = [0, 8, 16, 24].map { paid($0, 0.001) }
        let found = replay(points, [], from: moment(from), to: moment(to))
        #expect(found.path.map(\.time) == expected.map { moment($0) })
        #expect(found.long.payments == expected.count)
    }

    @Test func allFourFillsCost() {
        let fees = PairReplay.Fees(longEntry: 0.0002, longExit: 0.0005, shortEntry: 0.0001, shortExit: 0.0004)
        let found = replay([paid(8, -0.001)], [paid(8, 0.002)], fees: fees)
        #expect(agree(found.carry, 0.003))
        #expect(agree(found.net, 0.003 - 0.0012))
        #expect(agree(found.worstBalance, -0.0003))
        #expect(agree(found.netAPR, 0.0018 / 24 * 876_000))
        #expect(replay([], [], to: moment(0), fees: fees).netAPR == nil)
        #expect(agree(replay([], [], to: moment(0), fees: fees).net, -0.0012))
    }

    @Test func legsThatPayAtDifferentTimesMeetOnOnePath() {
        let hourly = (1...8).map { paid(Double($0), 0.0001, every: .hourly) }
        let found = replay(hourly, [paid(8, 0.004)], to: moment(8))
        #expect(found.path.count == 8)
        #expect(found.path[0].short == nil)
        #expect(found.path[7].short == 0.004)
        // Seven hours are paid before the large payment comes, together with the eighth.
        #expect(agree(found.worstBalance, -0.0007))
        #expect(agree(found.carry, 0.0032))
    }

    @Test func whatIsMissingIsCountedAndNeverFilled() {
        let whole = (-3...6).map { paid(Double(8 * $0), 0.001) }
        let holed = whole.filter { $0.fundingTime != moment(16) }
        let found = replay(holed, whole)
        #expect(found.long == PairReplay.LegResult(received: -0.002, payments: 2, missing: 1, pending: 0))
        #expect(found.short == PairReplay.LegResult(received: 0.003, payments: 3, missing: 0, pending: 0))
        #expect(!found.isComplete)
        // At the ends too, and not what has yet to fall due.
        #expect(replay(whole.filter { $0.fundingTime < moment(8) }, whole).long.missing == 3)
        #expect(replay(whole.filter { $0.fundingTime < moment(8) }, whole, now: 17).long.missing == 2)
        // Nothing tells how often a contract without any payment pays.
        #expect(replay([], whole).long == PairReplay.LegResult(received: 0, payments: 0, missing: 0, pending: 0))
        let ledger = IntervalLedger([(moment(-100), .eightHours)])
        let unknown = PairReplay(
            long: .init(points: [], ledger: ledger), short: .init(points: whole), from: moment(0), to: moment(24),
            fees: free, now: moment(1000), publicationDelay: 900)
        #expect(unknown.long.missing == 3)
    }

    @Test(arguments: [(23.9, 0, 0), (24, 0, 1), (24.2, 0, 1), (24.25, 1, 0)] as [(Double, Int, Int)])
    func aPaymentThatMayStillBePublishedIsPending(now: Double, missing: Int, pending: Int) {
        let whole = (-3...3).map { paid(Double(8 * $0), 0.001) }
        let found = replay(whole.filter { $0.fundingTime < moment(24) }, whole, now: now)
        #expect(found.long.payments == 2 && found.long.missing == missing && found.long.pending == pending)
        #expect(found.short.payments == 3 && found.short.missing == 0 && found.short.pending == 0)
        #expect(found.isComplete == (missing + pending == 0))
    }

    /// No payment is neither: whatever instant parts what should be there from what may still come.
    @Test(arguments: [0, 0.0004, 0.0009, 0.5, 0.9996])
    func whatIsNotThereIsEitherMissingOrPending(fraction: Double) {
        let points = (-3...2).map { paid(Double(8 * $0), 0.001) }
        for second in [899.0, 900, 901] {
            let found = replay(points, points, now: 24 + (second + fraction) / 3600).long
            #expect(found.missing + found.pending == 1)
            #expect(found.missing == (second >= 900 ? 1 : 0))
        }
    }

    @Test func aLegThatIsNoLongerListedIsOwedNothingAfterItsLastPayment() {
        func lacking(_ hours: [Double], isActive: Bool, last: Double? = nil, now: Double = 1000) -> [Int] {
            let leg = PairReplay.Leg(
                points: hours.map { paid($0, 0.001) }, ledger: IntervalLedger([(moment(-100), .eightHours)]),
                isActive: isActive, lastPaidAt: last.map { moment($0) })
            let found = PairReplay(
                long: leg, short: leg, from: moment(0), to: moment(24), fees: free, now: moment(now),
                publicationDelay: 900)
            return [found.long.missing, found.long.pending]
        }
        #expect(lacking([-8, 0, 16], isActive: true) == [2, 0])
        #expect(lacking([-8, 0, 16], isActive: false) == [1, 0])
        #expect(lacking([-8, 0, 8, 16], isActive: true, now: 24.1) == [0, 1])
        #expect(lacking([-8, 0, 8, 16], isActive: false, now: 24.1) == [0, 0])
        #expect(lacking([-8], isActive: false) == [0, 0])
        #expect(lacking([], isActive: false) == [0, 0])
        // Paid beyond the end of the replay.
        #expect(lacking([-8, 0, 8, 32], isActive: false) == [2, 0])
        #expect(lacking([-8, 0, 8], isActive: false, last: 160) == [2, 0], "long after what was read")
    }

    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func thePathEndsWhereTheSumsDo(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let legs = (0..<2).map { _ in
            FundingSchedule.random(&random).payments.map {
                SettledPoint(fundingTime: $0.slot, settledAt: $0.slot, fundingRate: $0.rate, interval: $0.interval)
            }
        }
        let middle = legs[0][legs[0].count / 2].fundingTime
        let (from, to) = (middle - Double.random(in: 0...1e6, using: &random), middle + 86_400)
        let found = PairReplay(
            long: .init(points: legs[0]), short: .init(points: legs[1]), from: from, to: to,
            fees: .init(long: 0.0005, short: 0.0002), now: to, publicationDelay: 0)
        func sum(_ points: [SettledPoint]) -> Double {
            points.filter { from < $0.fundingTime && $0.fundingTime <= to }.reduce(0) { $0 + $1.fundingRate }
        }
        #expect(agree(found.carry, sum(legs[1]) - sum(legs[0]), scale: 1e-3))
        #expect(agree(found.carry, found.long.received + found.short.received, scale: 1e-3))
        #expect(agree(found.net, found.carry - 0.0014, scale: 1e-3))
        #expect(found.worstBalance <= -0.0007)
        #expect(found.path.allSatisfy { $0.carry - 0.0007 >= found.worstBalance })
        let reversed = PairReplay(
            long: .init(points: legs[1]), short: .init(points: legs[0]), from: from, to: to, fees: free, now: to,
            publicationDelay: 0)
        #expect(agree(reversed.carry, -found.carry, scale: 1e-3))
    }
}
