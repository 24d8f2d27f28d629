import Foundation

/// A contract's settled rate per hour as a step function of time, read off at the last 720 full hours: each payment
/// holds for the time it was paid for, and what no payment covers is open.
///
/// Two contracts that pay at different times and intervals meet on these hours.
struct HourlyRates: Sendable {
    /// 30 days.
    static let hours = 720

    /// The last full hour that was read, in hours since 1970.
    let lastHour: Int
    /// Fractions of notional per hour, ascending in time; NaN where nothing is known.
    let values: [Double]

    /// - Parameter lastHour: in hours since 1970; see `lastHour(at:)`.
    init(of window: SlidingStatistics, upTo lastHour: Int) {
        self.lastHour = lastHour
        let beforeFirst = lastHour - Self.hours
        var values = [Double](repeating: .nan, count: Self.hours)
        var previousEnd = Int.min
        for payment in window.payments {
            let end = Int(payment.seconds)
            // What an earlier payment was for, a later one is not.
            let start = max(end - Int(payment.minutes) * 60, previousEnd)
            previousEnd = end
            // A full hour belongs to the payment in whose time it lies, the end included and the beginning not.
            let first = max(Self.hour(atOrBefore: start) + 1, beforeFirst + 1)
            let last = min(Self.hour(atOrBefore: end), lastHour)
            guard first <= last else { continue }
            for hour in first...last { values[hour - beforeFirst - 1] = payment.hourlyRate }
        }
        self.values = values
    }

    /// The last full hour up to a time.
    static func lastHour(at now: Date) -> Int { hour(atOrBefore: Int(now.timeIntervalSince1970.rounded(.down))) }

    private static func hour(atOrBefore seconds: Int) -> Int { seconds / 3600 - (seconds % 3600 < 0 ? 1 : 0) }
}
