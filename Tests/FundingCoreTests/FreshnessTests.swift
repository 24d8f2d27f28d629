import Foundation
import FundingCore
import Testing

@Suite struct FreshnessTests {
    @Test(arguments: [
        (0.0, Freshness.fresh), (90, .fresh), (90.001, .stale), (3600, .stale), (3600.001, .dead), (1e9, .dead),
        // A clock that runs behind the exchange's.
        (-5, .fresh),
    ])
    func ageDecides(age: Double, expected: Freshness) {
        let now = Date(timeIntervalSince1970: 1.7e9)
        #expect(Freshness(observedAt: now - age, now: now) == expected)
    }

    @Test func aLimitOfItsOwnMovesTheFirstBoundaryOnly() {
        let now = Date(timeIntervalSince1970: 1.7e9)
        #expect(Freshness(observedAt: now - 100, now: now, staleAfter: 120) == .fresh)
        #expect(Freshness(observedAt: now - 121, now: now, staleAfter: 120) == .stale)
        #expect(Freshness(observedAt: now - 3601, now: now, staleAfter: 7200) == .dead)
    }
}
