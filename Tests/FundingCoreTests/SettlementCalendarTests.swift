import Foundation
import Testing

@testable import FundingCore

@Suite struct SettlementCalendarTests {
    private func leg(
        _ rate: Double, every hours: Double = 8, next: Double? = nil, isContinuous: Bool = false,
        scores: [PredictionScore.Horizon: PredictionScore] = [:]
    ) -> SettlementCalendar.Leg {
        .init(
            rate: rate, interval: every(hours), isContinuous: isContinuous, nextFundingTime: next.map { moment($0) },
            scores: scores)
    }

    @Test func everyComingPaymentIsListedWithItsSign() {
        let calendar = SettlementCalendar(
            long: leg(0.0001, every: 4, next: 4), short: leg(0.001, next: 8), now: moment(1),
            horizon: .seconds(8 * 3600))
        #expect(calendar.payments.map(\.time) == [moment(4), moment(8), moment(8)])
        #expect(calendar.payments.map(\.side) == [.long, .long, .short])
        #expect(calendar.payments.map(\.amount) == [-0.0001, -0.0001, 0.001])
        #expect(agree(calendar.total, 0.0008))
        #expect(agree(calendar.worstBalance, -0.0001))
        #expect(calendar.accrualPerHour == 0)
    }

    @Test func theHorizonIsPartOfItAndNowIsNot() {
        let calendar = SettlementCalendar(
            long: leg(0.001, next: 8), short: leg(0, every: 24), now: moment(8), horizon: .seconds(16 * 3600))
        #expect(calendar.payments.filter { $0.side == .long }.map(\.time) == [moment(16), moment(24)])
    }

    @Test func thePathMayGoDeepBeforeItPays() {
        let calendar = SettlementCalendar(
            long: leg(0.0005, every: 1), short: leg(0.01, next: 8), now: moment(0.5), horizon: .seconds(24 * 3600))
        #expect(agree(calendar.worstBalance, -0.0035))
        #expect(agree(calendar.total, -24 * 0.0005 + 3 * 0.01))
        let gaining = SettlementCalendar(
            long: leg(-0.0005, every: 1), short: leg(0.01), now: moment(0.5), horizon: .seconds(24 * 3600))
        #expect(gaining.worstBalance == 0)
    }

    @Test func continuousFundingAccruesAndHasNoPayment() {
        let calendar = SettlementCalendar(
            long: leg(0.0008, isContinuous: true), short: leg(0.002, next: 8), now: moment(0),
            horizon: .seconds(12 * 3600))
        #expect(calendar.payments.map(\.side) == [.short])
        #expect(agree(calendar.accrualPerHour, -0.0001))
        // Lowest right before the payment.
        #expect(agree(calendar.worstBalance, -0.0008))
        #expect(agree(calendar.total, 0.002 - 0.0012))
        // Or at the end.
        let receding = SettlementCalendar(
            long: leg(0.0008, isContinuous: true), short: leg(0.0001, next: 8), now: moment(0),
            horizon: .seconds(12 * 3600))
        #expect(agree(receding.worstBalance, 0.0001 - 0.0012))
    }

    @Test func onlyTheNextPaymentOfAScoredContractHasABand() throws {
        let score = PredictionScore(
            every: .eightHours, count: 20, errorSum: 0.0004, absoluteErrorSum: 0.001, signFlips: 1)
        let short = leg(0.001, next: 8, scores: [.hour: score])
        let calendar = SettlementCalendar(
            long: leg(0.0002, next: 8, scores: [.hour: score]), short: short, now: moment(7.5),
            horizon: .seconds(16 * 3600))
        let bands = calendar.payments.map(\.band)
        // Predicted 0.001, too high by 0.00002 in the mean, wrong by 0.00005.
        let band = try #require(bands[1])
        #expect(agree(band.lowerBound, 0.00093))
        #expect(agree(band.upperBound, 0.00103))
        let paying = try #require(bands[0])
        #expect(agree(paying.lowerBound, -0.00023))
        #expect(agree(paying.upperBound, -0.00013))
        #expect(bands.dropFirst(2).allSatisfy { $0 == nil })
        let early = SettlementCalendar(long: leg(0), short: short, now: moment(6.9), horizon: .seconds(7200))
        #expect(early.payments.last?.band == nil)
    }

