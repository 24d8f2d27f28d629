import FundingJSON
import Testing

struct ViewTests {
    private let document = try? JSONDocument(
        #"{"n":null,"t":true,"f":false,"i":3,"s":"x","a":[1,[2,3],"4",{}],"o":{"k":"v"},"flat":[5,6,7],"":"empty key"}"#
    )

    private var root: JSONView {
        get throws { try #require(document?.root) }
    }

    @Test func everyKindAnswersForItselfAlone() throws {
        let root = try root
        let kinds: [(String, JSONKind)] = [
            ("n", .null), ("t", .bool), ("f", .bool), ("i", .number), ("s", .string), ("a", .array), ("o", .object),
        ]
        for (key, kind) in kinds {
            let view = try #require(root[key])
            #expect(view.kind == kind)
            #expect(view.isNull == (kind == .null))
            #expect((view.bool != nil) == (kind == .bool))
            #expect((view.double != nil) == (kind == .number))
            #expect((view.int != nil) == (kind == .number))
            #expect((view.numberText != nil) == (kind == .number))
            #expect((view.string != nil) == (kind == .string))
            #expect((view[0] != nil) == (kind == .array))
            #expect((view["k"] != nil) == (kind == .object))
            #expect(view.elements.isEmpty == (kind != .array))
            #expect(view.members.isEmpty == (kind != .object))
            #expect(view.decimal == (kind == .number ? 3 : nil))
        }
        #expect(root["t"]?.bool == true)
        #expect(root["f"]?.bool == false)
        #expect(root[""]?.string == "empty key")
    }

    @Test func membersAndElementsComeInOrder() throws {
        let root = try root
        #expect(root.count == 9)
        #expect(root.members.map(\.key) == ["n", "t", "f", "i", "s", "a", "o", "flat", ""])
        #expect(
            root.members.map(\.value.kind) == [.null, .bool, .bool, .number, .string, .array, .object, .array, .string])
        #expect(root["a"]?.elements.map(\.rawText) == ["1", "[2,3]", #""4""#, "{}"])
        #expect(root["o"]?.members.map(\.value.string) == ["v"])
    }

    @Test func indicesReachNestedAndFlatArrays() throws {
        let (nested, flat) = try (#require(root["a"]), #require(root["flat"]))
        #expect((0..<4).map { nested[$0]?.rawText } == ["1", "[2,3]", #""4""#, "{}"])
        #expect((0..<3).map { flat[$0]?.int } == [5, 6, 7])
        #expect(nested[1]?[1]?.int == 3)
        for index in [-1, 4, Int.max, Int.min] {
            #expect(nested[index] == nil)
            #expect(flat[index] == nil)
        }
    }

    @Test func anArrayOfPairedElementsIsNotMistakenForAFlatOne() throws {
        let root = try JSONDocument("[[1],2]").root
        #expect(root[1]?.int == 2)
        let empties = try JSONDocument("[[],{},3]").root
        #expect(empties[2]?.int == 3)
        #expect(empties.elements.map(\.kind) == [.array, .object, .number])
    }

    @Test(arguments: [
        #"{"a":1,"b":2,"a":3}"#, #"{"a":[],"b":2,"a":3}"#, #"{"a":1,"\u0061":3}"#,
        #"{"a":{"a":9},"\u0061":3,"c":{"a":7}}"#,
        #"{"\u0061":1,"a":3}"#,
    ])
    func theLastOfDuplicateKeysWins(source: String) throws {
        #expect(try JSONDocument(source).root["a"]?.int == 3)
    }

    @Test func duplicateKeysAreAllListed() throws {
        let root = try JSONDocument(#"{"a":1,"a":2}"#).root
        #expect(root.count == 2)
        #expect(root.members.map(\.value.int) == [1, 2])
    }

    @Test(arguments: [#"{"a\"b":1}"#, #"{"a\u0022b":1}"#, #"{"x":[],"\u0061\"\u0062":1}"#])
    func keysWithEscapesAreFound(source: String) throws {
        #expect(try JSONDocument(source).root["a\"b"]?.int == 1)
        #expect(try JSONDocument(source).root["a\\\"b"] == nil)
    }

    @Test func keysThatOnlyStartAlikeAreNotFound() throws {
        let root = try JSONDocument(#"{"fundingRate":1,"é😀":2}"#).root
        for key in ["fundingRat", "fundingRates", "FundingRate", "", "e\u{301}😀"] { #expect(root[key] == nil) }
        #expect(root["é😀"]?.int == 2)
    }

    @Test func aViewOutlivesTheVariableOfItsDocument() throws {
        func symbol() throws -> JSONView? { try JSONDocument(#"{"symbol":"BTCUSDT"}"#).root["symbol"] }
        #expect(try symbol()?.string == "BTCUSDT")
    }

    @Test func excerptsAreCutToTwoHundredCharacters() throws {
        let short = try JSONDocument(#" { "a" : "é" } "#).root
        #expect(short.excerpt == #"{ "a" : "é" }"#)
        for character in ["a", "é", "€", "😀", "e\u{301}"] {
            let long = try JSONDocument("\"" + String(repeating: character, count: 500) + "\"").root
            #expect(long.excerpt.unicodeScalars.count == 200)
            #expect(long.excerpt.hasSuffix("…"))
            #expect(!long.excerpt.unicodeScalars.contains("\u{FFFD}"))
        }
        let exact = try JSONDocument("\"" + String(repeating: "😀", count: 198) + "\"").root
        #expect(exact.excerpt == exact.rawText)
    }
}
