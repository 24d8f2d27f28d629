/// When a feed is asked: at a fixed rhythm with an offset of its own, so that feeds do not all ask at once.
public struct PollSchedule: Sendable {
    public let period: Duration
    public let offset: Duration

    public init(period: Duration = .seconds(30), offset: Duration = .zero) {
        precondition(period > .zero, "A poll period must be above zero.")
        self.period = period
        self.offset = offset
    }

    /// The first tick after `now` on the grid `start + offset + k × period`. Ticks that were missed (a slow poll, a
    /// suspended machine) are skipped, never made up for in a burst.
    public func nextPoll(after now: ContinuousClock.Instant, startedAt start: ContinuousClock.Instant)
        -> ContinuousClock.Instant
    {
        let first = start + offset
        guard now >= first else { return first }
        let passed = ((now - first) / period).rounded(.down)
        return first + period * (passed + 1)
    }

    /// Spreads `count` feeds evenly over `window` at the beginning of each period; `index` is the feed's place among
    /// them. A new collector has asked all of them once the window is over.
    public static func staggered(_ index: Int, of count: Int, every period: Duration, within window: Duration)
        -> PollSchedule
    {
        PollSchedule(period: period, offset: min(window, period) * (Double(index) / Double(max(count, 1))))
    }
}
