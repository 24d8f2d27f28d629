import Foundation

/// The instants of a window at which payments of a contract fell due, anchored at the payments that were made.
struct PaymentGrid {
    private let window: ClosedRange<Date>
    /// Whether the window begins with the contract's listing.
    private let isListedWithin: Bool
    private let ledger: IntervalLedger

    init(during window: ClosedRange<Date>, isListedWithin: Bool, _ ledger: IntervalLedger) {
        self.window = window
        self.isListedWithin = isListedWithin
        self.ledger = ledger
    }

    typealias Point = (time: Date, interval: FundingInterval)

    /// How many of the payments lie in the window, and what is missing there before, between and after them.
    /// - Parameter points: ascending.
    func account(of points: [Point]) -> (present: Int, gaps: [HistoryReport.Gap]) {
        var gaps: [HistoryReport.Gap] = []
        func add(_ missing: MissingPayments) {
            if let gap = missing.gap { gaps.append(gap) }
        }
        var present = 0
        var previous: Point?
        for point in points {
            if let last = previous, point.time <= last.time { continue }
            if point.time >= window.lowerBound {
                if let last = previous {
                    if point.time.timeIntervalSince(last.time) > point.interval.seconds {
                        add(missing(between: last, point))
                    }
                } else {
                    add(missing(before: point))
                }
            }
            previous = point
            guard point.time <= window.upperBound else { break }
            if point.time >= window.lowerBound { present += 1 }
        }
        if let last = previous {
            if last.time < window.upperBound { add(missing(after: last)) }
        } else {
            add(missingThroughout())
        }
        return (present, gaps)
    }

    /// What was due between two payments. Where the interval changed in between and the ledger knows when, each part
    /// counts by its own; otherwise all by that of the later payment.
    private func missing(between earlier: Point, _ later: Point) -> MissingPayments {
        var missing = MissingPayments(within: window)
        var start = earlier.time
        var changedAt = earlier.time
        let changes = ledger.changes(from: earlier.time, before: later.time)
        if let change = changes.last, change.interval == later.interval {
            start = missing.walk(from: start, every: earlier.interval, through: changes)
            changedAt = change.from
        }
        // What is closer than half an interval is the payment before itself, off the grid by a little.
        let offGrid = start + later.interval.seconds / 2
        missing.add(before: later.time, every: later.interval, downTo: max(offGrid, changedAt))
        return missing
    }

    /// What was due before the first payment. A change that the ledger knows is taken to have happened at the last payment
    /// before it was noticed.
    private func missing(before first: Point) -> MissingPayments {
        var missing = MissingPayments(within: window)
        var (slot, interval) = (first.time, first.interval)
        for change in ledger.changes(from: window.lowerBound, before: first.time).reversed() {
            guard change.interval == interval else { break }
            slot = missing.add(before: slot, every: interval, downToAndOnceBelow: change.from)
            guard let before = ledger.interval(endingAt: change.from) else { break }
            interval = before
        }
        let isNew = isListedWithin && slot.timeIntervalSince(window.lowerBound) <= 1.5 * interval.seconds
        if !isNew { missing.add(before: slot, every: interval, downTo: start) }
        return missing
    }

    /// What was due after the last payment: never more than must have been. After a change to a longer interval the
    /// first payment may be due up to that interval after the last.
    private func missing(after last: Point) -> MissingPayments {
        var missing = MissingPayments(within: window)
        _ = missing.walk(
            from: last.time, every: last.interval,
            through: ledger.changes(from: last.time, before: window.upperBound), upTo: window.upperBound
        )
        return missing
    }

    /// What was due if nothing was ever paid, on the grid of midnight UTC.
    private func missingThroughout() -> MissingPayments {
        var missing = MissingPayments(within: window)
        guard let first = ledger.interval(at: window.lowerBound) ?? ledger.entries.first?.interval else {
            return missing
        }
        let step = first.seconds
        let slotBefore = (start.timeIntervalSince1970 / step).rounded(.down) * step
        _ = missing.walk(
            from: Date(timeIntervalSince1970: slotBefore), every: first,
            through: ledger.changes(from: window.lowerBound, before: window.upperBound), upTo: window.upperBound
        )
        return missing
    }

    /// What is due lies after this: at the time of its listing nothing is due.
    private var start: Date { isListedWithin ? window.lowerBound : window.lowerBound.addingTimeInterval(-1) }
}
