public import Foundation

/// How it stands between a rule and one subject: all that must survive a restart for nothing to be told twice.
public struct AlertState: Hashable, Sendable {
    public enum Phase: String, Sendable, CaseIterable {
        /// The condition does not hold.
        case calm
        /// It holds, but not yet for as long as the rule asks.
        case pending
        /// It holds: an episode is under way.
        case active
    }

    public var phase: Phase
    /// Counts the episodes from 1; 0 before the first.
    public var episode: Int
    /// When the phase began.
    public var since: Date
    /// Why the running episode has not been told; nil if it was, or if there is none.
    public var suppression: AlertSuppression?
    /// When an episode was last told.
    public var lastFiredAt: Date?
    /// The latest value; nil while it is unknown.
    public var value: Double?
    /// Since when the value is unknown.
    public var unknownSince: Date?

    public init(
        phase: Phase, episode: Int, since: Date, suppression: AlertSuppression? = nil, lastFiredAt: Date? = nil,
        value: Double? = nil, unknownSince: Date? = nil
    ) {
        self.phase = phase
        self.episode = episode
        self.since = since
        self.suppression = suppression
        self.lastFiredAt = lastFiredAt
        self.value = value
        self.unknownSince = unknownSince
    }

    /// How long a value may be unknown before what was true of it counts as over: longer than a feed needs to recover
    /// from a few failed polls.
    static let patience: TimeInterval = 900

    /// Whether the running episode was told.
    var isTold: Bool { phase == .active && suppression == nil && lastFiredAt.map { $0 >= since } ?? false }

    /// Whether time alone can bring the next step.
    var awaitsTime: Bool {
        phase == .pending || (phase == .active && (unknownSince != nil || suppression?.isPostponed == true))
    }
}

/// Why an alert was not told.
public enum AlertSuppression: String, Hashable, Sendable, CaseIterable {
    /// Told when the quiet hours are over, if it still holds.
    case quietHours = "quiet_hours"
    /// Told when the cool-down is over, if it still holds.
    case coolDown = "cooldown"
    /// The hour's messages are used up: this episode is never told.
    case rateLimit = "rate_limit"

    /// Whether it is told later, if it still holds.
    var isPostponed: Bool { self != .rateLimit }
}

extension AlertState {
    enum Step: Hashable, Sendable {
        case none
        /// Only the phase is another.
        case changed
        /// An episode has begun, or one that was postponed might be told now.
        case due
        case ended
    }

    /// What a value, or its absence, makes of the state. The caller tells, or suppresses, what is `due`.
    mutating func step(_ new: Double?, _ level: AlertLevel, for duration: TimeInterval, at now: Date) -> Step {
        // What comes late tells of a time that is over.
        guard now >= since else { return .none }
        value = new
        guard let new else { return lose(at: now) }
        unknownSince = nil
        switch phase {
        case .calm:
            guard level.isReached(by: new) else { return .none }
            phase = .pending
            since = now
            return duration > 0 ? .changed : begin(at: now)
        case .pending:
            guard level.isReached(by: new) else { return calmDown(at: now) }
            return now.timeIntervalSince(since) >= duration ? begin(at: now) : .none
        case .active:
            guard !level.isLeft(at: new) else {
                _ = calmDown(at: now)
                return .ended
            }
            return suppression?.isPostponed == true ? .due : .none
        }
    }

    private mutating func lose(at now: Date) -> Step {
        guard phase != .calm else { return .none }
        guard let lost = unknownSince else {
            unknownSince = now
            return .none
        }
        guard now.timeIntervalSince(lost) >= Self.patience else { return .none }
        let wasActive = phase == .active
        _ = calmDown(at: now)
        return wasActive ? .ended : .changed
    }

    private mutating func begin(at now: Date) -> Step {
        phase = .active
        since = now
        episode += 1
        suppression = nil
        return .due
    }

    private mutating func calmDown(at now: Date) -> Step {
        phase = .calm
        since = now
        unknownSince = nil
        return .changed
    }
}
