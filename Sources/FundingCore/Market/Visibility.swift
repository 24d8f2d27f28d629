public import Foundation

/// How old a rate may be: the one place that knows.
public enum Visibility {
    /// A slow feed is not stale for being slow: two of its polls and a cycle's slack must have been missed.
    private static let slack: TimeInterval = 30

    /// The age in seconds from which a feed's rates are stale, by the seconds between two of its polls.
    public static func staleAfter(pollPeriod: TimeInterval) -> TimeInterval {
        max(Freshness.staleAfter, 2 * pollPeriod + slack)
    }
}

extension MarketState {
    /// How far a rate may be trusted at a time.
    public func freshness(of rate: LiveRate, at now: Date) -> Freshness {
        Freshness(observedAt: rate.observedAt, now: now, staleAfter: staleAfter(rate.contract.feed))
    }

    /// The age in seconds from which a feed's rates are stale.
    public func staleAfter(_ feed: FeedID) -> TimeInterval {
        feeds[feed].map { Visibility.staleAfter(pollPeriod: $0.pollPeriod) } ?? Freshness.staleAfter
    }

    /// Whether a rate is listed and young enough to be shown without being asked for.
    public func isVisible(_ rate: LiveRate, at now: Date) -> Bool {
        rate.isActive && freshness(of: rate, at: now) != .dead
    }
}
