extension NumberScan {
    /// Whether the bytes in `range` are one number and nothing else.
    static func isNumber(_ source: Span<UInt8>, _ range: Range<Int>) -> Bool {
        NumberScan(source, range).fills(range)
    }

    /// The nearest double to the number that fills `range`; nil if none does or it is not finite as a double.
    static func double(_ source: Span<UInt8>, _ range: Range<Int>) -> Double? {
        let number = NumberScan(source, range)
        guard number.fills(range) else { return nil }
        if let exact = number.exactDouble { return exact }
        // Rare, so it may copy. Unlike `strtod` this does not depend on the locale.
        let text = String(unsafeUninitializedCapacity: range.count) { buffer in
            for offset in range { buffer[offset - range.lowerBound] = source[offset] }
            return range.count
        }
        guard let value = Double(text), value.isFinite else { return nil }
        return value
    }

    /// The integer that fills `range`, however it is written; nil if it is none or does not fit.
    static func integer(_ source: Span<UInt8>, _ range: Range<Int>) -> Int? {
        let number = NumberScan(source, range)
        return number.fills(range) ? number.exactInteger : nil
    }

    private func fills(_ range: Range<Int>) -> Bool {
        isValid && end == range.upperBound
    }

    /// The nearest double where one multiplication or division finds it, which is nearly always; nil where the text has
    /// to be converted the long way.
    ///
    /// Digits below 2^53 and a power of ten up to 22 are both exact as doubles, so the one operation on them rounds
    /// once and correctly (Clinger's fast path).
    private var exactDouble: Double? {
        guard !isTruncated else { return nil }
        if mantissa == 0 { return isNegative ? -0.0 : 0.0 }
        guard mantissa <= 1 << 53, exponent >= -22, exponent <= 22 else { return nil }
        let digits = Double(mantissa)
        let magnitude = exponent < 0 ? digits / Self.exactPowers[-exponent] : digits * Self.exactPowers[exponent]
        return isNegative ? -magnitude : magnitude
    }

    /// The powers of ten that a `Double` holds exactly.
    private static let exactPowers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    /// The value if it is a whole number that an `Int` holds; `1.0` and `1e3` are, `1.5` and `1e19` are not.
    private var exactInteger: Int? {
        // Twenty significant digits are either more than an `Int` holds or a fraction.
        guard !isTruncated else { return nil }
        var digits = mantissa
        var power = digits == 0 ? 0 : exponent
        while power < 0 {
            guard digits % 10 == 0 else { return nil }
            digits /= 10
            power += 1
        }
        while power > 0 {
            let (product, overflow) = digits.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            digits = product
            power -= 1
        }
        guard isNegative else { return Int(exactly: digits) }
        return digits <= Int.min.magnitude ? Int(truncatingIfNeeded: 0 &- digits) : nil
    }
}
