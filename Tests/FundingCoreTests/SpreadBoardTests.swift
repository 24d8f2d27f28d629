import Foundation
import Testing

@testable import FundingCore

struct SpreadBoardTests {
    @Test func everyPairOfTwoExchangesThatPaysIsThere() {
        let rates = [
            SpreadSample.rate(1, "a", rate: 0.0001), SpreadSample.rate(2, "a", feed: "a-coin", rate: 0.0009),
            SpreadSample.rate(3, "b", rate: -0.0002), SpreadSample.rate(4, "c", rate: 0.0001),
            SpreadSample.rate(5, "d", asset: "ETH", rate: 0.01),
        ]
        let keys = Set(SpreadSample.board(rates).spreads.map(\.key))
        // Not 1 and 2, which are of one exchange; not 1 and 4, which are equal.
        #expect(
            keys == [
                .init(long: 3, short: 1), .init(long: 3, short: 2), .init(long: 4, short: 2), .init(long: 3, short: 4),
            ])
    }

    @Test func aChangeTouchesItsOwnPairsAlone() {
        var board = Self.sixContracts
        _ = board.takeChanges()
        board.update([SpreadSample.rate(1, "a", rate: 0.0005)], at: SpreadSample.start) { _ in 90 }
        let changes = board.takeChanges()
        #expect(changes.updated.allSatisfy { $0.asset == "BTC" && ($0.long.id == 1 || $0.short.id == 1) })
        #expect(changes.updated.count + changes.added.count == 2 && board.takeChanges().isEmpty)
    }

    @Test func aPairThatFlipsIsRemovedAndAdded() {
        var board = Self.sixContracts
        _ = board.takeChanges()
        board.update([SpreadSample.rate(1, "a", rate: 0.0025)], at: SpreadSample.start) { _ in 90 }
        let changes = board.takeChanges()
        #expect(changes.removed.map(\.key) == [.init(long: 1, short: 2)])
        #expect(changes.added.map(\.key) == [.init(long: 2, short: 1)])
        #expect(changes.updated.map(\.key) == [.init(long: 1, short: 3)])
    }

    @Test func whatComesBackToWhatItWasIsNoChange() {
        var board = Self.sixContracts
        _ = board.takeChanges()
        for rate in [0.0099, -0.5, 0.001] {
            board.update([SpreadSample.rate(1, "a", rate: rate)], at: SpreadSample.start) { _ in 90 }
        }
        board.update([SpreadSample.rate(2, "b", rate: 0.002, mark: 100.02, at: 1)], at: SpreadSample.start) { _ in 90 }
        #expect(board.takeChanges().isEmpty)
    }

    @Test func aLegThatGrowsOldIsFlaggedThenLeavesAndComesBackWhenSeen() {
        var board = Self.sixContracts
        _ = board.takeChanges()
        func confirm(_ seconds: TimeInterval) {
            let others = [
                SpreadSample.rate(2, "b", rate: 0.002, at: seconds),
                SpreadSample.rate(3, "c", rate: 0.003, at: seconds),
            ]
            board.update(others, at: SpreadSample.start.addingTimeInterval(seconds)) { _ in 90 }
        }
        func pass(_ seconds: TimeInterval) -> SpreadChanges {
            board.advance(to: SpreadSample.start.addingTimeInterval(seconds))
            return board.takeChanges()
        }
        confirm(53)
        #expect(pass(53.9).isEmpty)
        let ageing = pass(54)
        #expect(
            ageing.updated.filter { $0.asset == "BTC" }.map(\.key) == [
                .init(long: 1, short: 2), .init(long: 1, short: 3),
            ])
        #expect(ageing.updated.allSatisfy { $0.risks == .staleSoon })
        confirm(90)
        #expect(pass(90).isEmpty, "an age that equals the limit is within it")
        let gone = pass(90.001)
        #expect(gone.removed.map(\.key).prefix(2) == [.init(long: 1, short: 2), .init(long: 1, short: 3)])
        #expect(gone.removed.count == 5 && gone.added.isEmpty, "the three ETH pairs are as old")
        board.update(
            [SpreadSample.rate(1, "a", rate: 0.001, at: 100)], at: SpreadSample.start.addingTimeInterval(100)
        ) { _ in 90 }
        #expect(board.takeChanges().added.map(\.key) == [.init(long: 1, short: 2), .init(long: 1, short: 3)])
    }

    @Test func aMaximumAgeOfThePolicyStandsAboveTheFeeds() {
        var policy = SpreadPolicy()
        policy.maximumAge = 10
        let rates = [SpreadSample.rate(1, "a", rate: 0.1), SpreadSample.rate(2, "b", rate: 0.2)]
        #expect(SpreadSample.board(rates, policy: policy, at: 10).spreads.count == 1)
        #expect(SpreadSample.board(rates, policy: policy, at: 11).spreads.isEmpty)
        #expect(SpreadSample.board(rates, at: 90).spreads.count == 1)
    }

    @Test func delistedAndForgottenContractsLeave() {
        var board = Self.sixContracts
        _ = board.takeChanges()
        board.update([SpreadSample.rate(1, "a", rate: 0.001, isActive: false)], at: SpreadSample.start) { _ in 90 }
        board.remove([2], at: SpreadSample.start)
        #expect(
            board.takeChanges().removed.map(\.key) == [
                .init(long: 1, short: 2), .init(long: 1, short: 3), .init(long: 2, short: 3),
            ])
        #expect(board.contractCount == 4)
    }

    @Test func anotherPolicyJudgesEverythingAnew() {
        var board = Self.sixContracts
        _ = board.takeChanges()
        var policy = SpreadPolicy()
        policy.minimumOpenInterestUSD = 1e9
        board.adopt(policy, at: SpreadSample.start) { _ in 90 }
        let changes = board.takeChanges()
        #expect(changes.updated.count == 6 && changes.updated.allSatisfy { $0.risks == .lowOpenInterest })
    }

    private static let sixContracts = SpreadSample.board(
        [
            SpreadSample.rate(1, "a", rate: 0.001), SpreadSample.rate(2, "b", rate: 0.002),
            SpreadSample.rate(3, "c", rate: 0.003),
        ]
            + (4...6).map { id in
                SpreadSample.rate(id, ["a", "b", "c"][id - 4], asset: "ETH", rate: Double(id) / 1000)
            })
}
