import Foundation
import FundingCore
import Testing

struct SpreadRiskTests {
    private func risks(
        _ one: LiveRate, facts: [Int: ContractFacts] = [:], policy: SpreadPolicy = SpreadPolicy(),
        at seconds: TimeInterval = 0
    ) -> [String]? {
        let board = SpreadSample.board(
            [one, SpreadSample.rate(2, "b", rate: 0.5, at: seconds)], policy: policy, facts: facts, at: seconds)
        return board.spreads.first?.risks.names
    }

    @Test func aPlainPairHasNone() {
        #expect(risks(SpreadSample.rate(1, "a", rate: 0.001)) == [])
    }

    @Test(arguments: [(99_999, ["low_oi"]), (100_000, []), (0, ["low_oi"])] as [(Double, [String])])
    func littleOpenInterestIsFlaggedAndUnknownIsNot(interest: Double, expected: [String]) {
        #expect(risks(SpreadSample.rate(1, "a", rate: 0.001, interest: interest)) == expected)
        #expect(risks(SpreadSample.rate(1, "a", rate: 0.001, interest: nil)) == [])
    }

    @Test(
        arguments: [(0.0089, []), (0.00901, ["near_cap"]), (-0.0044, []), (-0.00451, ["near_cap"])]
            as [(Double, [String])])
    func aRateNearItsLimitIsFlagged(rate: Double, expected: [String]) {
        let facts = [1: ContractFacts(rateCap: 0.01, rateFloor: -0.005)]
        #expect(risks(SpreadSample.rate(1, "a", rate: rate), facts: facts) == expected)
    }

    @Test func anIntervalThatChangedLatelyIsFlaggedForAWhile() {
        let facts = [1: ContractFacts(intervalChangedAt: SpreadSample.start)]
        let end = SpreadPolicy().intervalChangeHours * 3600
        #expect(risks(SpreadSample.rate(1, "a", rate: 0.1), facts: facts) == ["interval_changed"])
        let late = SpreadSample.rate(1, "a", rate: 0.1, at: end)
        #expect(risks(late, facts: facts, at: end) == [])
    }

    @Test func pricesThatDifferNotablyAreFlagged() {
        #expect(risks(SpreadSample.rate(1, "a", rate: 0.1, mark: 101.1)) == ["price_gap"])
        #expect(risks(SpreadSample.rate(1, "a", rate: 0.1, mark: 100.9)) == [])
        #expect(risks(SpreadSample.rate(1, "a", rate: 0.1, mark: nil)) == [])
    }

    @Test func aHistoryOfOneLegAloneIsFlagged() {
        let rate = SpreadSample.rate(1, "a", rate: 0.1)
        #expect(risks(rate, facts: [1: .init(settledPoints: 90), 2: .init(settledPoints: 3)]) == ["one_sided_history"])
        #expect(risks(rate, facts: [1: .init(settledPoints: 90), 2: .init(settledPoints: 10)]) == [])
        #expect(risks(rate, facts: [1: .init(settledPoints: 0), 2: .init(settledPoints: 0)]) == [])
        #expect(risks(rate, facts: [1: .init(settledPoints: 90)]) == [], "nobody has counted")
    }

    /// A single zero is a rate; a feed full of them tells none.
    @Test(arguments: [(9, 9, false), (10, 40, true), (10, 41, false), (20, 60, true)])
    func zerosOfAFeedAreSuspectWhereTheyComeInNumbers(zeros: Int, contracts: Int, areSuspect: Bool) {
        var rates = (1...contracts).map { id in
            SpreadSample.rate(id, "dydx", asset: "A\(id)", rate: id <= zeros ? 0 : 0.0001)
        }
        rates.append(SpreadSample.rate(1001, "bybit", asset: "A1", rate: 0.001))
        rates.append(SpreadSample.rate(1002, "bybit", asset: "A\(contracts)", rate: 0.001))
        let spreads = SpreadSample.board(rates).spreads
        let zero = spreads.first { $0.asset == "A1" }
        #expect(zero?.risks.names == (areSuspect ? ["zero_suspect"] : []))
        #expect(zero?.isRanked == !areSuspect)
        if zeros < contracts {
            #expect(spreads.first { $0.asset == "A\(contracts)" }?.isRanked == true, "other rates of the feed stand")
        }
    }

    @Test func zerosWithoutOpenInterestProveNothing() {
        var rates = (1...40).map {
            SpreadSample.rate($0, "dydx", asset: "A\($0)", rate: 0, interest: $0 % 2 == 0 ? nil : 0)
        }
        rates.append(SpreadSample.rate(1001, "bybit", asset: "A2", rate: 0.001))
        #expect(SpreadSample.board(rates).spreads.first?.risks.contains(.zeroSuspect) == false)
    }

    @Test func aPolicyThatCannotWorkListsAllItsFaults() {
        var policy = SpreadPolicy()
        #expect(policy.problems() == [])
        policy.holdingHours = 0
        policy.suspectZeroShare = .nan
        policy.maximumAge = -1
        #expect(
            policy.problems().map { $0.prefix { $0 != ":" } } == ["maximumAge", "suspectZeroShare", "holdingHours"])
    }
}
