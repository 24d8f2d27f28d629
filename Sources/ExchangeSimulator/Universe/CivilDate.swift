/// A day of the calendar, UTC, as names of dated contracts need it.
struct CivilDate {
    var year: Int
    /// 1 is January.
    var month: Int
    var day: Int
    /// 0 is Sunday.
    var weekday: Int

    /// By arithmetic, after Howard Hinnant's "chrono-compatible low-level date algorithms": a long history has tens of
    /// thousands of dates.
    init(of milliseconds: Int) {
        let days = milliseconds.floored(to: .millisecondsOfDay) / .millisecondsOfDay
        let shifted = days + 719_468
        let era = shifted.floored(to: 146_097) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        weekday = (days + 4) - (days + 4).floored(to: 7)
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
