import Testing

@testable import FundingStore

struct CSVReaderTests {
    @Test(
        arguments: [
            ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
            ("a,b\r\n1,2", [["a", "b"], ["1", "2"]]),
            ("\u{FEFF}a\n", [["a"]]),
            ("a,\"b,\"\"c\"\"\nd\"\r\n\"\",,x\n", [["a", "b,\"c\"\nd"], ["", nil, "x"]]),
            ("\n\r\na\n\nb", [["a"], ["b"]]),
            ("a,\n", [["a", nil]]),
            (",\n", [[nil, nil]]),
            ("a\rb\n", [["a\rb"]]),
            ("\"a\"", [["a"]]),
            ("\"\r\n\"\n", [["\r\n"]]),
            ("\"\"\n", [[""]]),
            ("", []), ("a", [["a"]]), ("\u{FEFF}", []), ("ab\r", [["ab"]]),
        ] as [(String, [[String?]])])
    func readsRecordsHoweverTheyAreSplit(text: String, expected: [[String?]]) throws {
        for piece in [1, 2, 3, 1000] {
            let records = try records(text, piece: piece)
            #expect(records.map(\.fields) == expected, "in pieces of \(piece)")
        }
    }

    @Test func aFaultStaysInItsRecordAndLinesAreCounted() throws {
        let records = try records("a\n\"x\ny\",1\nb\"c,2\n\"d\"e,\"3\n\nf\n", piece: 1)
        #expect(records.map(\.line) == [1, 2, 4, 5, 7])
        #expect(records.map { $0.fault != nil } == [false, false, true, true, false])
        #expect(records[4].fields == ["f"])
    }

    @Test func aQuoteWithoutAnEndIsAnErrorThatNamesItsLine() async {
        await expectFailure("line 2") { _ = try records("a\n\"b\nc\nd\n", piece: 3) }
        let endless = "a\n\"" + String(repeating: "x\n", count: CSVReader.recordLimit)
        await expectFailure("line 2: the record is longer") { _ = try records(endless, piece: 65_536) }
    }

    private struct Record {
        var line: Int
        var fields: [String?]
        var fault: String?
    }

    private func records(_ text: String, piece: Int) throws -> [Record] {
        var reader = CSVReader()
        var records: [Record] = []
        func take(_ record: CSVRecord) {
            let fields = (0..<record.count).map { record[$0].map { String(decoding: $0, as: UTF8.self) } }
            records.append(Record(line: record.line, fields: fields, fault: record.fault))
        }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            try reader.read(Array(rest.prefix(piece)), take)
            rest = rest.dropFirst(piece)
        }
        try reader.finish(take)
        return records
    }
}

struct TransferTimeTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-11-22T07:18:22.983Z", 1_795_331_902_983_000),
        ("2026-11-22T07:18:22.983001Z", 1_795_331_902_983_001), ("2026-11-22 08:18:22.5+01:00", 1_795_331_902_500_000),
        ("2024-02-29T23:59:59Z", 1_709_251_199_000_000), ("1969-12-31T23:59:59.9Z", -100_000),
        ("2000-01-01T00:00:00-05:30", 946_704_600_000_000),
    ])
    func readsTimesToTheMicrosecond(text: String, expected: Int) {
        #expect(TransferTime.microseconds(Array(text.utf8)[...]) == expected)
    }

    @Test(arguments: [
        "", "2026", "2026-11-22", "2026-11-22T07:18:22", "2023-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-11-22T24:00:00Z", "2026-11-22T07:18:22.Z", "2026-11-22T07:18:22.1234567Z", "2026-11-22T07:18:22Zx",
        "1795331902", "2026-04-31T00:00:00Z", "2026-11-22T07:18:22+25:00",
    ])
    func refusesWhatIsNoTime(text: String) {
        #expect(TransferTime.microseconds(Array(text.utf8)[...]) == nil)
    }
}
