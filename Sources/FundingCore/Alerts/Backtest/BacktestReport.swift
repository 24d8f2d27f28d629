public import Foundation

/// What a rule would have told.
public struct BacktestReport: Sendable {
    /// One alert that would have been told.
    public struct Firing: Hashable, Sendable {
        public var subject: AlertSubject
        public var firedAt: Date
        public var value: Double?
        /// When the condition held no more; nil if it held to the window's end.
        public var endedAt: Date?
        /// Seconds for which it held.
        public var life: TimeInterval
        /// What the pair paid while it held, fills of entry and exit included; nil for what is no pair, and where an
        /// exchange's fee is not known.
        public var replay: PairReplay?
    }

    public var window: ClosedRange<Date>
    /// In the order of time.
    public var firings: [Firing]
    /// How often an alert would have been held back or left out, by reason.
    public var suppressed: [AlertSuppression: Int]

    init(
        _ decisions: [AlertDecision], during window: ClosedRange<Date>,
        replay: (AlertSubject, ClosedRange<Date>) -> PairReplay?
    ) {
        self.window = window
        let ends = Dictionary(
            decisions.filter { $0.kind == .ended }.map { ("\($0.subject.key)/\($0.episode)", $0.at) }
        ) { first, _ in first }
        firings = decisions.filter { $0.kind == .fired }.map { fired in
            let end = ends["\(fired.subject.key)/\(fired.episode)"]
            let held = fired.at...max(fired.at, end ?? window.upperBound)
            return Firing(
                subject: fired.subject, firedAt: fired.at, value: fired.value, endedAt: end,
                life: held.upperBound.timeIntervalSince(held.lowerBound), replay: replay(fired.subject, held))
        }
        suppressed = [:]
        for case .suppressed(let reason) in decisions.map(\.kind) { suppressed[reason, default: 0] += 1 }
    }

    /// Half of the alerts held longer; nil if none would have been told.
    public var medianLife: TimeInterval? {
        let lives = firings.map(\.life).sorted()
        guard !lives.isEmpty else { return nil }
        let middle = lives.count / 2
        return lives.count % 2 == 1 ? lives[middle] : (lives[middle - 1] + lives[middle]) / 2
    }

    /// Alerts whose pair would have left something after fees, of those of which that is known.
    public var paid: (count: Int, of: Int) {
        let nets = firings.compactMap { $0.replay?.net }
        return (nets.count { $0 > 0 }, nets.count)
    }
}
