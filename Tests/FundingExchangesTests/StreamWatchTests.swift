import FundingCore
import Testing

@testable import FundingExchanges

@Suite struct StreamWatchTests {
    private let start = ContinuousClock().now
    private let terms = StreamTerms(
        host: "wss://example.com", heartbeat: .text("ping", every: .seconds(20)), silence: .seconds(60),
        lifetime: .seconds(3600), messagesPerSecond: 5
    )
    private let connection = StreamConnection(
        "all", path: "/ws", subscriptions: [], contracts: 3, rhythms: ["fast": .seconds(10), "slow": .seconds(45)]
    )

    private func watch() -> StreamWatch {
        StreamWatch(terms, connection, heartbeat: terms.heartbeat, at: start)
    }

    @Test func aConnectionThatSpeaksNeedsNothing() {
        var watch = watch()
        watch.heard(["fast", "slow"], at: start + .seconds(9))
        #expect(watch.need(at: start + .seconds(18)) == .nothing)
    }

    @Test func heartbeatsAreDueByTheirPeriod() {
        var watch = watch()
        watch.heard(["fast", "slow"], at: start + .seconds(15))
        #expect(watch.need(at: start + .seconds(20)) == .heartbeat)
        watch.beat(at: start + .seconds(20))
        #expect(watch.need(at: start + .seconds(21)) == .nothing)
    }

    @Test func aChannelThatIsSilentWhileOthersSpeakIsMissed() {
        var watch = watch()
        for second in 1...11 { watch.heard(["slow"], at: start + .seconds(second)) }
        #expect(watch.need(at: start + .seconds(11)) == .silence(channel: "fast"))
    }

    @Test func aConnectionWithoutDataIsDeadWhateverElseItSays() {
        var watch = StreamWatch(
            terms, StreamConnection("all", path: "/ws", subscriptions: [], contracts: 3), heartbeat: .none, at: start
        )
        #expect(watch.need(at: start + .seconds(60)) == .nothing)
        #expect(watch.need(at: start + .seconds(61)) == .silence(channel: nil))
        watch.heard(["unknown"], at: start + .seconds(61))
        #expect(watch.need(at: start + .seconds(62)) == .nothing)
    }

    @Test func aLifeEndsBeforeTheExchangeEndsIt() {
        var watch = watch()
        watch.heard(["fast", "slow"], at: start + .seconds(3601))
        #expect(watch.need(at: start + .seconds(3601)) == .renewal)
    }
}
