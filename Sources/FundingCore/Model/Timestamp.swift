public import Foundation

/// Instants as text: RFC 3339 in UTC with milliseconds, `2026-11-22T07:18:22.983Z`.
public enum Timestamp {
    /// Milliseconds are rounded down, so that a text never lies ahead of its instant. What lies beyond the years 0 to
    /// 9999, which four digits cannot write, becomes their first or last millisecond.
    public static func text(_ date: Date) -> String {
        let milliseconds = wholeMilliseconds(date.timeIntervalSince1970)
        let (days, ofDay) = milliseconds.quotientAndRemainder(flooringBy: 86_400_000)
        let (year, month, day) = civilDate(daysSinceEpoch: days)
        var text = [UInt8](repeating: 0, count: 24)
        text.put(year, at: 0, digits: 4)
        text[4] = UInt8(ascii: "-")
        text.put(month, at: 5, digits: 2)
        text[7] = UInt8(ascii: "-")
        text.put(day, at: 8, digits: 2)
        text[10] = UInt8(ascii: "T")
        text.put(ofDay / 3_600_000, at: 11, digits: 2)
        text[13] = UInt8(ascii: ":")
        text.put(ofDay / 60_000 % 60, at: 14, digits: 2)
        text[16] = UInt8(ascii: ":")
        text.put(ofDay / 1000 % 60, at: 17, digits: 2)
        text[19] = UInt8(ascii: ".")
        text.put(ofDay % 1000, at: 20, digits: 3)
        text[23] = UInt8(ascii: "Z")
        return String(decoding: text, as: UTF8.self)
    }

    private static let firstMillisecond = daysSinceEpoch(year: 0, month: 1, day: 1) * 86_400_000
    private static let lastMillisecond = daysSinceEpoch(year: 10_000, month: 1, day: 1) * 86_400_000 - 1

    /// A double misses most decimal fractions by a little: what is within ten microseconds below a millisecond is meant to
    /// be it, or a time would move back whenever it is read and written again.
    private static func wholeMilliseconds(_ seconds: TimeInterval) -> Int {
        guard !seconds.isNaN else { return firstMillisecond }
        let milliseconds = (seconds * 1000 + 0.01).rounded(.down)
        return Int(min(max(milliseconds, Double(firstMillisecond)), Double(lastMillisecond)))
    }

    /// Reads RFC 3339 with up to nine fraction digits and `Z` or a numeric offset; nil for anything else, the 30th of
    /// February included. A leap second is the first second of the next minute.
    public static func parse(_ text: String) -> Date? {
        var text = text
        return text.withUTF8 { parse($0) }
    }

    private static func parse(_ text: UnsafeBufferPointer<UInt8>) -> Date? {
        var reader = DigitReader(text)
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let day = reader.number(2), reader.take("T") || reader.take(" "), let hour = reader.number(2),
            reader.take(":"), let minute = reader.number(2), reader.take(":"), let second = reader.number(2),
            (1...12).contains(month),
            civilDate(daysSinceEpoch: daysSinceEpoch(year: year, month: month, day: day)) == (year, month, day),
            hour < 24, minute < 60, second < 61,
            let fraction = reader.take(".") ? reader.fraction() : 0, let offset = reader.offset(), reader.isAtEnd
        else { return nil }
        let seconds = daysSinceEpoch(year: year, month: month, day: day) * 86_400 + hour * 3600 + minute * 60 + second
        return Date(timeIntervalSince1970: Double(seconds - offset) + fraction)
    }

    // The two directions of the proleptic Gregorian calendar, after Howard Hinnant's "chrono-compatible low-level date
    // algorithms": Foundation's formatters cost some 20 µs a call, which the API would pay thousands of times a second.

    private static func civilDate(daysSinceEpoch days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    private static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension Int {
    fileprivate func quotientAndRemainder(flooringBy divisor: Int) -> (Int, Int) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

extension [UInt8] {
    fileprivate mutating func put(_ number: Int, at start: Int, digits: Int) {
        var rest = number
        for position in (start..<start + digits).reversed() {
            self[position] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }
}
