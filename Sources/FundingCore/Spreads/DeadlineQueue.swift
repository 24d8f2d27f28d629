import Foundation

/// Contracts by the time at which they have to be looked at again: a binary heap with one entry a contract.
///
/// Deadlines mostly move away, a poll makes a contract young again, so an entry is not moved then: it comes up at its old
/// time, is found to be early and goes back in. Each contract thus costs one look in the time it takes to grow old,
/// however often it is confirmed.
struct DeadlineQueue: Sendable {
    private var entries: [(time: Date, id: Int)] = []
    /// The time of each contract's entry.
    private var times: [Int: Date] = [:]

    /// Makes sure that the contract comes up at `time` at the latest.
    mutating func schedule(_ id: Int, at time: Date) {
        if let known = times[id], known <= time { return }
        times[id] = time
        entries.append((time, id))
        siftUp(entries.count - 1)
    }

    /// Takes a contract whose time has come; nil if there is none.
    mutating func next(at now: Date) -> Int? {
        while let first = entries.first, first.time <= now {
            removeFirst()
            // An entry that was overtaken by an earlier one of the same contract is passed over.
            guard times[first.id] == first.time else { continue }
            times[first.id] = nil
            return first.id
        }
        return nil
    }

    mutating func remove(_ id: Int) { times[id] = nil }

    private mutating func siftUp(_ start: Int) {
        var index = start
        while index > 0, entries[index].time < entries[(index - 1) / 2].time {
            entries.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func removeFirst() {
        entries.swapAt(0, entries.count - 1)
        entries.removeLast()
        var index = 0
        while true {
            let children = [2 * index + 1, 2 * index + 2].filter { $0 < entries.count }
            guard let least = children.min(by: { entries[$0].time < entries[$1].time }),
                entries[least].time < entries[index].time
            else { return }
            entries.swapAt(index, least)
            index = least
        }
    }
}
