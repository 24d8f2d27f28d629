import Foundation
import FundingJSON
import FundingRuntime
import Testing

@testable import ExchangeSimulator

/// Streams over a real socket.
@Suite(.serialized) struct StreamServerTests {
    /// Runs a simulator that also plays the ticker, and a test that blocks its own thread.
    private func withStreams(
        of ticker: PlayedTicker = PlayedTicker(), timeScale: Double = 1,
        _ body: @escaping @Sendable (_ port: Int) throws -> Void
    ) async throws {
        try await withSimulator(playing: [ticker] + PlayedExchanges.all, timeScale: timeScale) { port in
            try await StreamPeer.onThread { try body(port) }
        }
    }

    @discardableResult
    private static func control(_ path: String, _ body: String = "", _ port: Int) throws -> JSONView {
        let reply = RawClient.wait("POST", "/_simulator/\(path)", body: body, port: port)
        #expect(reply.status == 200, "\(reply.text)")
        return try JSONDocument(reply.body).root
    }

    private static func fault(_ json: String, _ port: Int) throws { try control("faults", json, port) }

    private static func journal(_ port: Int) throws -> JSONView {
        let reply = RawClient.wait("GET", "/_simulator/requests", port: port)
        return try JSONDocument(reply.body).root.member("streams").row("feed", "ticker")
    }

    private static func open(_ port: Int) throws -> StreamPeer { try StreamPeer(port: port, target: "/ticker/ws") }

