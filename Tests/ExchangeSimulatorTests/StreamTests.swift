import FundingJSON
import Testing

@testable import ExchangeSimulator

/// Streams without a network: what the exchange says and what faults leave of it.
@Suite struct StreamTests {
    private static let feed = "ticker"

    /// One socket on a simulator that plays the ticker alone.
    private final class Socket {
        var simulator: Simulator
        var stream: PlayedStream
        var now = Stage.now
        let number: Int

        init() throws {
            simulator = Simulator(
                source: .universe(seed: 1), exchanges: [PlayedTicker(), SimulatedBybit()], enforcesLimits: false,
                at: Stage.now
            )
            let request = SimulatedRequest("GET", "/ws")
            let admission = simulator.admitStream(request, to: feed, at: SimulatedTime(Stage.now))
            guard case .welcome(let exchange, let scene) = admission else { throw Refused() }
            stream = PlayedStream(exchange, try #require(exchange.open(request, in: scene)).session)
            number = simulator.openStream(feed, "/ws", at: SimulatedTime(Stage.now))
        }

        struct Refused: Error {}

        func orders(_ moment: StreamMoment = .tick, socket: Int? = nil) -> StreamOrders {
            simulator.circumstances(
                of: socket ?? number, feed: feed, path: "/ws", on: moment, at: SimulatedTime(now)
            ).orders
        }

        func say(_ text: String) -> [String] {
            let (scene, orders) = simulator.circumstances(
                of: number, feed: feed, path: "/ws", on: .message, at: SimulatedTime(now))
            return stream.receive(text, in: scene, under: orders).map { String(decoding: $0, as: UTF8.self) }
        }

        func push() throws -> [JSONView] {
            let (scene, orders) = simulator.circumstances(
                of: number, feed: feed, path: "/ws", on: .push, at: SimulatedTime(now))
            return try stream.push(in: scene, under: orders).map { try JSONDocument($0).root }
        }

        func topics() throws -> [String] { try push().compactMap { $0["topic"]?.string } }

        func fault(_ json: String) throws { _ = try simulator.add(JSONDocument(json).root, at: now) }
    }

    private func subscribed() throws -> Socket {
        let socket = try Socket()
        #expect(socket.say(#"{"subscribe":["BTC","ETH","SOL"]}"#) == [#"{"subscribed":3}"#])
        return socket
    }

    @Test func subscribedTopicsArePushedAndBareWordsAreHeard() throws {
        let socket = try subscribed()
        #expect(try socket.topics() == ["BTC", "ETH", "SOL"])
        #expect(socket.say("ping") == [#"{"pong":\#(Stage.now)}"#])
        #expect(try socket.push().map { try $0.integer("count") } == [4, 5, 6])
    }

