/// Reads a timestamp's fixed places from the front; a Regex would cost the API more than everything else in an event.
struct DigitReader {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = Substring(text).utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    /// Exactly so many digits.
    mutating func number(_ digits: Int) -> Int? {
        let taken = rest.prefix(digits)
        guard taken.count == digits, taken.allSatisfy({ Self.isDigit($0) }) else { return nil }
        rest = rest.dropFirst(digits)
        return taken.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    mutating func take(_ mark: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: mark) else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// One to nine digits behind a point.
    mutating func fraction() -> Double? {
        let digits = rest.prefix(while: Self.isDigit)
        guard (1...9).contains(digits.count), let value = Double("0." + String(Substring(digits))) else { return nil }
        rest = rest.dropFirst(digits.count)
        return value
    }

    /// `Z`, `+01:00` or `+0100`, in seconds ahead of UTC.
    mutating func offset() -> Int? {
        if take("Z") { return 0 }
        let isBehind = take("-")
        guard isBehind || take("+"), let hours = number(2) else { return nil }
        _ = take(":")
        guard let minutes = number(2), hours < 24, minutes < 60 else { return nil }
        return (hours * 3600 + minutes * 60) * (isBehind ? -1 : 1)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
