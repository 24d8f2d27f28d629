import Foundation
import FundingCore
import FundingRuntime
import WebServer

/// The WebSocket's channels: numbers what happens, and sends each client what it has subscribed to.
///
/// A snapshot and the deltas after it are made under one lock, so that none is lost or doubled between them. Handing a
/// message to a client never waits.
final class LiveFeed: Sendable {
    /// How often a client is pinged.
    static let heartbeatSeconds = 15
    /// Messages a client may send: a burst, then so many a second.
    static let requestBurst = 60.0
    static let requestsPerSecond = 10.0
    /// How often it is looked whether a crowd has taken a frame.
    private static let look = Duration.milliseconds(3)
    /// At the least between two news of pairs.
    private static let pairsRest = Duration.milliseconds(250)
    /// Sequences for each millisecond. Until the year 2248 they are whole numbers that JavaScript has as well.
    static let sequencesPerMillisecond = 1024

    /// Differs in every process.
    let session: String
    private let view: MarketView
    let door: LiveDoor
    private let state = Lock(LiveState())
    /// Yields when a frame of the grid went to a crowd.
    private let crowded = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    /// Yields when pairs are others, or older.
    private let pairsMoved = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    init(
        view: MarketView, door: LiveDoor = .open,
        session: String = String(UInt64.random(in: 0...UInt64.max), radix: 36)
    ) {
        self.view = view
        self.door = door
        self.session = session
    }

    /// How many clients there are.
    var clientCount: Int { state.withLock(\.clientCount) }

    // MARK: From the read model

    /// Takes over the first grid.
    /// - Returns: its sequence.
    func begin(with grid: GridDocument) -> Int {
        let sequence = Self.firstSequence(at: Date(), lot: Int.random(in: 0..<Self.sequencesPerMillisecond))
        state.withLock { $0.begin(with: grid, at: sequence) }
        return sequence
    }

    /// The sequence with which a process begins: above all that an earlier one can have counted, and far from what others
    /// count that began at nearly the same time. So a client that resumes is not mistaken about which it talked to.
    /// - Parameter lot: drawn among the sequences of a millisecond.
    static func firstSequence(at now: Date, lot: Int) -> Int {
        Int(now.timeIntervalSince1970 * 1000) * sequencesPerMillisecond + lot
    }

    /// Tells of a feed's change and of what it did to the grid.
    /// - Returns: the sequence of the last frame.
    func publish(_ change: FeedChange?, _ delta: GridDelta, _ grid: GridDocument, at now: Date) -> Int {
        update { $0.publish(change, delta, grid, at: now, .now) }
    }

    /// Takes over the pairs as they are.
    func show(_ moment: OpportunityMoment) {
        state.withLock { $0.show(moment, at: moment.now, .now) }
        pairsMoved.continuation.yield()
    }

    /// Tells of changed statistics and of what they did to the grid.
    /// - Returns: the sequence of the last frame.
    func publish(_ news: StatisticsNews, _ delta: GridDelta, _ grid: GridDocument, at now: Date) -> Int {
        update { $0.publish(news, delta, grid, at: now, .now) }
    }

    /// - Returns: the sequence of the last frame.
    private func update(_ body: (inout LiveState) -> Void) -> Int {
        let (sequence, isPacing) = state.withLock { state in
            body(&state)
            return (state.sequence, state.isPacing)
        }
        if isPacing { crowded.continuation.yield() }
        return sequence
    }

    /// Tells that a feed's status changed.
    func publish(_ feed: FeedState, at now: Date) {
        state.withLock { $0.publish(feed, at: now, .now) }
    }

    /// Tells of changed terms.
    func publish(_ event: ContractsEvent, at now: Date) {
        state.withLock { $0.publish(event, at: now, .now) }
    }

    /// Tells how far a backfill is.
    func publish(_ event: BackfillEvent, at now: Date) {
        state.withLock { $0.publish(event, at: now, .now) }
    }

    /// Tells that the settings were changed.
    func publish(_ event: SettingsEvent, at now: Date) {
        state.withLock { $0.publish(event, at: now, .now) }
    }

    /// What became different in the grid since one of its sequences; nil if that is too long ago to be known, or not one of
    /// ours.
    func gridChanges(after sequence: Int) -> GridChanges? {
        guard let deltas = state.withLock({ $0.gridChanges(after: sequence) }) else { return nil }
        return deltas.reduce(into: GridChanges()) { $0.add($1) }
    }

