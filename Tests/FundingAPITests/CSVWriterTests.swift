import Testing

@testable import FundingAPI

struct CSVWriterTests {
    private func cell(_ write: (inout CSVWriter) -> Void) -> String {
        var csv = CSVWriter()
        write(&csv)
        return String(decoding: csv.bytes, as: UTF8.self)
    }

    @Test(arguments: [
        ("BTCUSDT", "BTCUSDT"), ("WIF,RAYDIUM-USD", "\"WIF,RAYDIUM-USD\""), ("say \"so\"", "\"say \"\"so\"\"\""),
        ("two\nlines", "\"two\nlines\""), ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"), ("\r=1", "\"'\r=1\""), ("=A,B", "\"'=A,B\""), ("", ""), ("币安人生", "币安人生"),
    ])
    func aTextStaysAText(text: String, expected: String) {
        #expect(cell { $0.text(text) } == expected)
    }

    @Test(arguments: [
        (0.0, "0"), (-0.0001, "-0.0001"), (1e-7, "1e-07"), (100_000.5, "100000.5"), (Double.nan, ""),
        (.infinity, ""),
    ])
    func aNumberStaysANumber(number: Double, expected: String) {
        #expect(cell { $0.number(number) } == expected)
    }

    @Test func rowsEndAsTheStandardSaysAndUnknownsAreEmpty() {
        let text = cell { csv in
            csv.header(["a", "b", "c"])
            csv.text(nil)
            csv.number(nil)
            csv.flag(true)
            csv.endRow()
        }
        #expect(text == "a,b,c\r\n,,true\r\n")
    }
}
