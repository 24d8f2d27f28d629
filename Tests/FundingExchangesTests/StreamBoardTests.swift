import Foundation
import FundingCore
import FundingExchanges
import Testing

/// Polls and pushes of one contract, in every order.
@Suite struct StreamBoardTests {
    private static let start = Recording.now

    private static func snapshot(
        _ symbol: String = "BTCUSDT", rate: Double = 0.0001, at seconds: TimeInterval = 0
    ) -> FundingSnapshot {
        FundingSnapshot(
            Contract(
                exchange: "bybit", feed: "bybit", symbol: symbol, baseAsset: "BTC", quoteAsset: "USDT",
                settleAsset: "USDT"
            ),
            rate: rate, every: .eightHours, nextFundingTime: start.addingTimeInterval(5400), markPrice: 100,
            observedAt: start.addingTimeInterval(seconds)
        )
    }

    private static func time(_ seconds: TimeInterval) -> Date { start.addingTimeInterval(seconds) }

    /// A board that knows these rows.
    private static func board(_ snapshots: [FundingSnapshot] = [snapshot()]) -> StreamBoard {
        var board = StreamBoard()
        var snapshots = snapshots
        _ = board.pollBegins()
        board.merge(&snapshots, isComplete: true)
        return board
    }

    @Test func aRateThatMovedIsDueOnce() {
        var board = Self.board()
        board.apply(StreamNews([RateUpdate("BTCUSDT", fundingRate: 0.0003)]), at: Self.time(1))
        let due = board.drain(at: Self.time(2), confirmingAfter: 30)
        #expect(due.map(\.fundingRate) == [0.0003])
        #expect(due.map(\.markPrice) == [100])
        #expect(due.map(\.observedAt) == [Self.time(1)])
        let due1 = board.drain(at: Self.time(3), confirmingAfter: 30)
        #expect(due1.isEmpty)
    }

    @Test func aPriceAloneWaitsForTheNextRate() {
        var board = Self.board()
        board.apply(StreamNews([RateUpdate("BTCUSDT", markPrice: 101)]), at: Self.time(1))
        let due2 = board.drain(at: Self.time(2), confirmingAfter: 30)
        #expect(due2.isEmpty)
        board.apply(StreamNews([RateUpdate("BTCUSDT", fundingRate: 0)]), at: Self.time(3))
        let due = board.drain(at: Self.time(4), confirmingAfter: 30)
        #expect(due.map(\.markPrice) == [101])
        #expect(due.map(\.fundingRate) == [0])
    }

    @Test func aRowThatOnlyTheStreamConfirmsIsStoredAgainAfterAWhile() {
        var board = Self.board()
        board.apply(StreamNews([RateUpdate("BTCUSDT", fundingRate: 0.0001)]), at: Self.time(20))
        let due3 = board.drain(at: Self.time(21), confirmingAfter: 30)
        #expect(due3.isEmpty)
        board.apply(StreamNews([RateUpdate("BTCUSDT", fundingRate: 0.0001)]), at: Self.time(31))
        let due4 = board.drain(at: Self.time(31), confirmingAfter: 30)
        #expect(due4.map(\.observedAt) == [Self.time(31)])
    }

    @Test func aContractThatNoPollHasShownIsLeftToThePolls() {
        var board = Self.board()
        let known = board.apply(StreamNews([RateUpdate("NEWUSDT", fundingRate: 0.0003)]), at: Self.time(1))
        #expect(known == 0)
        let due5 = board.drain(at: Self.time(2), confirmingAfter: 30)
        #expect(due5.isEmpty)
    }

    @Test func whatTheStreamSaidDuringAPollIsNewerThanThePoll() {
        var board = Self.board()
        board.apply(StreamNews([RateUpdate("BTCUSDT", fundingRate: 0.0002)]), at: Self.time(1))
        _ = board.pollBegins()
        board.apply(StreamNews([RateUpdate("BTCUSDT", fundingRate: 0.0005)]), at: Self.time(3))
        var poll = [Self.snapshot(rate: 0.0004, at: 4)]
        board.merge(&poll, isComplete: true)
        #expect(poll.map(\.fundingRate) == [0.0005])
        let due6 = board.drain(at: Self.time(5), confirmingAfter: 30)
        #expect(due6.isEmpty)
    }

    @Test func aPollIsNewerThanWhatTheStreamSaidBefore() {
        var board = Self.board()
        board.apply(StreamNews([RateUpdate("BTCUSDT", fundingRate: 0.0002)]), at: Self.time(1))
        _ = board.pollBegins()
        var poll = [Self.snapshot(rate: 0.0004, at: 4)]
        board.merge(&poll, isComplete: true)
        #expect(poll.map(\.fundingRate) == [0.0004])
    }

