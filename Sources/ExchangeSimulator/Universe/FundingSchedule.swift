/// When a contract pays funding: its intervals over time.
///
/// Payments fall on multiples of the interval since 00:00 UTC. An epoch without an interval is one without trading.
struct FundingSchedule: Sendable, Equatable {
    struct Epoch: Sendable, Equatable {
        /// Milliseconds since 1970; the epoch's first payment lies after it.
        var start: Int
        /// Nil: not traded.
        var hours: Int?
    }

    /// Ascending, never empty; the first starts with the listing.
    private(set) var epochs: [Epoch]

    init(from start: Int, everyHours hours: Int) {
        epochs = [Epoch(start: start, hours: hours)]
    }

    /// Milliseconds since 1970.
    var listedAt: Int { epochs[0].start }

    /// The hours between payments at a time; nil when not traded.
    func hours(at time: Int) -> Int? {
        epochs.last { $0.start <= time }?.hours
    }

    /// The interval that was last in force, traded or not.
    func lastHours(at time: Int) -> Int {
        epochs.last { $0.start <= time && $0.hours != nil }?.hours ?? epochs[0].hours ?? 8
    }

    func isTrading(at time: Int) -> Bool { hours(at: time) != nil }

    /// Whether the terms ever changed up to a time.
    func wasAdjusted(by time: Int) -> Bool { epochs.count { $0.start <= time && $0.hours != nil } > 1 }

    /// The payment that comes after a time, by the interval in force at that time.
    func nextPayment(after time: Int) -> Int {
        let step = lastHours(at: time) * .millisecondsOfHour
        return time.floored(to: step) + step
    }

    /// Changes the interval, or with nil ends trading, from a time on; what was planned after it is forgotten.
    mutating func change(toHours hours: Int?, at time: Int) {
        let listing = listedAt
        epochs.removeAll { $0.start >= time && $0.start != listing }
        if epochs[0].start >= time { epochs[0].hours = hours } else { epochs.append(Epoch(start: time, hours: hours)) }
    }

    /// Trades again at the interval it had.
    mutating func resume(at time: Int) { change(toHours: lastHours(at: time), at: time) }

    /// The payments in a closed range of time, ascending; of more than `limit` the earliest or, with `newest`, the
    /// latest.
    func payments(in range: ClosedRange<Int>, limit: Int = .max, newest: Bool = false) -> [Int] {
        var times: [Int] = []
        for index in newest ? Array(epochs.indices.reversed()) : Array(epochs.indices) {
            guard let hours = epochs[index].hours, times.count < limit else { continue }
            let step = hours * .millisecondsOfHour
            let first = (max(range.lowerBound, epochs[index].start + 1) - 1).floored(to: step) + step
            let end = index + 1 < epochs.count ? epochs[index + 1].start : Int.max
            let last = min(range.upperBound, end).floored(to: step)
            guard first <= last else { continue }
            let room = limit - times.count
            if newest {
                let start = room < (last - first) / step + 1 ? last - (room - 1) * step : first
                times = Array(stride(from: start, through: last, by: step)) + times
            } else {
                let stop = room < (last - first) / step + 1 ? first + (room - 1) * step : last
                times.append(contentsOf: stride(from: first, through: stop, by: step))
            }
        }
        return times
    }
}
