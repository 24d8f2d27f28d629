/// Reads a number by the grammar of RFC 8259 and, on the way, takes it apart into digits and exponent.
///
/// The one implementation of that grammar: the parser asks where the number ends, the views ask what it is worth.
struct NumberScan {
    /// Whether the bytes up to `end` are a number.
    private(set) var isValid = false
    /// The offset behind the number, or of the byte that broke the grammar.
    private(set) var end: Int

    private(set) var isNegative = false
    /// The first 19 significant digits as an integer: the most that fit into 64 bits whatever they are.
    private(set) var mantissa: UInt64 = 0
    /// The power of ten to multiply `mantissa` with.
    private(set) var exponent = 0
    /// Whether a digit other than 0 did not fit into `mantissa`.
    private(set) var isTruncated = false

    private var significantDigits = 0
    private var droppedDigits = 0

    /// An exponent is counted up to here: further than any document is long, so no row of zeros can bring it back.
    private static let greatestExponent = 10_000_000_000

    /// Reads as much of `range` as is one number.
    @inline(__always)
    init(_ source: Span<UInt8>, _ range: Range<Int>) {
        end = range.lowerBound
        let limit = range.upperBound
        if end < limit, source[end] == UInt8(ascii: "-") {
            isNegative = true
            end += 1
        }
        if end < limit, source[end] == UInt8(ascii: "0") {
            end += 1
        } else {
            guard readDigits(source, limit) else { return }
            exponent = droppedDigits
        }
        if end < limit, source[end] == UInt8(ascii: ".") {
            end += 1
            let start = end
            let dropped = droppedDigits
            guard readDigits(source, limit) else { return }
            exponent -= (end - start) - (droppedDigits - dropped)
        }
        if end < limit, source[end] | 0x20 == UInt8(ascii: "e") {
            end += 1
            guard readExponent(source, limit) else { return }
        }
        isValid = true
    }

    /// Reads one digit or more into the mantissa.
    @inline(__always)
    private mutating func readDigits(_ source: Span<UInt8>, _ limit: Int) -> Bool {
        let start = end
        while end < limit {
            let digit = source[end] &- UInt8(ascii: "0")
            guard digit <= 9 else { break }
            if significantDigits < 19 {
                mantissa = mantissa &* 10 &+ UInt64(digit)
                significantDigits &+= mantissa == 0 ? 0 : 1
            } else {
                droppedDigits &+= 1
                isTruncated = isTruncated || digit != 0
            }
            end += 1
        }
        return end > start
    }

    private mutating func readExponent(_ source: Span<UInt8>, _ limit: Int) -> Bool {
        var isNegativeExponent = false
        if end < limit, source[end] == UInt8(ascii: "+") || source[end] == UInt8(ascii: "-") {
            isNegativeExponent = source[end] == UInt8(ascii: "-")
            end += 1
        }
        let start = end
        var value = 0
        while end < limit {
            let digit = source[end] &- UInt8(ascii: "0")
            guard digit <= 9 else { break }
            if value < Self.greatestExponent { value = value * 10 + Int(digit) }
            end += 1
        }
        exponent += isNegativeExponent ? -value : value
        return end > start
    }
}