    /// Sends on what is held back while a crowd takes a frame of the grid, until the task is cancelled.
    func keepPace() async {
        for await _ in crowded.stream {
            repeat {
                do { try await Task.sleep(for: Self.look) } catch { return }
                state.withLock { $0.catchUp(at: Date(), .now) }
            } while state.withLock(\.isPacing)
        }
    }

    /// Tells of pairs as they move, until the task is cancelled: with as much rest as makes it a part of a core's time, and no
    /// faster than a crowd takes it.
    func tellPairs() async {
        for await _ in pairsMoved.stream {
            let work = ContinuousClock().measure { state.withLock { $0.tellPairs(at: Date(), .now) } }
            do {
                try await Task.sleep(for: max(Self.pairsRest, work * 3))
                while state.withLock({ $0.isCrowdTakingPairs(.now) }) { try await Task.sleep(for: Self.look) }
            } catch { return }
        }
    }

    /// To be called every second: looks after clients that read too slowly, and after pairs that time makes older.
    func relieve() {
        let market = view.shared
        state.withLock { state in
            state.agePairs(in: market, at: Date())
            state.relieve(at: Date(), .now)
        }
        pairsMoved.continuation.yield()
    }

    // MARK: From a client

    /// Serves one client until it is gone.
    func serve(_ client: WebSocketClient) async {
        let visitor = LiveDoor.Client(client.remoteAddress, isLoopback: client.isLoopbackPeer)
        guard door.enter(visitor) else { return client.close(code: 4005, reason: "too many connections") }
        defer { door.leave(visitor) }
        state.withLock { $0.join(client, session: session) }
        defer { state.withLock { $0.leave(client.id) } }
        for name in client.query.list("channels") {
            answer(client, visitor) { () throws(LiveRequest.Fault) in
                .subscribe(try LiveRequest.channel(named: name), LiveScope())
            }
        }
        var budget = TokenBucket(capacity: Self.requestBurst, refillPerSecond: Self.requestsPerSecond, at: .now)
        for await text in client.incoming {
            guard budget.take(at: .now) == .granted else {
                client.close(code: 4008, reason: "too many messages")
                return
            }
            answer(client, visitor) { () throws(LiveRequest.Fault) in try LiveRequest(text) }
        }
    }

    /// Serves one client of `/api/events` until it is gone, or given up.
    /// - Parameters:
    ///   - sequence: after which it goes on; nil for a new one.
    ///   - write: sends bytes, and waits where the client is slow.
    func serve(
        _ peer: EventStreamPeer, _ visitor: LiveDoor.Client, _ channels: [LiveChannel], _ scope: LiveScope,
        after sequence: Int?,
        _ write: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        guard door.enter(visitor) else { throw EventStreamPeer.TooMany() }
        defer { door.leave(visitor) }
        let exchanges = view.current.market.exchanges
        try state.withLock { state in
            try state.join(
                peer, session: session, hearing: channels, scope, after: sequence, exchanges: exchanges, at: Date(),
                .now)
        }
        defer { state.withLock { $0.leave(peer.id) } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await peer.beat(every: .seconds(Self.heartbeatSeconds)) }
            group.addTask { try await peer.write(by: write) }
            group.addTask { try await peer.untilGivenUp() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func answer(
        _ client: WebSocketClient, _ visitor: LiveDoor.Client, _ read: () throws(LiveRequest.Fault) -> LiveRequest
    ) {
        do throws(LiveRequest.Fault) {
            let request = try read()
            if request.takesWork { try charge(visitor) }
            try grant(request, to: client.id)
        } catch {
            client.send(LiveAnswer.error(error))
        }
    }

    private func charge(_ visitor: LiveDoor.Client) throws(LiveRequest.Fault) {
        do throws(WebError) {
            try door.charge(visitor)
        } catch {
            throw LiveRequest.Fault(code: error.code, detail: error.message)
        }
    }

    private func grant(_ request: LiveRequest, to id: String) throws(LiveRequest.Fault) {
        let exchanges = view.current.market.exchanges
        let fault = state.withLock { state -> LiveRequest.Fault? in
            do throws(LiveRequest.Fault) {
                try state.handle(request, from: id, exchanges: exchanges, at: Date(), .now)
                return nil
            } catch {
                return error
            }
        }
        if let fault { throw fault }
    }
}
