import Testing

@testable import CurlDriver

/// When an open WebSocket is given up.
@Suite struct WebSocketPatienceTests {
    private let start = ContinuousClock.Instant.now
    private var patience: WebSocketPatience

    init() {
        patience = WebSocketPatience(idleTimeout: .seconds(60), sendTimeout: .seconds(30), at: start)
    }

    @Test mutating func aSilentServerIsPingedOnceAndGivenUpAfterTheWholeTime() {
        #expect(patience.nextLook == start + .seconds(30))
        #expect(patience.verdict(at: start + .seconds(29)) == .wait)
        #expect(patience.verdict(at: start + .seconds(30)) == .ping)
        #expect(patience.nextLook == start + .seconds(60))
        #expect(patience.verdict(at: start + .seconds(59)) == .wait)
        #expect(patience.verdict(at: start + .seconds(60)) == .silent)
    }

    @Test mutating func anyByteIsASignOfLife() {
        #expect(patience.verdict(at: start + .seconds(30)) == .ping)
        patience.noteReceived(at: start + .seconds(31))
        #expect(patience.verdict(at: start + .seconds(60)) == .wait)
        #expect(patience.verdict(at: start + .seconds(61)) == .ping)
    }

    @Test mutating func silenceDoesNotCountWhileReadingPauses() {
        patience.pause()
        #expect(patience.nextLook == nil)
        #expect(patience.verdict(at: start + .seconds(1000)) == .wait)
        patience.resume(at: start + .seconds(1000))
        #expect(patience.verdict(at: start + .seconds(1029)) == .wait)
        #expect(patience.verdict(at: start + .seconds(1030)) == .ping)
    }

    @Test mutating func aServerThatTakesNothingIsGivenUpEvenIfItTalks() {
        patience.noteBlocked(at: start + .seconds(1))
        patience.noteBlocked(at: start + .seconds(20))
        patience.noteReceived(at: start + .seconds(30))
        #expect(patience.nextLook == start + .seconds(31))
        #expect(patience.verdict(at: start + .seconds(31)) == .stalled)
        patience.noteSent()
        #expect(patience.verdict(at: start + .seconds(31)) == .wait)
    }

    @Test func withoutAnIdleTimeoutNothingIsWaitedFor() {
        var patience = WebSocketPatience(idleTimeout: nil, sendTimeout: .seconds(30), at: start)
        #expect(patience.nextLook == nil)
        #expect(patience.verdict(at: start + .seconds(100_000)) == .wait)
    }
}
