/// Reads a timestamp's fixed places from the front, byte by byte: a poll has thousands of them.
struct DigitReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var place = 0

    /// - Parameter bytes: a text's UTF-8, which has to outlive the reader.
    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    var isAtEnd: Bool { place == bytes.count }

    /// Exactly so many digits.
    mutating func number(_ digits: Int) -> Int? {
        guard place + digits <= bytes.count else { return nil }
        var number = 0
        for _ in 0..<digits {
            guard let digit = digit else { return nil }
            number = number * 10 + digit
            place += 1
        }
        return number
    }

    mutating func take(_ mark: Unicode.Scalar) -> Bool {
        guard !isAtEnd, bytes[place] == UInt8(ascii: mark) else { return false }
        place += 1
        return true
    }

    /// One to nine digits behind a point.
    mutating func fraction() -> Double? {
        var (number, scale, digits) = (0, 1, 0)
        while let digit {
            guard digits < 9 else { return nil }
            (number, scale, digits) = (number * 10 + digit, scale * 10, digits + 1)
            place += 1
        }
        // Both are exact, so that the quotient is what the digits would be read as.
        return digits > 0 ? Double(number) / Double(scale) : nil
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

    private var digit: Int? {
        guard place < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[place]) else { return nil }
        return Int(bytes[place] - UInt8(ascii: "0"))
    }
}
