public import Foundation

/// What of a window is stored and what is missing.
public struct HistoryReport: Hashable, Sendable {
    /// Payments in a row that are missing.
    public struct Gap: Hashable, Sendable {
        /// When the first of them was due.
        public var from: Date
        /// When the last of them was due.
        public var to: Date
        public var missing: Int

        public init(from: Date, to: Date, missing: Int) {
            self.from = from
            self.to = to
            self.missing = missing
        }
    }

    public enum Status: String, Sendable {
        /// At least 95 % are there.
        case complete
        /// At least 80 %.
        case partialHigh = "partial_high"
        /// At least 50 %.
        case partialMedium = "partial_medium"
        case incomplete
        /// Payments fell due, none is there.
        case noData = "no_data"
        /// None is there, and nothing tells how many fell due.
        case intervalUnknown = "interval_unknown"
    }

    /// The part of the window in which payments fell due: not before the listing, not after `now` less the publication
    /// delay. Nil if that is no part of it; then nothing is expected, and nothing missing.
    public var window: ClosedRange<Date>?
    /// How many payments fell due.
    public var expected: Int
    /// How many of them are there.
    public var present: Int
    /// What is not there, ascending. Without any payment to tell the grid's anchor (KuCoin pays 8 h contracts at 04, 12
    /// and 20 UTC) it is taken to be midnight UTC, which may be one payment off.
    public var gaps: [Gap]

    /// A contract with less of its history than this, in percent, deserves another try.
    public static let retryThreshold = 95.0

    /// Percent of the expected that is present, at most 100; 100 where nothing is expected.
    public var completeness: Double {
        if status == .intervalUnknown { return 0 }
        return expected == 0 ? 100 : 100 * Double(present) / Double(expected)
    }

    public var status: Status

    /// How much another try is worth, from 0 to 100: half by what is missing, three tenths by the number of gaps up to
    /// ten, the rest if there are enough payments to know that the contract works.
    public var retryPriority: Double {
        let lack = (100 - completeness) / 100
        let scatter = min(Double(gaps.count) / 10, 1)
        return 100 * (0.5 * lack + 0.3 * scatter + 0.2 * (present > 10 ? 1 : 0.5))
    }

    /// - Parameters:
    ///   - points: the stored payments, ascending. Those outside the window are not counted, but the nearest on either
    ///     side tell the grid.
    ///   - window: both ends inclusive.
    ///   - listedAt: nothing was due up to then; a payment that is missing right after it is not missed, if it is one,
    ///     for an exchange may begin with the second.
    ///   - publicationDelay: how long after falling due the exchange may take to publish a payment, in seconds.
    public init(
        points: [(time: Date, interval: FundingInterval)], during window: ClosedRange<Date>, listedAt: Date?,
        ledger: IntervalLedger, now: Date, publicationDelay: TimeInterval
    ) {
        let lower = max(window.lowerBound, listedAt ?? window.lowerBound)
        let upper = min(window.upperBound, now.addingTimeInterval(-publicationDelay))
        guard lower <= upper else {
            self.init(during: nil, present: 0, gaps: [])
            return
        }
        let slots = PaymentGrid(during: lower...upper, isListedWithin: listedAt.map { $0 >= lower } ?? false, ledger)
        let (present, gaps) = slots.account(of: points)
        if present == 0, gaps.isEmpty, points.isEmpty, ledger.entries.isEmpty {
            self.init(during: lower...upper, present: 0, gaps: [])
            status = .intervalUnknown
        } else {
            self.init(during: lower...upper, present: present, gaps: gaps)
        }
    }

    /// The report of what was counted elsewhere.
    /// - Parameter window: the part in which payments fell due.
    public init(during window: ClosedRange<Date>?, present: Int, gaps: [Gap]) {
        self.window = window
        self.present = present
        self.gaps = gaps
        expected = present + gaps.reduce(0) { $0 + $1.missing }
        status = Self.status(present: present, expected: expected)
    }

    private static func status(present: Int, expected: Int) -> Status {
        guard expected > 0 else { return .complete }
        return switch 100 * Double(present) / Double(expected) {
        case 0: .noData
        case retryThreshold...: .complete
        case 80...: .partialHigh
        case 50...: .partialMedium
        default: .incomplete
        }
    }
}
