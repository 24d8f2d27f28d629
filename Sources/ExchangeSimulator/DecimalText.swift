import FundingJSON

/// Numbers as exchanges write them: with a fixed count of decimals.
enum DecimalText {
    private static let powers: [Double] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12]

    /// Rounded to `digits` decimals, at most 12; with `trimmed`, without the zeros at the end, though with one digit
    /// after the point if `keepsPoint`.
    static func text(_ value: Double, digits: Int, trimmed: Bool = false, keepsPoint: Bool = false) -> String {
        var text: [UInt8] = []
        append(value, digits: digits, to: &text)
        if trimmed, digits > 0 {
            while text.last == UInt8(ascii: "0") { text.removeLast() }
            if text.last == UInt8(ascii: ".") {
                if keepsPoint { text.append(UInt8(ascii: "0")) } else { text.removeLast() }
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func append(_ value: Double, digits: Int, to text: inout [UInt8]) {
        let scaled = (value * powers[digits]).rounded()
        guard scaled.magnitude < 9e18 else { return text.append(contentsOf: value.description.utf8) }
        if scaled < 0 { text.append(UInt8(ascii: "-")) }
        var reversed: [UInt8] = []
        var rest = UInt64(scaled.magnitude)
        for place in 0... {
            guard rest > 0 || place <= digits else { break }
            if place == digits, digits > 0 { reversed.append(UInt8(ascii: ".")) }
            reversed.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        }
        text.append(contentsOf: reversed.reversed())
    }

    /// Rounded to `digits` decimals, as the nearest double.
    static func rounded(_ value: Double, digits: Int) -> Double {
        (value * powers[digits]).rounded() / powers[digits]
    }
}

extension JSONWriter {
    /// Writes a member that is a number in quotes with a fixed count of decimals.
    mutating func field(_ key: StaticString, quoting value: Double, digits: Int) {
        field(key, DecimalText.text(value, digits: digits))
    }
}
