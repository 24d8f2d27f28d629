public import Foundation

/// How far a datum may be trusted, by its age. Age is part of a datum: every rate served or scanned knows it.
public enum Freshness: String, Sendable {
    case fresh
    /// Older than the limit: shown dimmed, makes no opportunity.
    case stale
    /// Older than an hour: not shown.
    case dead

    /// Two poll periods of the usual 30 s, and a cycle's slack: what a single missed poll may cost.
    public static let staleAfter: TimeInterval = 90
    /// The grid keeps showing a venue that has gone silent for this long.
    public static let deadAfter: TimeInterval = 3600

    public init(observedAt: Date, now: Date, staleAfter: TimeInterval = Freshness.staleAfter) {
        let age = now.timeIntervalSince(observedAt)
        self = age > Self.deadAfter ? .dead : age > staleAfter ? .stale : .fresh
    }
}
