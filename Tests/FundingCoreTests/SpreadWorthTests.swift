import Foundation
import FundingCore
import Testing

struct SpreadWorthTests {
    private let fees: [ExchangeID: TradingFees] = [
        "a": TradingFees(taker: 0.0005, maker: 0.0002), "b": TradingFees(taker: 0.00055, maker: nil),
        "unknown": TradingFees(taker: nil, maker: 0), "free": TradingFees(taker: 0, maker: 0),
        "free2": TradingFees(taker: 0, maker: 0),
    ]

    private func worth(_ one: ExchangeID, _ other: ExchangeID, rate: Double = 0.0008) throws -> SpreadWorth {
        let spread = try #require(
            SpreadSample.spread(SpreadSample.rate(1, one, rate: 0), SpreadSample.rate(2, other, rate: rate)))
        return SpreadWorth(spread, fees: fees, holdingHours: 168)
    }

    /// n = 0.0001 an hour; four fills cost 2 × (0.05 % + 0.055 %) = 0.21 %; a week brings 1.68 %.
    @Test func fourFillsAreTakenOffTheCarry() throws {
        let worth = try worth("a", "b")
        let fee = try #require(worth.roundTripFee)
        #expect(abs(fee - 0.0021) < 1e-15)
        #expect(abs(try #require(worth.netReturn) - (0.0168 - 0.0021)) < 1e-15)
        #expect(abs(try #require(worth.netAPR) - 0.0147 / 168 * 876_000) < 1e-9)
        #expect(abs(try #require(worth.breakEvenHours) - 21) < 1e-9)
        #expect(worth.breakEvenSettlements == 3, "21 hours are three payments of eight hours")
    }

    @Test func anUnknownFeeLeavesTheWorthUnknown() throws {
        for pair in [("a", "unknown"), ("unknown", "a"), ("a", "unheard")] as [(ExchangeID, ExchangeID)] {
            let worth = try worth(pair.0, pair.1)
            #expect(worth.roundTripFee == nil && worth.netReturn == nil && worth.netAPR == nil)
            #expect(worth.breakEvenHours == nil && worth.breakEvenSettlements == nil)
        }
    }

    @Test func freeTradingBreaksEvenAtOnce() throws {
        let worth = try worth("free", "free2")
        #expect(worth.roundTripFee == 0 && worth.breakEvenHours == 0 && worth.breakEvenSettlements == 0)
        #expect(abs(try #require(worth.netAPR) - 87.6) < 1e-9, "nothing is lost of the carry")
    }

    @Test func aCarryThatNeverPaysForTheFillsHasNoBreakEven() throws {
        let worth = try worth("a", "b", rate: 1e-12)
        #expect(worth.breakEvenHours == nil && worth.breakEvenSettlements == nil)
        #expect(try #require(worth.netAPR) < 0)
    }
}