    /// A socket that was greeted and has subscribed.
    private static func subscriber(_ port: Int) throws -> StreamPeer {
        let peer = try open(port)
        #expect(isText(peer.read(), #"{"hello":"#))
        peer.send(#"{"subscribe":["BTC","ETH"]}"#)
        #expect(peer.read() == .text(#"{"subscribed":2}"#))
        return peer
    }

    private static func isText(_ frame: StreamPeer.Frame, _ beginning: String) -> Bool {
        if case .text(let text) = frame { text.hasPrefix(beginning) } else { false }
    }

    private static func isData(_ frame: StreamPeer.Frame) -> Bool { isText(frame, #"{"topic""#) }

    /// The status an upgrade was refused with; nil: it was not.
    private static func refusal(_ target: String, _ port: Int) -> Int? {
        do {
            _ = try StreamPeer(port: port, target: target)
            return nil
        } catch {
            return error.status
        }
    }

    @Test func aClientIsGreetedAnsweredAndPushedTo() async throws {
        try await withStreams { port in
            let peer = try Self.subscriber(port)
            #expect(peer.count(within: 1, where: Self.isData) >= 20)
            peer.send("ping")
            #expect(Self.isText(peer.read { !Self.isData($0) }, #"{"pong":"#))
            peer.ping()
            #expect(peer.read { $0 == .pong } == .pong)
            let line = try Self.journal(port)
            #expect(try line.integer("opens") == 1)
            #expect(try line.integer("open") == 1)
            #expect(try line.integer("messages_in") == 2)
            #expect(try line.integer("messages_out") >= 22)
            #expect(try line.member("last_opens").count == 1)
        }
    }

    @Test func wherePathFeedOrTokenLeadNowhereThereIsNoUpgrade() async throws {
        try await withStreams { port in
            for target in ["/ticker/other", "/ticker/ws?token=stale", "/deribit/none", "/nowhere/ws", "/"] {
                #expect(Self.refusal(target, port) == 404, "\(target)")
            }
            #expect(Self.refusal("/ticker/ws?token=new", port) == nil)
            #expect(RawClient.wait("GET", "/ticker/ws", port: port).status == 200, "a plain request is none")
        }
    }

    @Test(.enabled(if: Recordings.areExpected, Recordings.absence))
    func recordingsHaveNoStreams() async throws {
        let recorded = try RecordedExchange(folder: Recordings.folder.path)
        try await withSimulator(playing: [PlayedTicker()], from: .recordings(recorded)) { port in
            let refused = try await StreamPeer.onThread { Self.refusal("/ticker/ws", port) }
            #expect(refused == 404)
        }
    }

    @Test func refusedUpgradesSayWhyAndForHowLong() async throws {
        try await withStreams { port in
            try Self.fault(#"{"feed":"ticker","kind":"refuse","status":429,"retry_after":7,"count":1}"#, port)
            let refused = #expect(throws: StreamPeer.Refused.self) { try Self.open(port) }
            #expect(refused == StreamPeer.Refused(status: 429, retryAfter: "7"))
            #expect(Self.refusal("/ticker/ws", port) == nil)
            try Self.control("script", #"{"feed":"ticker","ban_seconds":720}"#, port)
            #expect(Self.refusal("/ticker/ws", port) == 403)
            #expect(RawClient.wait("GET", "/ticker/rest", port: port).status == 418)
            #expect(try Self.journal(port).integer("refused") == 2)
            try Self.control("reset", "", port)
            #expect(Self.refusal("/ticker/ws", port) == nil)
        }
    }

    @Test func aSilentSocketStaysAndAnswersNothingUntilTheFaultEnds() async throws {
        try await withStreams { port in
            let peer = try Self.subscriber(port)
            try Self.fault(#"{"feed":"ticker","kind":"silent","seconds":2}"#, port)
            _ = peer.count(within: 0.3)
            peer.ping()
            peer.send("ping")
            #expect(peer.read(within: 0.8) == .nothing)
            #expect(Self.isData(peer.read()))
            peer.ping()
            #expect(peer.read { $0 == .pong } == .pong)
        }
    }

    @Test func withPongsOnlyControlIsAnsweredAndNoDataComes() async throws {
        try await withStreams { port in
            let peer = try Self.subscriber(port)
            try Self.fault(#"{"feed":"ticker","kind":"pongs_only"}"#, port)
            _ = peer.count(within: 0.2)
            #expect(peer.count(within: 0.5, where: Self.isData) == 0)
            peer.ping()
            #expect(peer.read() == .pong)
            peer.send("ping")
            #expect(Self.isText(peer.read(), #"{"pong":"#))
        }
    }

    @Test func oneChannelMayFallSilent() async throws {
        try await withStreams { port in
            let peer = try Self.subscriber(port)
            try Self.fault(#"{"feed":"ticker","kind":"channel_silent","topic":"ETH"}"#, port)
            _ = peer.count(within: 0.2)
            let silent = peer.count(within: 0.5) { Self.isText($0, #"{"topic":"ETH""#) }
            #expect(silent == 0)
            #expect(Self.isText(peer.read(), #"{"topic":"BTC""#))
        }
    }

    @Test func garbageAndClosesArriveAsTheyAre() async throws {
        try await withStreams { port in
            let peer = try Self.subscriber(port)
            try Self.fault(#"{"feed":"ticker","kind":"garbage","stream":true,"count":2}"#, port)
            #expect(peer.read { $0 == .text(#"{"data":[1,2,"#) } != .nothing)
            #expect(peer.read { $0 == .binary(count: 4096) } == .binary(count: 4096))
            try Self.fault(#"{"feed":"ticker","kind":"close","code":1012,"count":1}"#, port)
            #expect(peer.read { $0 == .close(code: 1012) } == .close(code: 1012))
            let next = try Self.subscriber(port)
            #expect(Self.isData(next.read()))
        }
    }

    @Test func aHugeFrameIsAnnouncedAndNothingFollowsIt() async throws {
        try await withStreams { port in
            let peer = try Self.open(port)
            #expect(Self.isText(peer.read(), #"{"hello""#))
            try Self.fault(#"{"feed":"ticker","kind":"huge_frame","count":1}"#, port)
            #expect(peer.announcedLength() == 100_000_000)
            #expect(peer.read(within: 0.5) == .nothing)
        }
    }

    @Test func aFloodRepeatsTheUsualMessagesForItsTime() async throws {
        try await withStreams { port in
            let peer = try Self.subscriber(port)
            #expect(Self.isData(peer.read()))
            try Self.fault(#"{"feed":"ticker","kind":"flood","factor":5000,"seconds":1}"#, port)
            let flooded = peer.count(within: 1.5, where: Self.isData)
            #expect((2000...5200).contains(flooded), "\(flooded)")
            #expect(peer.count(within: 0.5, where: Self.isData) < 60)
        }
    }

    @Test func aDropCutsTheSocketsOfAFeedOrAll() async throws {
        try await withStreams { port in
            let peers = [try Self.subscriber(port), try Self.subscriber(port)]
            #expect(try Self.control("drop", #"{"feed":"bybit"}"#, port).integer("dropped") == 0)
            #expect(Self.isData(peers[0].read()))
            #expect(try Self.control("drop", "", port).integer("dropped") == 2)
            for peer in peers { #expect(peer.read { $0 == .close(code: 1000) } == .end) }
            _ = try Self.subscriber(port)
            #expect(try Self.journal(port).integer("opens") == 3)
        }
    }

    @Test func clientsArePingedAndTheSilentOnesCut() async throws {
        let ticker = PlayedTicker(liveness: StreamLiveness(pingPeriod: 100, maximumSilence: 1000))
        try await withStreams(of: ticker) { port in
            let peer = try Self.open(port)
            for _ in 0..<15 {
                #expect(peer.read { $0 == .ping } == .ping)
                peer.pong()
            }
            #expect(peer.read(within: 3) { $0 == .close(code: 1000) } == .end)
        }
    }

    @Test func anOpenSocketIsToldOfTheShutdownAndHoldsItUpNoLonger() async throws {
        let (ends, end) = AsyncStream.makeStream(of: StreamPeer.Frame.self)
        let began = Lock<ContinuousClock.Instant?>(nil)
        try await withSimulator(playing: [PlayedTicker()]) { port in
            let (opens, open) = AsyncStream.makeStream(of: Void.self)
            Thread.detachNewThread {
                do {
                    let peer = try Self.subscriber(port)
                    open.yield()
                    end.yield(peer.read { $0 == .close(code: 1001) })
                } catch {
                    open.finish()
                }
                end.finish()
            }
            for await _ in opens { break }
            began.withLock { $0 = .now }
        }
        let start = try #require(began.withLock { $0 })
        #expect(ContinuousClock.now - start < .seconds(3))
        #expect(await ends.first { _ in true } == .close(code: 1001))
    }

    @Test func streamsFollowAFasterMarket() async throws {
        try await withStreams(timeScale: 3600) { port in
            let peer = try Self.subscriber(port)
            var times: [Int] = []
            while times.count < 40, case .text(let text) = peer.read(where: Self.isData) {
                times.append(try JSONDocument(text).root.integer("time"))
            }
            let passed = try #require(times.last) - (try #require(times.first))
            // Twenty pushes of two topics, fifty milliseconds apart, are an hour of the market.
            #expect((2_500_000...20_000_000).contains(passed), "\(passed)")
            #expect(Self.isText(peer.read { !Self.isData($0) }, #"{"heartbeat""#))
            let health = RawClient.wait("GET", "/_simulator/health", port: port)
            let now = try JSONDocument(health.body).root.integer("now")
            #expect(times.allSatisfy { $0 <= now })
        }
    }
}