    /// The contract paid every eight hours when it was scored, and pays every hour now.
    @Test func aScoreOfAnotherIntervalTellsNothing() {
        let old = PredictionScore(every: .eightHours, count: 20, absoluteErrorSum: 0.001)
        let calendar = SettlementCalendar(
            long: leg(0.0002, every: 1, next: 8, scores: [.hour: old]), short: leg(0), now: moment(7.5),
            horizon: .seconds(3600))
        #expect(!calendar.payments.isEmpty && calendar.payments.allSatisfy { $0.band == nil })
        let new = PredictionScore(every: .hourly, count: 10, absoluteErrorSum: 1e-5)
        let expected = ExpectedPayment(
            predicted: 0.0002, every: .hourly, in: 600, scores: [.quarter: old, .hour: new])
        #expect(agree(expected.band?.upperBound, 0.000201))
    }

    @Test func theNextLongerHorizonTells() {
        func score(_ error: Double, count: Int = 10) -> PredictionScore {
            PredictionScore(
                every: .eightHours, count: count, errorSum: 0, absoluteErrorSum: error * Double(count), signFlips: 0)
        }
        let scores: [PredictionScore.Horizon: PredictionScore] = [
            .hour: score(4e-5), .quarter: score(2e-5), .fiveMinutes: score(1e-5, count: 9), .minute: score(1e-6),
        ]
        func width(_ lead: Double) -> Double? {
            ExpectedPayment(predicted: 1e-4, every: .eightHours, in: lead, scores: scores).band.map {
                $0.upperBound - $0.lowerBound
            }
        }
        #expect(width(3601) == nil)
        #expect(agree(width(3600), 8e-5))
        #expect(agree(width(901), 8e-5))
        #expect(agree(width(900), 4e-5))
        // Nine payments are too few to believe.
        #expect(agree(width(300), 4e-5))
        #expect(agree(width(60), 2e-6))
    }

    @Test func theMarketsNextSettlementsAreCountedByExchangeAndTime() {
        let calendar = MarketCalendar(
            [
                rate("bybit", "A", every: 8), rate("bybit", "B", every: 8), rate("bybit", "C", every: 1),
                rate("binance", "A", every: 8) { $0.nextFundingTime = moment(8) },
                rate("binance", "B", every: 8) { $0.nextFundingTime = moment(12) },
                rate("binance", "C", every: 8) { $0.isActive = false },
                rate("deribit", "A", every: 8) { $0.isContinuous = true }, rate("kraken", "A", every: 24),
            ], now: moment(1, 1), horizon: .seconds(11 * 3600))
        #expect(
            calendar.entries == [
                .init(exchange: "bybit", time: moment(2), contracts: 1),
                .init(exchange: "binance", time: moment(8), contracts: 1),
                .init(exchange: "bybit", time: moment(8), contracts: 2),
                .init(exchange: "binance", time: moment(12), contracts: 1),
            ])
        #expect(calendar.continuous == ["deribit": 1])
    }
}

private func rate(
    _ exchange: ExchangeID, _ symbol: String, every hours: Double, _ change: (inout LiveRate) -> Void = { _ in }
) -> LiveRate {
    var rate = LiveRate(
        id: 1,
        contract: Contract(
            exchange: exchange, feed: FeedID(rawValue: exchange.rawValue), symbol: symbol, baseAsset: symbol,
            quoteAsset: "USDT", settleAsset: "USDT"),
        fundingRate: 1e-4, interval: FundingInterval(hours: hours)!, isContinuous: false, nextFundingTime: nil,
        markPrice: nil, indexPrice: nil, openInterest: nil, observedAt: moment(0), isActive: true, sequence: 1)
    change(&rate)
    return rate
}
