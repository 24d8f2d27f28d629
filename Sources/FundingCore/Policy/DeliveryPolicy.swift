public import Foundation

/// What to do after an attempt to deliver a message: a struct that gets the time and returns a decision.
public struct DeliveryPolicy: Sendable {
    /// What came of an attempt.
    public enum Outcome: Hashable, Sendable {
        case answered(status: Int, retryAfter: TimeInterval?)
        /// No complete answer came.
        case unanswered(String)
        /// The message cannot be sent as things are: its address is not set.
        case unsendable(String)

        /// In words, for a log.
        public var told: String {
            switch self {
            case .answered(let status, _): "answered with \(status)"
            case .unanswered(let reason), .unsendable(let reason): reason
            }
        }
    }

    public enum Verdict: Hashable, Sendable {
        case delivered
        case retry(at: Date)
        /// It is not tried again.
        case failed
    }

    public var maximumAttempts: Int
    /// Seconds from the message's making on.
    public var maximumAge: TimeInterval
    public var backoff: Backoff

    public init(_ settings: DeliverySettings) {
        maximumAttempts = settings.maximumAttempts
        maximumAge = settings.maximumAge
        backoff = Backoff(base: .seconds(settings.baseDelay), cap: .seconds(settings.longestDelay))
    }

    /// Answers that say "not now": everything else below 500 says "never".
    private static let passingStatuses: Set<Int> = [408, 425, 429]

    /// - Parameters:
    ///   - attempt: 1 for the first.
    ///   - createdAt: when the message was made.
    ///   - draw: a number in 0...1 from outside, so that a test knows it.
    public func verdict(
        on outcome: Outcome, attempt: Int, createdAt: Date, now: Date, draw: Double
    ) -> Verdict {
        var asked: TimeInterval = 0
        if case .answered(let status, let retryAfter) = outcome {
            if (200..<300).contains(status) { return .delivered }
            guard status >= 500 || Self.passingStatuses.contains(status) else { return .failed }
            asked = retryAfter ?? 0
        }
        let drawn = backoff.delay(afterAttempt: attempt - 1, draw: draw) / .seconds(1)
        let next = now.addingTimeInterval(max(drawn, asked))
        guard attempt < maximumAttempts, next < createdAt.addingTimeInterval(maximumAge) else { return .failed }
        return .retry(at: next)
    }
}
