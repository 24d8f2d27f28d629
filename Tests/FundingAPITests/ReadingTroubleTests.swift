import PostgresDriver
import Testing

@testable import FundingAPI

struct ReadingTroubleTests {
    private struct Fault: Error {
        var row: Int
    }

    private static let away = PostgresError(.connectionLost, "gone")

    @Test func anOutageIsToldOnceAndSoIsItsEnd() {
        var trouble = ReadingTrouble()
        #expect(trouble.noteAnswer() == false)
        for isFirst in [true, false, false] { #expect(trouble.noteFailure(Self.away) == isFirst) }
        for isFirst in [true, false] { #expect(trouble.noteAnswer() == isFirst) }
        #expect(trouble.noteFailure(Self.away) == true)
    }

    @Test func eachFaultIsToldOnceWhateverIsAnsweredBetween() {
        var trouble = ReadingTrouble()
        for row in [1, 2] {
            #expect(trouble.noteFailure(Fault(row: row)) == true)
            #expect(trouble.noteAnswer() == false)
            #expect(trouble.noteFailure(Fault(row: row)) == false)
        }
        #expect(trouble.noteFailure(Fault(row: 1)) == false)
    }

    private static let kinds: [(kind: PostgresError.Kind, isOutage: Bool)] = [
        (.connectionLost, true), (.poolTimeout, true), (.connect, true), (.server(sqlState: "57P01"), true),
        (.decoding, false), (.server(sqlState: "42501"), false), (.server(sqlState: "57014"), false),
    ]

    @Test(arguments: kinds)
    func onlyWhatCannotBeAskedIsAway(kind: PostgresError.Kind, isOutage: Bool) {
        #expect(PostgresError(kind, "x").isOutage == isOutage)
    }
}
