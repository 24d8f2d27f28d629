public import Foundation

/// The settled payments of one contract's last 30 days and what they come to, as rates per hour: only these compare
/// where the interval has changed.
///
/// A new current rate costs two bisections. A payment costs a bisection, a short move and a pass over the window.
public struct SlidingStatistics: Sendable, Equatable {
    /// 30 days: a payment that fell due this long ago has just left.
    public static let span: TimeInterval = 30 * 86_400

    /// A payment as the window keeps it: sixteen bytes.
    package struct Payment: Hashable, Sendable {
        var hourlyRate: Double
        /// When it fell due, in seconds since 1970.
        var seconds: UInt32
        /// What it was paid for.
        var minutes: UInt16
    }

    /// Ascending, one a funding time.
    private(set) var payments: [Payment] = []
    /// Their rates, ascending.
    private var ascending: [Double] = []
    /// What they come to, of rates per hour; nil for none.
    public private(set) var summary: SampleSummary?
    private var minutesPaid = 0

    public init() {}

    /// - Parameter points: in any order; of two with one funding time the later given counts.
    public init(_ points: some Sequence<SettledPoint>) {
        self.init(payments: points.compactMap(Payment.init))
    }

    /// - Parameter payments: in any order; of two with one funding time the later given counts.
    package init(payments given: [Payment]) {
        payments = Self.onePerTime(given)
        ascending = payments.map(\.hourlyRate).sorted()
        sumUp()
    }

    public var count: Int { payments.count }

    /// When the last payment fell due.
    public var lastFundingTime: Date? {
        payments.last.map { Date(timeIntervalSince1970: TimeInterval($0.seconds)) }
    }

    /// How many hours have been paid for.
    public var hoursPaid: Double { Double(minutesPaid) / 60 }

    /// Takes in payments, late and revised ones too: of one funding time the last given counts. Lets go of what has left
    /// the window.
    /// - Returns: whether that changed anything.
    @discardableResult
    public mutating func insert(_ points: some Sequence<SettledPoint>, at now: Date) -> Bool {
        var isChanged = removeThrough(Self.limit(at: now))
        for payment in points.lazy.compactMap(Payment.init)
        where Double(payment.seconds) > Self.limit(at: now) && insert(payment) { isChanged = true }
        if isChanged { sumUp() }
        return isChanged
    }

    /// Lets go of what has left the window.
    /// - Returns: whether anything has.
    @discardableResult
    public mutating func evict(at now: Date) -> Bool {
        let isChanged = removeThrough(Self.limit(at: now))
        if isChanged { sumUp() }
        return isChanged
    }

    /// Where a rate per hour stands among the payments'; see `PercentileRank`.
    public func percentile(of hourlyRate: Double) -> Double? {
        PercentileRank.rank(of: hourlyRate, ascending: ascending)
    }

    private mutating func sumUp() {
        summary = SampleSummary(ascending: ascending)
        minutesPaid = payments.reduce(0) { $0 + Int($1.minutes) }
    }

    /// What fell due then or before is out of the window.
    private static func limit(at now: Date) -> TimeInterval { now.timeIntervalSince1970 - span }

    private mutating func removeThrough(_ limit: TimeInterval) -> Bool {
        let left = payments.prefix { Double($0.seconds) <= limit }
        guard !left.isEmpty else { return false }
        for payment in left { removeFromAscending(payment.hourlyRate) }
        payments.removeFirst(left.count)
        return true
    }

    private mutating func insert(_ payment: Payment) -> Bool {
        let place = firstPlace(from: payment.seconds)
        if place < payments.count, payments[place].seconds == payment.seconds {
            guard payments[place] != payment else { return false }
            removeFromAscending(payments[place].hourlyRate)
            payments[place] = payment
        } else {
            payments.insert(payment, at: place)
        }
        ascending.insert(payment.hourlyRate, at: ascending.firstIndex(from: payment.hourlyRate, isIncluded: true))
        return true
    }

    private mutating func removeFromAscending(_ rate: Double) {
        ascending.remove(at: ascending.firstIndex(from: rate, isIncluded: true))
    }

    /// New payments nearly always come last.
    private func firstPlace(from seconds: UInt32) -> Int {
        guard let last = payments.last, last.seconds >= seconds else { return payments.count }
        var (low, high) = (0, payments.count)
        while low < high {
            let middle = (low + high) / 2
            if payments[middle].seconds < seconds { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func onePerTime(_ payments: [Payment]) -> [Payment] {
        var kept: [Payment] = []
        kept.reserveCapacity(payments.count)
        // Stable: of those with one time the later given comes last.
        for payment in payments.sorted(by: { $0.seconds < $1.seconds }) {
            if kept.last?.seconds == payment.seconds { kept.removeLast() }
            kept.append(payment)
        }
        return kept
    }
}

extension SlidingStatistics.Payment {
    /// Nil for what is no number, or lies before 1970: nobody has been paid that.
    init?(_ point: SettledPoint) {
        self.init(fundingTime: point.fundingTime, rate: point.fundingRate, interval: point.interval)
    }

    package init?(fundingTime: Date, rate: Double, interval: FundingInterval) {
        let seconds = UInt32(exactly: fundingTime.timeIntervalSince1970.rounded())
        guard let seconds, rate.isFinite else { return nil }
        self.init(
            hourlyRate: Annualising.hourlyRate(of: rate, every: interval), seconds: seconds,
            minutes: UInt16(interval.minutes))
    }
}
