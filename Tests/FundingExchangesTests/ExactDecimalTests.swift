import Testing

@Suite struct ExactDecimalTests {
    @Test(arguments: [
        ("1.50e3", "1500"), ("0.00010000", "1e-4"), ("+1500.0", "1500"), ("-0.0", "0"), ("100", "1E2"),
        ("0.00009599999999999999", "9.599999999999999e-05"), ("-12.30", "-12.3"),
    ])
    func spellingsOfOneNumberAreEqual(left: String, right: String) {
        #expect(ExactDecimal(left) == ExactDecimal(right))
    }

    @Test(arguments: [("1", "-1"), ("1.0000000000000001", "1"), ("10", "1"), ("0", "1")])
    func differentNumbersAreNot(left: String, right: String) {
        #expect(ExactDecimal(left) != ExactDecimal(right))
    }

    @Test(arguments: ["", "NaN", "0x10", "1,5", " 1", "1.", ".5"])
    func whatIsNoNumberIsNone(text: String) {
        #expect(ExactDecimal(text) == nil)
    }
}
