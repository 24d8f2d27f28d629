public import Foundation

/// What a pair would really have paid, by what was settled: long on one contract and short on another, with the same
/// notional on both legs all the time, entered at one instant and left at a later one.
///
/// A payment is received or made by whoever holds the position when it falls due: after `from` and up to `to`. A payment
/// that is missing in history is missing here, and counted; nothing stands in for it. All amounts are fractions of the
/// notional of one leg; prices' moves are not part of it.
public struct PairReplay: Hashable, Sendable {
    /// One leg: what history holds of its contract, and what is needed to know what it lacks.
    public struct Leg: Sendable {
        /// Ascending. Payments around the time of the replay tell the grid on which others are missing.
        public var points: [SettledPoint]
        public var ledger: IntervalLedger
        public var listedAt: Date?
        /// It is listed. One that is not is owed nothing after its last payment, for nothing tells when it ended.
        public var isActive: Bool
        /// When it was last paid for, if that may lie after the last of `points`.
        public var lastPaidAt: Date?

        public init(
            points: [SettledPoint], ledger: IntervalLedger = IntervalLedger([]), listedAt: Date? = nil,
            isActive: Bool = true, lastPaidAt: Date? = nil
        ) {
            self.points = points
            self.ledger = ledger
            self.listedAt = listedAt
            self.isActive = isActive
            self.lastPaidAt = lastPaidAt
        }
    }

    /// What each of the four fills costs, as a fraction of notional: maker or taker, as the caller decides.
    public struct Fees: Hashable, Sendable {
        public var longEntry: Double
        public var longExit: Double
        public var shortEntry: Double
        public var shortExit: Double

        public init(longEntry: Double, longExit: Double, shortEntry: Double, shortExit: Double) {
            self.longEntry = longEntry
            self.longExit = longExit
            self.shortEntry = shortEntry
            self.shortExit = shortExit
        }

        /// The same for entry and exit.
        public init(long: Double, short: Double) {
            self.init(longEntry: long, longExit: long, shortEntry: short, shortExit: short)
        }

        public var entry: Double { longEntry + shortEntry }
        public var exit: Double { longExit + shortExit }
    }

    /// An instant at which one leg or both paid.
    public struct Step: Hashable, Sendable {
        public var time: Date
        /// What was received for the leg; nil if it did not pay then.
        public var long: Double?
        public var short: Double?
        /// All that was received up to and including this, without fees.
        public var carry: Double
    }

    /// What a leg came to.
    public struct LegResult: Hashable, Sendable {
        /// Received in all; negative: paid.
        public var received: Double
        /// Payments that were found.
        public var payments: Int
        /// Payments that fell due and are not in history.
        public var missing: Int
        /// Payments that are not there either, but fell due so lately that they may still come.
        public var pending: Int
    }

    public var from: Date
    public var to: Date
    public var fees: Fees
    /// Ascending.
    public var path: [Step]
    public var long: LegResult
    public var short: LegResult
    /// The lowest balance while the position was open: after the fees of entry or after any instant of payment.
    public var worstBalance: Double

    /// - Parameters:
    ///   - to: not before `from`; if it lies after `now`, time is counted in which nothing was paid yet.
    ///   - now: what has not fallen due yet is not missing.
    ///   - publicationDelay: how long after falling due a payment may take to be in history, in seconds.
    public init(
        long: Leg, short: Leg, from: Date, to: Date, fees: Fees, now: Date, publicationDelay: TimeInterval
    ) {
        precondition(from <= to, "A position is left after it was entered.")
        self.from = from
        self.to = to
        self.fees = fees
        let period = Period(from: from, to: to, now: now, publicationDelay: publicationDelay)
        let (longPaid, shortPaid) = (period.payments(of: long), period.payments(of: short))
        path = Self.path(longPaid, shortPaid)
        self.long = period.result(of: long, .long, longPaid)
        self.short = period.result(of: short, .short, shortPaid)
        worstBalance = path.reduce(-fees.entry) { min($0, $1.carry - fees.entry) }
    }

    /// Received from both legs, without fees.
    public var carry: Double { path.last?.carry ?? 0 }

    /// What is left after all four fills.
    public var net: Double { carry - fees.entry - fees.exit }

    /// What was left, as percent a year of the time it took; nil for no time.
    public var netAPR: Double? {
        let hours = to.timeIntervalSince(from) / 3600
        return hours > 0 ? net / hours * Annualising.aprPerHourlyRate : nil
    }

    /// No payment of either leg is missing, and none is still to be published.
    public var isComplete: Bool { [long, short].allSatisfy { $0.missing == 0 && $0.pending == 0 } }

    /// Both ascending.
    private static func path(_ long: ArraySlice<SettledPoint>, _ short: ArraySlice<SettledPoint>) -> [Step] {
        var (long, short) = (long, short)
        var path: [Step] = []
        path.reserveCapacity(long.count + short.count)
        var carry = 0.0
        while let time = [long.first?.fundingTime, short.first?.fundingTime].compactMap(\.self).min() {
            let paidByLong = long.first?.fundingTime == time ? long.removeFirst().fundingRate : nil
            let paidByShort = short.first?.fundingTime == time ? short.removeFirst().fundingRate : nil
            let received = (
                long: paidByLong.map(PairSide.long.received), short: paidByShort.map(PairSide.short.received)
            )
            carry += (received.long ?? 0) + (received.short ?? 0)
            path.append(Step(time: time, long: received.long, short: received.short, carry: carry))
        }
        return path
    }
}

/// The time of a replay, and what was paid and missed in it.
private struct Period {
    var from: Date
    var to: Date
    var now: Date
    var publicationDelay: TimeInterval

    /// Funding times are whole seconds: none lies between a whole second and this much later.
    private static let finest: TimeInterval = 0.001

    func payments(of leg: PairReplay.Leg) -> ArraySlice<SettledPoint> {
        let first = leg.points.firstIndex { $0.fundingTime > from } ?? leg.points.endIndex
        let end = leg.points[first...].firstIndex { $0.fundingTime > to } ?? leg.points.endIndex
        return leg.points[first..<end]
    }

    func result(
        of leg: PairReplay.Leg, _ side: PairSide, _ payments: ArraySlice<SettledPoint>
    ) -> PairReplay.LegResult {
        PairReplay.LegResult(
            received: payments.reduce(0) { $0 + side.received(of: $1.fundingRate) }, payments: payments.count,
            missing: lacking(of: leg, after: from, upTo: published),
            pending: lacking(of: leg, after: max(from, published), upTo: now))
    }

    /// What fell due by then should be in history.
    private var published: Date { now.addingTimeInterval(-publicationDelay) }

    /// How many payments fell due in a part of the time and are not in history.
    private func lacking(of leg: PairReplay.Leg, after start: Date, upTo end: Date) -> Int {
        let first = Date(timeIntervalSince1970: start.timeIntervalSince1970.rounded(.down)) + Self.finest
        var last = min(to, end)
        if !leg.isActive {
            guard let lastPaid = leg.lastPaidAt ?? leg.points.last?.fundingTime else { return 0 }
            last = min(last, lastPaid)
        }
        guard first <= last else { return 0 }
        let report = HistoryReport(
            points: leg.points.map { ($0.fundingTime, $0.interval) }, during: first...last, listedAt: leg.listedAt,
            ledger: leg.ledger, now: last, publicationDelay: 0)
        return report.gaps.reduce(0) { $0 + $1.missing }
    }
}
