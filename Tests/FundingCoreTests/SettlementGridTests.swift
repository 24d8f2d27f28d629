import Foundation
import FundingCore
import Testing

@Suite struct SettlementGridTests {
    @Test(arguments: [
        (8.0, 0.0, 8.0), (8, 15, 8), (8, -0.1, 8), (8, 60, 8), (8, -60, 8), (0, -0.001, 0), (15.75, 0, 15.75),
        (15.75, 12, 15.75), (15.75, -29, 15.75), (15.5, 15, 15.5),
    ])
    func aPaymentBelongsToTheHourOrMinuteItWasBookedNear(due: Double, jitter: Double, slot: Double) {
        #expect(SettlementGrid.slot(of: moment(due, jitter)) == moment(slot))
    }

    @Test func beyondAMinuteFromTheHourThePaymentKeepsItsMinute() {
        #expect(SettlementGrid.slot(of: moment(8, 61)) == moment(8, 60))
        #expect(SettlementGrid.slot(of: moment(8, 600)) == moment(8, 600))
        #expect(SettlementGrid.slot(of: moment(8, -90.1)) == moment(8, -120))
    }

    @Test func aSlotIsItsOwnSlotUnlessItIsAMinuteFromAnHour() {
        var random = SeededGenerator(seed: 21)
        for _ in 0..<1000 {
            let slot = SettlementGrid.slot(of: moment(Double.random(in: -1e5...1e5, using: &random)))
            let minute = Int(slot.timeIntervalSince1970) / 60 % 60
            if minute != 1, minute != 59 { #expect(SettlementGrid.slot(of: slot) == slot) }
        }
    }
}

@Suite struct IntervalLedgerTests {
    private let ledger = IntervalLedger([
        (moment(8), every(1)), (moment(0), every(8)), (moment(4), every(8)), (moment(20), every(4)),
    ])

    @Test(arguments: [(-0.1, nil), (0, 8.0), (4, 8), (7.9, 8), (8, 1), (19, 1), (20, 4), (900, 4)])
    func anEntryHoldsFromItsBeginningToTheNext(hour: Double, interval: Double?) {
        #expect(ledger.interval(at: moment(hour)) == interval.map(every))
    }

    @Test(arguments: [(0.0, nil), (0.1, 8.0), (8, 8), (8.1, 1), (20, 1), (20.1, 4)])
    func aPaymentAtAChangeWasForTheIntervalBefore(hour: Double, interval: Double?) {
        #expect(ledger.interval(endingAt: moment(hour)) == interval.map(every))
    }

    @Test func entriesThatChangeNothingMakeNoDifference() {
        #expect(ledger == IntervalLedger([(moment(0), every(8)), (moment(8), every(1)), (moment(20), every(4))]))
        #expect(ledger.latest == every(4))
        #expect(IntervalLedger([]).latest == nil)
    }

    @Test func ofTwoEntriesAtOnceTheLaterGivenHolds() {
        let ledger = IntervalLedger([(moment(0), every(8)), (moment(2), every(4)), (moment(2), every(8))])
        #expect(ledger == IntervalLedger([(moment(0), every(8))]))
    }

    @Test(arguments: [
        (-9.0, -1.0, 12.0), (-9, 0, 8), (-9, 9, 1), (1, 7, 8), (1, 8, 1), (8, 19, 1), (20, 90, 4), (25, 30, 4),
    ])
    func theShortestIsThatOfAllInForceInTheWindow(from: Double, to: Double, shortest: Double) {
        #expect(ledger.shortest(during: moment(from)...moment(to), otherwise: every(12)) == every(shortest))
        #expect(IntervalLedger([]).shortest(during: moment(from)...moment(to), otherwise: every(12)) == every(12))
    }
}
