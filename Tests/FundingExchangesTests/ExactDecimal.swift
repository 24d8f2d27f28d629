/// A decimal number as it is written, free of the spellings it may have: `1.50e3`, `1500` and `+1500.0` are the same.
struct ExactDecimal: Equatable {
    let isNegative: Bool
    /// Without zeros at either end; empty for 0.
    let digits: String
    /// The power of ten that the digits, read as a whole number, are multiplied by.
    let exponent: Int

    init?(_ text: String) {
        guard let match = text.wholeMatch(of: /([+-]?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?/) else {
            return nil
        }
        let fraction = match.3 ?? ""
        let written = String(match.2 + fraction)
        let leading = written.drop { $0 == "0" }
        let trailing = leading.reversed().prefix { $0 == "0" }.count
        digits = String(leading.dropLast(trailing))
        isNegative = match.1 == "-" && !digits.isEmpty
        guard let stated = Int(match.4 ?? "0") else { return nil }
        exponent = digits.isEmpty ? 0 : stated - fraction.count + trailing
    }
}
