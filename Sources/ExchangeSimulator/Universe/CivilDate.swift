import Foundation

/// A day of the calendar, UTC, as names of dated contracts need it.
struct CivilDate {
    var year: Int
    /// 1 is January.
    var month: Int
    var day: Int
    /// 0 is Sunday.
    var weekday: Int

    init(of milliseconds: Int) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let date = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
        let parts = calendar.dateComponents([.year, .month, .day, .weekday], from: date)
        year = parts.year ?? 1970
        month = parts.month ?? 1
        day = parts.day ?? 1
        weekday = (parts.weekday ?? 1) - 1
    }

    private static let months = [
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ]

    /// `250926`
    var digits: String { [year % 100, month, day].map(Self.padded).joined() }

    /// `26SEP25`
    var dayMonthYear: String { "\(day)\(Self.months[month - 1])\(Self.padded(year % 100))" }

    /// `U25`: the letter that futures traders give the month.
    var letterYear: String { "\(Array("FGHJKMNQUVXZ")[month - 1])\(Self.padded(year % 100))" }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
