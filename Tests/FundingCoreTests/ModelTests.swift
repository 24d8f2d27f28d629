import Foundation
import FundingCore
import Testing

@Suite struct ModelTests {
    @Test func aFeedNamesItsEnvironmentVariables() {
        #expect(FeedID(rawValue: "binance-usdm").environmentName == "BINANCE_USDM")
        #expect(FeedID(rawValue: "bybit").environmentName == "BYBIT")
    }

    @Test func theChannelOfAnExchangeMatchesThePatternOfAll() {
        #expect(Channels.rates("bybit") == "funding:rates:bybit")
        #expect(Channels.allRates == "funding:rates:*")
    }

    @Test func aChangeReplacesEverythingThatMovesAndNothingElse() {
        let contract = Contract(
            exchange: "e", feed: "e", symbol: "S", baseAsset: "S", quoteAsset: "USDT", settleAsset: "USDT"
        )
        let before = Date(timeIntervalSince1970: 1000)
        var rate = LiveRate(
            id: 7, contract: contract, fundingRate: 1, interval: .eightHours, isContinuous: false,
            nextFundingTime: nil, markPrice: 1, indexPrice: 1, openInterest: OpenInterest(usd: 1), observedAt: before,
            isActive: true,
            sequence: 1
        )
        let change = RateChange(
            symbol: "S", baseAsset: "S", fundingRate: -0.00125, interval: .hourly, markPrice: 2, indexPrice: nil,
            openInterest: OpenInterest(usd: 3), nextFundingTime: before + 60
        )
        rate.apply(change, at: before + 30, sequence: 9)
        #expect(rate.apr == -1095)
        #expect(rate.hourlyRate == -0.00125)
        #expect(rate.markPrice == 2)
        #expect(rate.indexPrice == nil)
        #expect(rate.openInterestUSD == 3)
        #expect(rate.nextFundingTime == before + 60)
        #expect(rate.observedAt == before + 30)
        #expect(rate.sequence == 9)
        #expect(rate.id == 7)
        #expect(rate.contract == contract)
        #expect(rate.isActive)
    }
}
