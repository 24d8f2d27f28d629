import FundingJSON
import Testing

struct WriterTests {
    @Test func commasAndColonsArePutInByTheWriter() {
        var writer = JSONWriter(reservingCapacity: 256)
        writer.beginObject()
        writer.field("symbol", "BTCUSDT")
        writer.field("rate", 0.0001)
        writer.field("hours", 8)
        writer.field("missing", nil as Double?)
        writer.field("live", true)
        writer.key("list")
        writer.beginArray()
        writer.value(1 as Int64)
        writer.value(-2 as Int32)
        writer.beginArray()
        writer.endArray()
        writer.beginObject()
        writer.endObject()
        writer.raw(Array("[3, 4]".utf8))
        writer.null()
        writer.endArray()
        writer.key("dy" + "namic")
        writer.value(["a", nil])
        writer.endObject()
        let expected =
            #"{"symbol":"BTCUSDT","rate":0.0001,"hours":8,"missing":null,"live":true,"#
            + #""list":[1,-2,[],{},[3, 4],null],"dynamic":["a",null]}"#
        #expect(text(of: writer) == expected)
        #expect(writer.isComplete)
    }

    @Test(arguments: [
        (0.0, "0"), (-0.0, "-0.0"), (10, "10"), (-3, "-3"), (0.1, "0.1"), (0.30000000000000004, "0.30000000000000004"),
        (1e14, "100000000000000"), (1e15, "1000000000000000"), (-0x1p53 + 1, "-9007199254740991"), (1e16, "1e+16"),
        (1e-7, "1e-07"), (.leastNonzeroMagnitude, "5e-324"), (1.5, "1.5"),
        (1e22, "1e+22"), (.greatestFiniteMagnitude, "1.7976931348623157e+308"),
        (.infinity, "null"), (-.infinity, "null"), (.nan, "null"),
    ])
    func doublesTakeTheirShortestValidForm(value: Double, expected: String) throws {
        let bytes = written(value)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
        let read = try JSONDocument(bytes).root.double
        #expect(read?.bitPattern == (value.isFinite ? value.bitPattern : nil))
    }

    @Test func randomDoublesAreBitExact() throws {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<20_000 {
            let value = Double(bitPattern: UInt64.random(in: 0 ... .max, using: &generator))
            let rate = Double.random(in: -1...1, using: &generator)
            let read = try JSONDocument(written([value, rate])).root
            #expect(read[0]?.double?.bitPattern == (value.isFinite ? value.bitPattern : nil), "\(value)")
            #expect(read[1]?.double?.bitPattern == rate.bitPattern, "\(rate)")
        }
    }

    @Test(arguments: [0, 9, 10, -1, 1234, Int64.max, .min])
    func integersAreWrittenInFull(value: Int64) {
        #expect(String(decoding: written(value), as: UTF8.self) == String(value))
    }

    @Test func stringsAreEscapedWhereTheyMustBe() {
        let source = "q\" b\\ s/ \u{8}\u{C}\n\r\t \u{0}\u{1F}\u{7F} é€😀\u{2028}"
        let expected = #""q\" b\\ s/ \b\f\n\r\t \u0000\u001f"# + "\u{7F} é€😀\u{2028}\""
        #expect(String(decoding: written(source), as: UTF8.self) == expected)
    }

    @Test func keysAreEscapedToo() throws {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("a\"\n", 1)
        writer.key("long key with a \\ in it" as String)
        writer.value(2)
        writer.endObject()
        let root = try JSONDocument(writer.bytes).root
        #expect(root["a\"\n"]?.int == 1)
        #expect(root["long key with a \\ in it"]?.int == 2)
    }

    @Test func randomTreesReadBackAsTheyWere() throws {
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<500 {
            let tree = JSONTree.random(depth: 5, using: &generator)
            let bytes = written(tree)
            #expect(try JSONTree(JSONDocument(bytes).root) == tree, "\(String(decoding: bytes, as: UTF8.self))")
            #expect(ParserProperty.fault(on: bytes) == nil)
        }
    }

    @Test func aViewIsCopiedAsItStands() throws {
        let row = try #require(try JSONDocument(#"[{"rate": 1.50, "é":"\u00e9"}]"#).root[0])
        #expect(String(decoding: written([row, row]), as: UTF8.self) == "[\(row.rawText),\(row.rawText)]")
    }

    @Test func aWriterCanStartAgain() {
        var writer = JSONWriter()
        writer.value(1)
        #expect(writer.isComplete)
        writer.removeAll()
        #expect(!writer.isComplete)
        writer.beginArray()
        #expect(!writer.isComplete)
        writer.removeAll()
        writer.value("again")
        #expect(text(of: writer) == #""again""#)
    }

    @Test func misuseStopsTheProgram() async {
        await #expect(processExitsWith: .failure) {
            var writer = JSONWriter()
            writer.beginObject()
            writer.value(1)
        }
        await #expect(processExitsWith: .failure) {
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("a" as String)
            writer.endObject()
        }
        await #expect(processExitsWith: .failure) {
            var writer = JSONWriter()
            writer.value(1)
            writer.value(2)
        }
        await #expect(processExitsWith: .failure) {
            var writer = JSONWriter()
            writer.beginArray()
            writer.endObject()
        }
    }

    private func written(_ value: some JSONWritable) -> [UInt8] {
        var writer = JSONWriter()
        writer.value(value)
        return writer.bytes
    }

    private func text(of writer: JSONWriter) -> String {
        String(decoding: writer.bytes, as: UTF8.self)
    }
}
