import Foundation

/// Reads the interval of each payment of a contract off its neighbours.
///
/// Let i be the interval of the payment before and d the distance to it. Where d = i nothing changed. Where d is a
/// multiple of i, either the interval grew or payments are missing: it grew if the next distance is d too, or if the
/// ledger says so. Where d is shorter than i, the interval shrank to d. Only 1, 2, 4, 6, 8, 12 and 24 hours count as
/// intervals, and what the exchange itself states, here or in the ledger.
struct IntervalReading {
    private let payments: [Payment]
    private let ledger: IntervalLedger
    /// In minutes.
    private let known: Set<Int>

    private static let usual = [1, 2, 4, 6, 8, 12, 24].map { $0 * 60 }
    /// A distance longer than any interval says nothing of the interval.
    private static let longest = 24 * 60
    /// How many distances may be looked at for the first payment's sake.
    private static let lookAhead = 8

    /// - Parameter payments: ascending, one a slot.
    init(_ payments: [Payment], ledger: IntervalLedger) {
        self.payments = payments
        self.ledger = ledger
        known = Set(Self.usual)
            .union(ledger.entries.map(\.interval.minutes))
            .union(payments.compactMap(\.interval?.minutes))
    }

    /// - Parameter previous: the interval of the payment before, if there is one.
    func interval(of index: Int, after previous: FundingInterval?) -> FundingInterval? {
        let payment = payments[index]
        if let stated = payment.interval { return stated }
        let recorded = ledger.interval(endingAt: payment.slot)
        let next = distance(before: index + 1)
        if let previous, index > 0, let distance = distance(before: index), distance <= Self.longest {
            let minutes = followed(
                by: next, distance: distance, previous: previous.minutes, recorded: recorded?.minutes
            )
            return FundingInterval(minutes: minutes)
        }
        return first(at: index, next: next, recorded: recorded?.minutes).flatMap(FundingInterval.init(minutes:))
            ?? previous
    }

    /// The interval of a payment `distance` after one whose interval is `previous`.
    private func followed(by next: Int?, distance: Int, previous: Int, recorded: Int?) -> Int {
        if distance == previous { return previous }
        if known.contains(distance), distance < previous || next == distance || recorded == distance {
            return distance
        }
        // Payments are missing, or the interval grew at an instant off the new grid.
        if let recorded, recorded == next { return recorded }
        if distance.isMultiple(of: previous) { return previous }
        if let next, known.contains(next), distance.isMultiple(of: next) { return next }
        return recorded ?? previous
    }

    /// The interval of a payment with none shortly before it, by what follows; the ledger takes the place of the
    /// payment before.
    private func first(at index: Int, next: Int?, recorded: Int?) -> Int? {
        guard let recorded else {
            return (index + 1..<index + 1 + Self.lookAhead).lazy.compactMap(distance(before:)).first(
                where: known.contains)
        }
        guard let next, known.contains(next) else { return recorded }
        let isRepeated = distance(before: index + 2) == next
        return next < recorded || isRepeated ? next : recorded
    }

    /// Minutes from the payment before.
    private func distance(before index: Int) -> Int? {
        guard index > 0, index < payments.count else { return nil }
        return Int((payments[index].slot.timeIntervalSince(payments[index - 1].slot) / 60).rounded())
    }
}
