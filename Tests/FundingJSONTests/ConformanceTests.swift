import FundingJSON
import Testing

@Suite(.enabled(if: ConformanceSuite.isPresent || ConformanceSuite.isRequired, ConformanceSuite.absence))
struct ConformanceTests {
    @Test func everyBodyOfTheSuiteIsThere() throws {
        for (kind, count) in ConformanceSuite.expectedCounts {
            #expect(try ConformanceSuite.bodies(kind).count == count)
        }
    }

    @Test func whatMustParseParses() throws {
        for body in try ConformanceSuite.bodies("y") {
            #expect(throws: Never.self, "\(body.name)") { try JSONDocument(body.bytes) }
        }
    }

    @Test func whatMustBeRefusedIsRefused() throws {
        for body in try ConformanceSuite.bodies("n") {
            #expect(throws: JSONError.self, "\(body.name)") { try JSONDocument(body.bytes) }
        }
    }

    @Test func choicesLeftOpenAreMadeOnTheStrictSide() throws {
        let accepted = try ConformanceSuite.bodies("i").filter { body in
            (try? JSONDocument(body.bytes)) != nil
        }
        let isNumberOrNesting = accepted.allSatisfy {
            $0.name.hasPrefix("i_number") || $0.name == "i_structure_500_nested_arrays.json"
        }
        #expect(isNumberOrNesting, "Malformed text and byte order marks are refused")
        #expect(accepted.count == 11, "Numbers too large for a double are still numbers")
    }

    @Test func everyBodyHoldsThePropertyOfTheFuzzTarget() throws {
        for body in try ["y", "n", "i"].flatMap(ConformanceSuite.bodies) {
            #expect(ParserProperty.fault(on: body.bytes) == nil, "\(body.name)")
        }
    }
}
