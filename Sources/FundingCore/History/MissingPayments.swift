import Foundation

/// Counts the instants of a row of due payments that lie in a window, without visiting each.
struct MissingPayments {
    private let window: ClosedRange<Date>
    private var first: Date?
    private var last: Date?
    private var count = 0

    init(within window: ClosedRange<Date>) {
        self.window = window
    }

    var gap: HistoryReport.Gap? {
        guard let first, let last else { return nil }
        return HistoryReport.Gap(from: first, to: last, missing: count)
    }

    /// Adds the payments after `start`, up to `end` if they reach it.
    /// - Returns: the last of them; `start` if there is none.
    @discardableResult
    mutating func add(after start: Date, every interval: FundingInterval, upTo end: Date) -> Date {
        let steps = (end.timeIntervalSince(start) / interval.seconds).rounded(.down)
        guard steps >= 1 else { return start }
        add(from: start.addingTimeInterval(interval.seconds), steps: steps, every: interval)
        return start.addingTimeInterval(steps * interval.seconds)
    }

    /// Adds the payments before `end` that are after `start`.
    mutating func add(before end: Date, every interval: FundingInterval, downTo start: Date) {
        let distance = end.timeIntervalSince(start) / interval.seconds
        let steps = distance.rounded(.up) - 1
        guard steps >= 1 else { return }
        add(from: end.addingTimeInterval(-steps * interval.seconds), steps: steps, every: interval)
    }

    /// Adds the payments before `end` that are after `start`, and the one before those.
    /// - Returns: the first of them.
    mutating func add(before end: Date, every interval: FundingInterval, downToAndOnceBelow start: Date) -> Date {
        let steps = (end.timeIntervalSince(start) / interval.seconds).rounded(.up)
        let first = end.addingTimeInterval(-steps * interval.seconds)
        add(from: first, steps: steps, every: interval)
        return first
    }

    /// Adds the payments after `start` while the interval changes: up to each change by the interval before it, the
    /// payment at the change included; the next is due at the first instant after the change that is a whole number of
    /// new intervals from the last (KuCoin: a change from 8 h to 2 h at 11:10 makes 12:00 the next payment).
    /// - Parameter end: how far to go on after the last change; nil: not at all.
    /// - Returns: the last instant of the newest interval's grid up to the last change, or the last payment up to the end.
    mutating func walk(
        from start: Date, every interval: FundingInterval, through changes: ArraySlice<IntervalLedger.Entry>,
        upTo end: Date? = nil
    ) -> Date {
        var (slot, interval) = (start, interval)
        for change in changes {
            slot = add(after: slot, every: interval, upTo: change.from)
            interval = change.interval
            let passed = (change.from.timeIntervalSince(slot) / interval.seconds).rounded(.down)
            slot += passed * interval.seconds
        }
        return end.map { add(after: slot, every: interval, upTo: $0) } ?? slot
    }

    private mutating func add(from start: Date, steps: Double, every interval: FundingInterval) {
        let step = interval.seconds
        let skipped = max((window.lowerBound.timeIntervalSince(start) / step).rounded(.up), 0)
        let kept = min((window.upperBound.timeIntervalSince(start) / step).rounded(.down), steps - 1)
        guard skipped <= kept else { return }
        let (lower, upper) = (start.addingTimeInterval(skipped * step), start.addingTimeInterval(kept * step))
        first = min(first ?? lower, lower)
        last = max(last ?? upper, upper)
        count += Int(kept - skipped) + 1
    }
}

extension FundingInterval {
    var seconds: TimeInterval { Double(minutes) * 60 }
}
