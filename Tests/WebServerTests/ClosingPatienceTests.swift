import Testing

@testable import WebServer

/// How long a client that is being closed may still read.
struct ClosingPatienceTests {
    private let start = ContinuousClock.now

    @Test func itLastsAsLongAsBytesAreTaken() {
        var patience = ClosingPatience(.seconds(5), unsentBytes: 300, at: start)
        let answers = [200, 199, 0, 0].map { patience.lasts(unsentBytes: $0, at: start + .seconds(5)) }
        #expect(answers == [true, true, true, false])
    }

    @Test func itEndsHoweverMuchIsLeft() {
        var patience = ClosingPatience(.seconds(5), unsentBytes: 1_000_000, at: start)
        let answers = (1...13).map { patience.lasts(unsentBytes: 1_000_000 - $0, at: start + .seconds(5 * $0)) }
        #expect(answers == [Bool](repeating: true, count: 11) + [false, false])
    }
}