    @Test func silentChannelsMissNothingElse() throws {
        let socket = try subscribed()
        try socket.fault(#"{"feed":"ticker","kind":"channel_silent","topic":"ETH","seconds":10}"#)
        try socket.fault(#"{"feed":"ticker","kind":"channel_silent","topic":"SO","seconds":5}"#)
        #expect(try socket.topics() == ["BTC"])
        socket.now += 5000
        #expect(try socket.topics() == ["BTC", "SOL"])
        socket.now += 5000
        #expect(try socket.topics() == ["BTC", "ETH", "SOL"])
    }

    @Test func withPongsOnlyAnswersAndHeartbeatsGoOn() throws {
        let socket = try subscribed()
        try socket.fault(#"{"kind":"pongs_only"}"#)
        #expect(try socket.push().isEmpty)
        socket.now += 5000
        #expect(try socket.push().map { try $0.integer("heartbeat") } == [socket.now])
        #expect(socket.say("ping").count == 1)
        socket.simulator.reset()
        #expect(try socket.topics().count == 3)
    }

    @Test func aClockThatIsSetBackHoldsNoHeartbeatUp() throws {
        let socket = try Socket()
        try socket.fault(#"{"kind":"skew","seconds":-7200,"stream":true}"#)
        #expect(try socket.push().isEmpty)
        socket.now += 5000
        #expect(try socket.push().map { try $0.integer("heartbeat") } == [socket.now - 7_200_000])
    }

    @Test func aSilentSocketNeitherHearsNorSpeaks() throws {
        let socket = try subscribed()
        try socket.fault(#"{"kind":"silent","count":1}"#)
        #expect(socket.orders().isSilent)
        #expect(socket.say(#"{"subscribe":["DOGE"]}"#).isEmpty)
        #expect(try socket.push().isEmpty)
        #expect(socket.stream.session.topics == ["BTC", "ETH", "SOL"])
        #expect(!socket.orders(socket: 77).isSilent, "the one socket is struck already")
    }

    @Test func aCloseStrikesSoManySockets() throws {
        let socket = try Socket()
        try socket.fault(#"{"feed":"ticker","kind":"close","code":1012,"body":"restart","count":2}"#)
        #expect(socket.orders(.message).closeCode == nil)
        #expect(socket.orders().closeCode == 1012)
        #expect(socket.orders(socket: 8).closeReason == "restart")
        #expect(socket.orders(socket: 9).closeCode == nil)
    }

    @Test func garbageComesWithPushesAsTextAndBinaryInTurn() throws {
        let socket = try Socket()
        try socket.fault(#"{"kind":"garbage","stream":true,"count":2}"#)
        #expect(socket.orders().garbage == nil)
        guard case .text(let text) = socket.orders(.push).garbage, case .binary = socket.orders(.push).garbage else {
            Issue.record("no text and binary")
            return
        }
        #expect(throws: JSONError.self) { try JSONDocument(text) }
        #expect(socket.orders(.push).garbage == nil)
        try socket.fault(#"{"kind":"garbage","stream":true,"body":"<html>"}"#)
        #expect(socket.orders(.push).garbage == .text(Array("<html>".utf8)))
    }

    @Test func faultsOfStreamsLeaveRequestsAloneAndTheOtherWayRound() throws {
        let socket = try Socket()
        try socket.fault(#"{"kind":"status","status":500}"#)
        try socket.fault(#"{"kind":"scale","factor":7000,"stream":true}"#)
        let answer = socket.simulator.answer(
            SimulatedRequest("GET", "/v5/market/time"), to: "bybit", at: SimulatedTime(Stage.now))
        #expect(answer?.status == 500)
        #expect(socket.orders() == StreamOrders(distortion: Scene.Distortion(rateFactor: 7000)))
    }

    @Test func scaledRatesAndAWrongClockReachThePushes() throws {
        let socket = try subscribed()
        let before = try #require(try socket.push().first)
        try socket.fault(#"{"kind":"scale","factor":7000,"stream":true}"#)
        try socket.fault(#"{"kind":"skew","seconds":-60,"stream":true}"#)
        let after = try #require(try socket.push().first)
        #expect(try abs(after.number("rate")) > 1000 * abs(before.number("rate")))
        #expect(try after.integer("time") == Stage.now - 60_000)
    }

    @Test func aFloodOwesItsMessagesByTime() {
        var flood = StreamFlood()
        let start = ContinuousClock.now
        #expect(flood.due(1000, at: start) == 0)
        #expect(flood.due(1000, at: start + .milliseconds(20)) == 20)
        #expect(flood.due(1000, at: start + .milliseconds(20.5)) == 0)
        #expect(flood.due(1000, at: start + .milliseconds(21)) == 1)
        #expect(flood.due(1000, at: start + .seconds(3600)) == 5000)
        #expect(flood.isOn)
        #expect(flood.due(nil, at: start + .seconds(3600)) == 0)
        #expect(!flood.isOn)
    }

    @Test func refusedAreThoseAFaultOrABanSaysAndFeedsWithoutStreams() throws {
        let socket = try Socket()
        func admission(_ feed: String) -> StreamAdmission {
            socket.simulator.admitStream(SimulatedRequest("GET", "/ws"), to: feed, at: SimulatedTime(socket.now))
        }
        for feed in ["drift", "nowhere"] {
            guard case .unknown = admission(feed) else {
                Issue.record("\(feed) has streams")
                return
            }
        }
        try socket.fault(#"{"feed":"ticker","kind":"refuse","status":429,"retry_after":7,"count":1}"#)
        guard case .refused(429, 7) = admission("ticker"), case .welcome = admission("ticker") else {
            Issue.record("not refused once")
            return
        }
        let ban = try Script(JSONDocument(#"{"feed":"ticker","ban_seconds":9}"#).root, feeds: ["ticker"])
        #expect(socket.simulator.perform([ban], at: SimulatedTime(socket.now)) == nil)
        guard case .refused(403, 9) = admission("ticker") else {
            Issue.record("not banned")
            return
        }
    }

    @Test func theJournalCountsStreamsAndForgetsAllButTheOpenOnes() throws {
        let socket = try Socket()
        _ = socket.simulator.openStream("ticker", "/ws", at: SimulatedTime(Stage.now + 5))
        socket.simulator.countMessages(of: "ticker", received: 2, sent: 7)
        socket.simulator.closeStream(socket.number, of: "ticker")
        func line() throws -> JSONView {
            var writer = JSONWriter()
            socket.simulator.journal.write(to: &writer)
            return try #require(JSONDocument(writer.bytes).root["streams"]?[0])
        }
        #expect(try line().integer("opens") == 2)
        #expect(try line().integer("open") == 1)
        #expect(try [line().integer("messages_in"), line().integer("messages_out")] == [2, 7])
        #expect(try line().member("last_opens").elements.map(\.int) == [Stage.now, Stage.now + 5])
        #expect(try line().member("paths").integer("/ws") == 2)
        socket.simulator.reset()
        #expect(try [line().integer("opens"), line().integer("open")] == [0, 1])
    }

    @Test(arguments: [
        #"{"kind":"close","code":999}"#, #"{"kind":"channel_silent"}"#, #"{"kind":"flood"}"#,
        #"{"kind":"flood","factor":0}"#, #"{"kind":"refuse","status":200}"#, #"{"kind":"html","stream":true}"#,
    ])
    func faultsOfStreamsThatMeanNothingAreRefused(json: String) throws {
        let socket = try Socket()
        #expect(throws: Fault.Misread.self) { try socket.fault(json) }
    }
}
