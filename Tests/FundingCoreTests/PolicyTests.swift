import FundingCore
import Testing

@Suite struct BackoffTests {
    @Test(arguments: [(0, 300), (1, 600), (2, 1200), (5, 9600), (7, 30_000), (1000, 30_000), (-1, 300)])
    func theCeilingDoublesUpToTheCap(attempt: Int, milliseconds: Int) {
        #expect(Backoff().ceiling(afterAttempt: attempt) == .milliseconds(milliseconds))
    }

    @Test(arguments: [(0.0, 0), (0.5, 300), (1, 600), (7, 600), (-1, 0)])
    func theDelayIsDrawnBelowTheCeiling(draw: Double, milliseconds: Int) {
        #expect(Backoff().delay(afterAttempt: 1, draw: draw) == .milliseconds(milliseconds))
    }
}

@Suite struct LeaseShareTests {
    @Test(arguments: [
        // held, feeds, collectors, expected
        (0, 5, 1, LeaseShare.Step.take(5)), (5, 5, 1, .keep), (5, 5, 2, .giveBack(2)), (3, 5, 2, .keep),
        (2, 5, 2, .take(1)), (0, 5, 10, .take(1)), (1, 5, 10, .keep), (0, 5, 0, .take(5)), (0, 0, 3, .keep),
    ])
    func feedsAreShared(held: Int, feeds: Int, collectors: Int, expected: LeaseShare.Step) {
        #expect(LeaseShare.step(held: held, feeds: feeds, collectors: collectors) == expected)
    }

    /// Shares are rounded up, so together they always cover all feeds.
    @Test func noFeedIsLeftOut() {
        for feeds in 0...20 {
            for collectors in 1...8 {
                guard case .take(let share) = LeaseShare.step(held: 0, feeds: feeds, collectors: collectors) else {
                    #expect(feeds == 0)
                    continue
                }
                #expect(share * collectors >= feeds)
                #expect((share - 1) * collectors < feeds)
            }
        }
    }
}

@Suite struct PollScheduleTests {
    private let start = ContinuousClock().now

    @Test(arguments: [
        (-5, 3), (0, 3), (2, 3), (3, 33), (32, 33), (33, 63), (34, 63),
        // A night asleep: one poll at the next tick, none of the thousand that were missed.
        (28_800, 28_803), (28_803, 28_833),
    ])
    func theNextPollIsTheNextTick(nowAt: Int, expected: Int) {
        let schedule = PollSchedule(period: .seconds(30), offset: .seconds(3))
        let next = schedule.nextPoll(after: start + .seconds(nowAt), startedAt: start)
        #expect(abs((next - start) / .seconds(1) - Double(expected)) < 1e-6)
    }

    @Test func followingTheScheduleNeverPollsTwiceInATick() {
        var random = SeededGenerator(seed: 6)
        let schedule = PollSchedule(period: .seconds(30))
        var now = start
        for _ in 0..<200 {
            let next = schedule.nextPoll(after: now, startedAt: start)
            #expect(next > now)
            #expect(next - now <= .seconds(30) + .microseconds(1))
            now = next + .milliseconds(Int.random(in: 0...90_000, using: &random))
        }
    }

    @Test func feedsAreSpreadOverTheWindow() {
        let offsets = (0..<4).map {
            PollSchedule.staggered($0, of: 4, every: .seconds(30), within: .seconds(8)).offset
        }
        #expect(offsets == [.zero, .seconds(2), .seconds(4), .seconds(6)])
        #expect(PollSchedule.staggered(1, of: 2, every: .seconds(4), within: .seconds(60)).offset == .seconds(2))
        #expect(PollSchedule.staggered(0, of: 0, every: .seconds(4), within: .seconds(60)).offset == .zero)
    }
}
