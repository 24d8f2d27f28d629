import CurlDriver
import Foundation
import FundingExchanges
import Testing

/// What Bybit says of its limits in headers.
@Suite struct BybitMannersTests {
    private let bybit = Exchanges.feeds(named: "bybit")[0]
    private let now = Recording.now

    private func pause(until reset: String) -> Duration? {
        bybit.statedPause(in: HTTPHeaders([("x-bapi-limit-reset-timestamp", reset)]), at: now)
    }

    /// An instant in milliseconds since 1970, and no length of time.
    @Test func aLimitNamesTheInstantOfItsReset() {
        #expect(pause(until: "1789381805000") == .seconds(5))
        #expect(pause(until: "1789381800100") == .seconds(1))
        #expect(pause(until: "1789381799000") == nil)
        #expect(pause(until: "soon") == nil)
        #expect(bybit.statedPause(in: HTTPHeaders(), at: now) == nil)
    }

    /// An endpoint's limit is another than the address's: its share counts.
    @Test func theUsedPartOfAnEndpointsLimitCountsAsThatPartOfTheBudget() {
        func used(_ left: String, of limit: String?) -> UsedBudget? {
            let stated = [("X-Bapi-Limit-Status", left)] + (limit.map { [("X-Bapi-Limit", $0)] } ?? [])
            return bybit.usedBudget(in: HTTPHeaders(stated))
        }
        #expect(used("40", of: "50") == UsedBudget(40))
        #expect(used("150", of: nil) == UsedBudget(50))
        #expect(used("150", of: "0") == UsedBudget(50))
        #expect(used("60", of: "50") == UsedBudget(0))
        #expect(used("nan", of: "50") == nil)
        #expect(used("-1", of: "50") == nil)
        #expect(bybit.usedBudget(in: HTTPHeaders()) == nil)
    }
}
