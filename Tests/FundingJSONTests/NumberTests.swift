import FundingJSON
import Testing

struct NumberTests {
    @Test(arguments: [
        "0", "-0", "0.0", "-0.0", "0e5", "0.1", "-1.5", "1e3", "1E3", "1e+3", "1e-3", "123456789012345", "0.0001",
        "9007199254740992", "9007199254740993", "1e22", "1e23", "1e-22", "1e-23", "123456789012345678",
        "0.30000000000000004",
        "1.7976931348623157e308", "2.2250738585072014e-308", "5e-324", "2e-324", "1e-400", "18446744073709551615",
        "18446744073709551616", "0.000000000000000000000000000000000001", "100000000000000000000000000000000",
        "1.00000000000000000000000000000000000001", "8.41e21", "8.41e22", "9.5e-23", "-7.2057594037927933e16",
    ])
    func numbersAreRoundedAsSwiftRoundsThem(text: String) throws {
        let view = try JSONDocument(text).root
        #expect(view.kind == .number)
        #expect(view.numberText == text)
        #expect(view.double?.bitPattern == Double(text)?.bitPattern)
        #expect(try JSONDocument("\"\(text)\"").root.decimal?.bitPattern == Double(text)?.bitPattern)
    }

    @Test(arguments: ["1e309", "-1e400", "123e99999999999999999999"])
    func numbersBeyondDoubleKeepTheirTextButHaveNoValue(text: String) throws {
        let view = try JSONDocument(text).root
        #expect(view.double == nil)
        #expect(view.decimal == nil)
        #expect(view.int == nil)
        #expect(view.decimalText == text)
    }

    @Test(arguments: [
        ("0", 0), ("-0", 0), ("7", 7), ("-7", -7), ("1.0", 1), ("1e3", 1000), ("12.50e1", 125), ("100e-2", 1),
        ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min),
        ("9007199254740993", 9_007_199_254_740_993),
        ("1.00000000000000000000000", 1), ("0e99999999999999999999", 0),
        ("5000000000000000000000e-3", 5_000_000_000_000_000_000),
    ])
    func wholeNumbersAreIntegersHoweverTheyAreWritten(text: String, value: Int) throws {
        #expect(try JSONDocument(text).root.int == value)
        #expect(try JSONDocument("\"\(text)\"").root.decimalInt == value)
    }

    @Test(arguments: [
        "1.5", "1e-1", "9223372036854775808", "-9223372036854775809", "1e19", "1e99999999999999999999",
        "1.00000000000000000000001", "1e-99999999999999999999", "18446744073709551616",
    ])
    func fractionsAndNumbersTooLargeAreNoIntegers(text: String) throws {
        #expect(try JSONDocument(text).root.int == nil)
    }

    @Test(arguments: [
        ("-", 1), ("+1", 0), ("01", 1), ("-01", 2), (".5", 0), ("1.", 2), ("1.e3", 2), ("1e", 2), ("1e+", 3),
        ("0x10", 1),
        ("1_000", 1), ("--1", 1), ("NaN", 0), ("Infinity", 0), ("-Infinity", 1), ("1,5", 1), ("1 2", 2), ("-a", 1),
    ])
    func malformedNumbersAreRefusedWhereTheyBreak(text: String, offset: Int) {
        let error = #expect(throws: JSONError.self) { try JSONDocument(text) }
        #expect(error?.offset == offset)
    }

    @Test(arguments: [
        "", " ", "+1", " 1", "1 ", ".5", "5.", "01", "1e", "NaN", "inf", "Infinity", "0x1p3", "1,000", "1-", "-",
        "--1", "1\\u0000",
    ])
    func stringsThatAreNotWhollyANumberHaveNoDecimal(text: String) throws {
        let view = try JSONDocument("\"\(text)\"").root
        #expect(view.decimalText == nil)
        #expect(view.decimal == nil)
        #expect(view.decimalInt == nil)
    }

    @Test func numbersInStringsAreNumbersOnlyWhereAskedForAsDecimals() throws {
        let view = try JSONDocument(#""0.00010000""#).root
        #expect(view.decimalText == "0.00010000")
        #expect(view.decimal == 0.0001)
        #expect(view.double == nil)
        #expect(view.int == nil)
        #expect(view.numberText == nil)
        #expect(try JSONDocument(#""1\u0030""#).root.decimal == 10)
        #expect(try JSONDocument(#""1\u0030""#).root.decimalInt == 10)
        #expect(try JSONDocument(#""1\u0030""#).root.decimalText == "10")
    }

    @Test func randomNumberTextsAreBitExact() throws {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<20_000 {
            let text = Self.numberText(using: &generator)
            let expected = Double(text).flatMap { $0.isFinite ? $0 : nil }
            #expect(try JSONDocument(text).root.double?.bitPattern == expected?.bitPattern, "\(text)")
        }
    }

    @Test func randomIntegersSurvive() throws {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<5_000 {
            let value = Int.random(in: .min ... .max, using: &generator) >> Int.random(in: 0..<64, using: &generator)
            #expect(try JSONDocument(String(value)).root.int == value)
        }
    }

    /// A number of up to 30 digits with any mixture of sign, fraction, leading zeros and exponent.
    private static func numberText(using generator: inout SeededGenerator) -> String {
        func digits(_ count: ClosedRange<Int>) -> String {
            var text = ""
            for _ in 0..<Int.random(in: count, using: &generator) {
                text += String(Int.random(in: 0...9, using: &generator))
            }
            return text
        }
        var text = Bool.random(using: &generator) ? "-" : ""
        text += Bool.random(using: &generator) ? "0" : String(Int.random(in: 1...9, using: &generator)) + digits(0...19)
        if Bool.random(using: &generator) { text += "." + digits(1...20) }
        if Bool.random(using: &generator) {
            let spread = Bool.random(using: &generator) ? 30 : 330
            text += ["e", "E"][Int.random(in: 0...1, using: &generator)]
            text += String(Int.random(in: -spread...spread, using: &generator))
        }
        return text
    }
}
