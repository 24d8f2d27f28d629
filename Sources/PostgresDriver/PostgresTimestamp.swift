import Foundation

/// How a `Date` becomes a timestamp of Postgres and back: microseconds since 2000-01-01 00:00 UTC.
///
/// Rounds to the nearest microsecond. A `Date` is a `Double` of seconds, which holds every microsecond of the years
/// 1716 to 2286; further away it is coarser (about 2 ms at the server's limits). `infinity` and `-infinity` are dates
/// at an infinite interval.
enum PostgresTimestamp {
    /// From the start of 2000 to the start of 2001, where `Date` counts from; 2000 was a leap year.
    private static let microsecondsTo2001: Int64 = 366 * 86_400 * 1_000_000
    private static let microsecondsPerDay: Int64 = 86_400 * 1_000_000

    /// A date outside the server's range becomes a number outside it too, which the server refuses with 22008.
    static func microseconds(of date: Date) -> Int64 {
        let seconds = date.timeIntervalSinceReferenceDate
        if seconds == .infinity { return .max }
        if seconds == -.infinity { return .min }
        let microseconds = (seconds * 1_000_000).rounded()
        guard abs(microseconds) < 9.3e18, let whole = Int64(exactly: microseconds) else { return .min + 1 }
        let (sum, overflow) = whole.addingReportingOverflow(microsecondsTo2001)
        return overflow ? .min + 1 : sum
    }

    static func date(microseconds: Int64) -> Date {
        if microseconds == .max { return Date(timeIntervalSinceReferenceDate: .infinity) }
        if microseconds == .min { return Date(timeIntervalSinceReferenceDate: -.infinity) }
        return Date(timeIntervalSinceReferenceDate: Double(microseconds - microsecondsTo2001) / 1_000_000)
    }

    /// Midnight UTC of a `date`, which counts days from 2000-01-01.
    static func date(days: Int32) -> Date {
        if days == .max { return Date(timeIntervalSinceReferenceDate: .infinity) }
        if days == .min { return Date(timeIntervalSinceReferenceDate: -.infinity) }
        return date(microseconds: Int64(days) * microsecondsPerDay)
    }
}
