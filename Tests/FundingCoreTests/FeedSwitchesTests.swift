import Foundation
import FundingCore
import Testing

struct FeedSwitchesTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)

    /// - Parameters:
    ///   - success: seconds since the last good poll.
    ///   - failure: seconds since the last failed one.
    private static func isDisabled(
        _ enabled: [String: Bool], success: TimeInterval?, failure: TimeInterval? = nil, pollPeriod: TimeInterval = 30
    ) -> Bool {
        var settings = ExchangeSettings()
        settings.enabled = enabled
        let feed = FeedState(
            feed: "binance-coinm", exchange: "binance", exchangeName: "Binance", kind: "cex", sequence: 1,
            pollPeriod: pollPeriod, status: .ok, lastSuccessAt: success.map { now.addingTimeInterval(-$0) },
            observedAt: nil, consecutiveFailures: 0, errorKind: nil, contracts: 1, rejects: 0, duration: 1,
            lastFailureAt: failure.map { now.addingTimeInterval(-$0) })
        return FeedSwitches(settings).isDisabled(feed, at: now)
    }

    private static let switches: [(enabled: [String: Bool], isDisabled: Bool)] = [
        ([:], false), (["binance": true], false), (["binance": false], true), (["binance-coinm": false], true),
        (["binance-usdm": false], false), (["binance": false, "binance-coinm": true], false),
        (["binance": true, "binance-coinm": false], true),
    ]

    @Test(arguments: switches)
    func aFeedsOwnSwitchGoesBeforeItsExchanges(enabled: [String: Bool], isDisabled: Bool) {
        #expect(Self.isDisabled(enabled, success: 9999) == isDisabled)
        #expect(Self.isDisabled(enabled, success: nil) == isDisabled)
    }

    @Test func whatIsPolledIsInUseWhateverTheSettingsSay() {
        let off = ["binance": false]
        #expect(!Self.isDisabled(off, success: 12))
        #expect(!Self.isDisabled(off, success: 9999, failure: 12))
        #expect(!Self.isDisabled(off, success: nil, failure: 90))
        #expect(Self.isDisabled(off, success: 91, failure: 9999))
        // A slow feed's last poll is longer ago.
        #expect(!Self.isDisabled(off, success: 200, pollPeriod: 120))
    }
}