    @Test func onlyACompletePollEndsAContract() {
        var board = Self.board([Self.snapshot(), Self.snapshot("ETHUSDT")])
        var part = [Self.snapshot(at: 30)]
        board.merge(&part, isComplete: false)
        let known7 = board.apply(StreamNews([RateUpdate("ETHUSDT", fundingRate: 0.001)]), at: Self.time(31))
        #expect(known7 == 1)
        var whole = [Self.snapshot(at: 60)]
        board.merge(&whole, isComplete: true)
        let known8 = board.apply(StreamNews([RateUpdate("ETHUSDT", fundingRate: 0.002)]), at: Self.time(61))
        #expect(known8 == 0)
    }

    @Test func whatNoExchangeCanMeanIsRefused() {
        var board = Self.board()
        board.apply(
            StreamNews([RateUpdate("BTCUSDT", fundingRate: 0.7), RateUpdate("BTCUSDT", markPrice: 0)]), at: Self.time(1)
        )
        let due9 = board.drain(at: Self.time(2), confirmingAfter: 30)
        #expect(due9.isEmpty)
        let rejects10 = board.takeRejects()
        #expect(rejects10.count == 2)
        let rejects11 = board.takeRejects()
        #expect(rejects11.isEmpty)
    }

    @Test func aLateUpdateChangesNothingButAClockThatWasSetBackIsBelieved() {
        var board = Self.board()
        func update(_ rate: Double, exchangeTime seconds: TimeInterval) -> StreamNews {
            StreamNews([RateUpdate("BTCUSDT", fundingRate: rate, exchangeTime: Self.time(seconds))])
        }
        board.apply(update(0.0002, exchangeTime: 10), at: Self.time(10))
        board.apply(update(0.0003, exchangeTime: 9), at: Self.time(11))
        let due12 = board.drain(at: Self.time(11), confirmingAfter: 30)
        #expect(due12.map(\.fundingRate) == [0.0002])
        #expect(board.late == 1)
        board.apply(update(0.0004, exchangeTime: -300), at: Self.time(12))
        let due13 = board.drain(at: Self.time(12), confirmingAfter: 30)
        #expect(due13.map(\.fundingRate) == [0.0004])
        #expect(board.clockSkew == -312)
    }

    @Test func theOrderOfThreefoldUpdatesDoesNotMatter() {
        let updates = (1...20).map { step in
            RateUpdate("BTCUSDT", fundingRate: Double(step) / 10_000, exchangeTime: Self.time(Double(step)))
        }
        for _ in 0..<50 {
            var board = Self.board()
            for update in (updates + updates + updates).shuffled() {
                board.apply(StreamNews([update]), at: Self.time(30))
            }
            let due14 = board.drain(at: Self.time(30), confirmingAfter: 60)
            #expect(due14.map(\.fundingRate) == [0.002])
        }
    }

    @Test func aFloodKeepsOneValueAContract() {
        var board = Self.board()
        for step in 1...50_000 {
            let rate = Double(step % 100) / 100_000
            board.apply(StreamNews([RateUpdate("BTCUSDT", fundingRate: rate)]), at: Self.time(Double(step) / 50_000))
        }
        let due15 = board.drain(at: Self.time(2), confirmingAfter: 30)
        #expect(due15.count == 1)
        #expect(board.superseded > 49_000)
    }

    @Test func whatWasNotStoredIsDueAgain() {
        var board = Self.board()
        board.apply(StreamNews([RateUpdate("BTCUSDT", fundingRate: 0.0003)]), at: Self.time(1))
        let due = board.drain(at: Self.time(2), confirmingAfter: 30)
        board.putBack(due)
        board.apply(StreamNews([RateUpdate("BTCUSDT", markPrice: 105)]), at: Self.time(3))
        let again = board.drain(at: Self.time(4), confirmingAfter: 30)
        #expect(again.map(\.fundingRate) == [0.0003])
        #expect(again.map(\.markPrice) == [105])
    }

    @Test func anIntervalAndTheTimeAfterAPaymentAreNews() {
        var board = Self.board()
        board.apply(StreamNews([RateUpdate("BTCUSDT", interval: .hourly)]), at: Self.time(1))
        let due16 = board.drain(at: Self.time(1), confirmingAfter: 30)
        #expect(due16.map(\.interval) == [.hourly])
        // The payment fell due at 5400 s; the stream goes on without a word about the next one.
        board.apply(StreamNews([RateUpdate("BTCUSDT", markPrice: 99)]), at: Self.time(5401))
        let after = board.drain(at: Self.time(5401), confirmingAfter: 1e9)
        #expect(after.map(\.nextFundingTime) == [Self.time(9000)])
    }

    @Test func unknownContractsAskForFreshListingsOnce() {
        var board = Self.board()
        board.apply(StreamNews(outdatesListings: true), at: Self.time(1))
        let outdated17 = board.pollBegins()
        #expect(outdated17)
        let outdated18 = board.pollBegins()
        #expect(!outdated18)
    }
}
