import Glibc
import NIOConcurrencyHelpers

/// The `Date` field, written once a second at most.
final class HTTPDate: Sendable {
    private let latest = NIOLockedValueBox((second: time_t(-1), text: ""))

    /// The time now, such as `Sun, 22 Nov 2026 08:30:00 GMT`.
    var now: String {
        let second = time(nil)
        return latest.withLockedValue { latest in
            if latest.second != second { latest = (second, Self.text(of: second)) }
            return latest.text
        }
    }

    static func text(of second: time_t) -> String {
        var second = second
        var parts = tm()
        gmtime_r(&second, &parts)
        let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map(twoDigits).joined(separator: ":")
        let day = "\(twoDigits(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(1900 + parts.tm_year)"
        return "\(weekdays[Int(parts.tm_wday)]), \(day) \(clock) GMT"
    }

    private static func twoDigits(_ number: Int32) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
