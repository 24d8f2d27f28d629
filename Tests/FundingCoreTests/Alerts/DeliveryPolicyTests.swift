import Foundation
import FundingCore
import Testing

struct DeliveryPolicyTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)

    private static let policy: DeliveryPolicy = {
        var settings = DeliverySettings()
        settings.maximumAttempts = 5
        settings.maximumAge = 100
        settings.baseDelay = 4
        settings.longestDelay = 20
        return DeliveryPolicy(settings)
    }()

    @Test(arguments: [(200, true), (204, true), (302, false), (400, false), (401, false), (404, false), (410, false)])
    func takenOrRefusedIsFinal(status: Int, isTaken: Bool) {
        let verdict = Self.verdict(.answered(status: status, retryAfter: nil), attempt: 1)
        #expect(verdict == (isTaken ? .delivered : .failed))
    }

    @Test(arguments: [
        DeliveryPolicy.Outcome.answered(status: 408, retryAfter: nil), .answered(status: 425, retryAfter: nil),
        .answered(status: 429, retryAfter: nil), .answered(status: 500, retryAfter: nil),
        .answered(status: 503, retryAfter: nil), .unanswered("no answer in time"), .unsendable("X is not set"),
    ])
    func whatMayPassIsTriedAgainAfterADrawnDelay(outcome: DeliveryPolicy.Outcome) {
        // The longest delay doubles up to the cap; the draw here is a half.
        for (attempt, seconds) in [(1, 2.0), (2, 4), (3, 8), (4, 10)] {
            #expect(Self.verdict(outcome, attempt: attempt) == .retry(at: Self.now.addingTimeInterval(seconds)))
        }
        #expect(Self.verdict(outcome, attempt: 5) == .failed)
    }

    @Test func theWaitThatIsAskedForIsKept() {
        let asked = DeliveryPolicy.Outcome.answered(status: 429, retryAfter: 35)
        #expect(Self.verdict(asked, attempt: 1) == .retry(at: Self.now.addingTimeInterval(35)))
        let less = DeliveryPolicy.Outcome.answered(status: 429, retryAfter: 1)
        #expect(Self.verdict(less, attempt: 3) == .retry(at: Self.now.addingTimeInterval(8)))
    }

    @Test func whatWouldBeTooLateIsGivenUp() {
        let asked = DeliveryPolicy.Outcome.answered(status: 429, retryAfter: 100)
        #expect(Self.verdict(asked, attempt: 1) == .failed)
        #expect(Self.verdict(.unanswered("x"), attempt: 1, age: 98) == .failed)
        #expect(Self.verdict(.unanswered("x"), attempt: 1, age: 97.9) != .failed)
    }

    private static func verdict(
        _ outcome: DeliveryPolicy.Outcome, attempt: Int, age: TimeInterval = 0
    ) -> DeliveryPolicy.Verdict {
        policy.verdict(
            on: outcome, attempt: attempt, createdAt: now.addingTimeInterval(-age), now: now, draw: 0.5)
    }
}
