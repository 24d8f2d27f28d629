import Foundation
import FundingCore
import Testing

@testable import FundingScanner

struct FeedAgesTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)

    /// - Parameter age: of the rates, in seconds; nothing was polled since.
    private static func feed(_ feed: FeedID, of exchange: ExchangeID, age: TimeInterval) -> FeedState {
        let at = now.addingTimeInterval(-age)
        return FeedState(
            feed: feed, exchange: exchange, exchangeName: exchange.rawValue, kind: "cex", sequence: 1, pollPeriod: 30,
            status: .ok, lastSuccessAt: at, observedAt: at, consecutiveFailures: 0, errorKind: nil, contracts: 0,
            rejects: 0, duration: nil)
    }

    @Test func whatIsSwitchedOffMakesNoExchangeOld() {
        var market = MarketState()
        _ = market.replace(Self.feed("binance-usdm", of: "binance", age: 10), with: [])
        _ = market.replace(Self.feed("binance-coinm", of: "binance", age: 9000), with: [])
        _ = market.replace(Self.feed("drift", of: "drift", age: 9000), with: [])
        func ages(_ enabled: [String: Bool]) -> [AlertInput] {
            var settings = ExchangeSettings()
            settings.enabled = enabled
            return FeedAges().ages(of: market, FeedSwitches(settings), at: Self.now)
        }
        func age(_ seconds: Double) -> AlertValues {
            var values = AlertValues()
            values.exchangeAge = seconds
            return values
        }
        #expect(ages([:]) == [.reading(.exchange("binance"), age(9000)), .reading(.exchange("drift"), age(9000))])
        // An alert of one that is out of use ends.
        #expect(
            ages(["binance-coinm": false, "drift": false]) == [
                .reading(.exchange("binance"), age(10)), .gone(.exchange("drift")),
            ])
    }
}
