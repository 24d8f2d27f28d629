import Foundation
import FundingCore

/// How old a rate may be: the one place that knows.
enum Visibility {
    /// A slow feed is not stale for being slow: two of its polls and a cycle's slack must have been missed.
    private static let slack: TimeInterval = 30

    static func staleAfter(pollPeriod: TimeInterval) -> TimeInterval {
        max(Freshness.staleAfter, 2 * pollPeriod + slack)
    }
}

extension MarketState {
    func freshness(of rate: LiveRate, at now: Date) -> Freshness {
        Freshness(observedAt: rate.observedAt, now: now, staleAfter: staleAfter(rate.contract.feed))
    }

    func staleAfter(_ feed: FeedID) -> TimeInterval {
        feeds[feed].map { Visibility.staleAfter(pollPeriod: $0.pollPeriod) } ?? Freshness.staleAfter
    }

    /// Whether a rate is listed and young enough to be shown without being asked for.
    func isVisible(_ rate: LiveRate, at now: Date) -> Bool {
        rate.isActive && freshness(of: rate, at: now) != .dead
    }
}
