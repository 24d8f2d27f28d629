public import Foundation

/// When which interval was in force, as far as it is known (`contract_terms`): before the first entry it is unknown.
///
/// An entry begins when the change was noticed, which is some minutes after it took effect.
public struct IntervalLedger: Hashable, Sendable {
    struct Entry: Hashable, Sendable {
        var from: Date
        var interval: FundingInterval
    }

    /// Ascending, and no two neighbours alike.
    let entries: [Entry]

    /// In any order; entries that change nothing are left out.
    public init(_ entries: [(from: Date, interval: FundingInterval)]) {
        var kept: [Entry] = []
        for entry in entries.sorted(by: { $0.from < $1.from }) {
            // Of two that begin at once the later given holds.
            if kept.last?.from == entry.from { kept.removeLast() }
            guard kept.last?.interval != entry.interval else { continue }
            kept.append(Entry(from: entry.from, interval: entry.interval))
        }
        self.entries = kept
    }

    /// The interval in force at a time, a change at that very time included.
    public func interval(at time: Date) -> FundingInterval? {
        let following = firstIndex { $0 > time }
        return following == 0 ? nil : entries[following - 1].interval
    }

    /// The interval that a payment due at a time was for: the one in force before, for what changes at a payment holds
    /// from then on.
    public func interval(endingAt time: Date) -> FundingInterval? {
        let following = firstIndex { $0 >= time }
        return following == 0 ? nil : entries[following - 1].interval
    }

    /// The interval in force now.
    public var latest: FundingInterval? { entries.last?.interval }

    /// The shortest interval known to have been in force at any time in the window; `otherwise` if none is known.
    public func shortest(during window: ClosedRange<Date>, otherwise: FundingInterval) -> FundingInterval {
        let inForce = entries[max(firstIndex { $0 > window.lowerBound } - 1, 0)...]
        return inForce.prefix { $0.from <= window.upperBound }.map(\.interval).min() ?? otherwise
    }

    /// The changes from `start` on and before `end`.
    func changes(from start: Date, before end: Date) -> ArraySlice<Entry> {
        guard let last = entries.last, last.from >= start else { return [] }
        let lower = firstIndex { $0 >= start }
        return entries[lower..<max(lower, firstIndex { $0 >= end })]
    }

    /// The first entry whose beginning lies beyond, by bisection; the number of entries if there is none.
    private func firstIndex(where isBeyond: (Date) -> Bool) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if isBeyond(entries[middle].from) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
