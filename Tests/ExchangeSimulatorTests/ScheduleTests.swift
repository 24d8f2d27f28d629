import Testing

@testable import ExchangeSimulator

@Suite struct ScheduleTests {
    private let hour = Int.millisecondsOfHour

    @Test func paymentsFallOnMultiplesOfTheIntervalSinceMidnight() {
        let schedule = FundingSchedule(from: 0, everyHours: 4)
        #expect(schedule.payments(in: 3 * hour...12 * hour) == [4 * hour, 8 * hour, 12 * hour])
        #expect(schedule.payments(in: 4 * hour...4 * hour) == [4 * hour])
        #expect(schedule.nextPayment(after: 8 * hour) == 12 * hour)
    }

    @Test func aLimitKeepsTheEarliestOrTheNewest() {
        let schedule = FundingSchedule(from: 0, everyHours: 1)
        #expect(schedule.payments(in: 1...100 * hour, limit: 2) == [hour, 2 * hour])
        #expect(schedule.payments(in: 1...100 * hour, limit: 2, newest: true) == [99 * hour, 100 * hour])
    }

    @Test func aChangeOfIntervalLeavesThePastAsItWas() {
        var schedule = FundingSchedule(from: 0, everyHours: 8)
        schedule.change(toHours: 1, at: 18 * hour)
        #expect(schedule.payments(in: 1...20 * hour) == [8, 16, 19, 20].map { $0 * hour })
        #expect(schedule.payments(in: 1...20 * hour, limit: 3, newest: true) == [16, 19, 20].map { $0 * hour })
        #expect(schedule.hours(at: 17 * hour) == 8)
        #expect(schedule.nextPayment(after: 18 * hour) == 19 * hour)
        #expect(schedule.wasAdjusted(by: 20 * hour))
    }

    @Test func nothingIsPaidWhileDelisted() {
        var schedule = FundingSchedule(from: 0, everyHours: 1)
        schedule.change(toHours: nil, at: 2 * hour)
        schedule.change(toHours: 1, at: 5 * hour)
        #expect(schedule.payments(in: 1...7 * hour) == [1, 2, 6, 7].map { $0 * hour })
        #expect(!schedule.isTrading(at: 3 * hour))
        #expect(schedule.isTrading(at: 6 * hour))
    }

    @Test func decimalsAreWrittenAsExchangesDo() {
        #expect(DecimalText.text(-0.0000125, digits: 8) == "-0.00001250")
        #expect(DecimalText.text(77_750, digits: 2) == "77750.00")
        #expect(DecimalText.text(0, digits: 8) == "0.00000000")
        #expect(DecimalText.text(12.5, digits: 0) == "13")
        #expect(DecimalText.text(0.0001, digits: 8, trimmed: true) == "0.0001")
        #expect(DecimalText.text(0, digits: 10, trimmed: true, keepsPoint: true) == "0.0")
        #expect(DecimalText.text(0, digits: 10, trimmed: true) == "0")
    }
}
