import Foundation
import FundingCore

/// Who hears what: the live feed's decisions, with the time as an argument.
///
/// A client that reads too slowly is sent nothing more until all that waits for it is gone, and then begins anew: it
/// gets a snapshot instead of the deltas it could not take.
struct LiveState: Sendable {
    enum Limits {
        /// A client with more waiting than this gets no deltas. The largest exchanges are polled at nearly the same
        /// time, and each poll's frame takes some hundred kilobytes; a snapshot takes no more than all of them.
        static let queue = 1 << 20
        /// How long a client may take to empty its queue.
        static let patience = Duration.seconds(30)
        /// For how long a list of pairs is kept after the last who followed it left: until then he may go on where he was.
        static let absence = Duration.seconds(60)
    }

    struct Client: Sendable {
        var peer: any LivePeer
        var subscriptions = Subscriptions()
        /// Since when deltas are kept from it.
        var laggingSince: ContinuousClock.Instant?
        /// Asked to go on from there before it subscribed; each channel only once.
        var resumesFrom: [LiveChannel: Int] = [:]
    }

    /// The sequence of the latest frame.
    private(set) var sequence = 0
    /// The sequence of the latest frame of the grid channel.
    private var gridSequence = 0
    private var grid = GridDocument()
    /// What became different in the grid and waits until the clients have taken the last frame.
    private var heldBack = GridDelta()
    private var pace = CrowdPace()
    private(set) var isReady = false
    private(set) var ring = FrameRing()
    var clients: [String: Client] = [:]
    var audience = Audience()
    private var snapshot: KeptSnapshot?
    /// Nil until the pairs have been read.
    private var arbitrage: OpportunityMoment?
    private(set) var pairLists = PairLists()
    private var pairsPace = CrowdPace()

    var clientCount: Int { clients.count }

    // MARK: Frames

    /// - Parameter sequence: above all that an earlier process may have used.
    mutating func begin(with grid: GridDocument, at sequence: Int) {
        self.grid = grid
        self.sequence = sequence
        gridSequence = sequence
        ring.begin(after: sequence)
        isReady = true
    }

    mutating func publish(
        _ change: FeedChange?, _ delta: GridDelta, _ grid: GridDocument, at now: Date,
        _ instant: ContinuousClock.Instant
    ) {
        self.grid = grid
        if let change, !(change.changed.isEmpty && change.removed.isEmpty) { deliver(.rates(change), now, instant) }
        tell(delta, now, instant)
    }

    mutating func publish(
        _ news: StatisticsNews, _ delta: GridDelta, _ grid: GridDocument, at now: Date,
        _ instant: ContinuousClock.Instant
    ) {
        self.grid = grid
        deliver(.statistics(news), now, instant)
        tell(delta, now, instant)
    }

    private mutating func tell(_ delta: GridDelta, _ now: Date, _ instant: ContinuousClock.Instant) {
        guard !delta.isEmpty else { return }
        // What a client must forget and then learn anew does not fit into one frame.
        if heldBack.forgets(anyOf: delta) { release(now, instant) }
        heldBack.add(delta)
        if pace.allows(isPoll: heldBack.isPoll) { return release(now, instant) }
        // The grid is another: whoever asks for it by its sequence must be told so.
        sequence += 1
        ring.pass(sequence)
    }

    private mutating func release(_ now: Date, _ instant: ContinuousClock.Instant) {
        guard !heldBack.isEmpty else { return }
        let delta = heldBack.sorted()
        heldBack = GridDelta()
        let listeners = deliver(.grid(delta, previous: gridSequence), now, instant)
        gridSequence = sequence
        pace.sent(to: listeners, at: instant)
    }

    /// Whether changes of the grid are held back, or the next ones would be.
    var isPacing: Bool { pace.isWaiting }

    /// Tells what was held back, once the clients have taken the last frame. To be called every few milliseconds while
    /// pacing.
    mutating func catchUp(at now: Date, _ instant: ContinuousClock.Instant) {
        guard pace.isWaiting else { return }
        pace.look(at: instant) { audience.haveTaken(share: $0) { $0.grid != nil } }
        if pace.allows(isPoll: heldBack.isPoll) { release(now, instant) }
    }

    /// Takes over the pairs as they are. Those who have waited for the first of them are sent them; the others are told what
    /// differs with the next news.
    mutating func show(_ moment: OpportunityMoment, at now: Date, _ instant: ContinuousClock.Instant) {
        let isFirst = arbitrage == nil
        arbitrage = moment
        guard isFirst else { return }
        for client in clients.values where client.laggingSince == nil {
            sendPairs(to: client, reset: false, at: now, instant)
        }
    }

    /// Tells what became different among the pairs since they were told last.
    mutating func tellPairs(at now: Date, _ instant: ContinuousClock.Instant) {
        guard isReady, let arbitrage else { return }
        let listeners = pairLists.follow(arbitrage).reduce(0) { $0 + deliver(.arbitrage($1), now, instant) }
        pairsPace.sent(to: listeners, at: instant)
    }

    /// Whether the crowd still takes, or rests from taking, what it was told of pairs.
    mutating func isCrowdTakingPairs(_ instant: ContinuousClock.Instant) -> Bool {
        pairsPace.look(at: instant) { audience.haveTaken(share: $0) { $0.arbitrage != nil } }
        return pairsPace.isWaiting
    }

    mutating func publish(_ state: FeedState, at now: Date, _ instant: ContinuousClock.Instant) {
        deliver(.health(state), now, instant)
    }

    mutating func publish(_ event: ContractsEvent, at now: Date, _ instant: ContinuousClock.Instant) {
        deliver(.contracts(event), now, instant)
    }

    mutating func publish(_ event: BackfillEvent, at now: Date, _ instant: ContinuousClock.Instant) {
        deliver(.backfill(event), now, instant)
    }

    mutating func publish(_ event: SettingsEvent, at now: Date, _ instant: ContinuousClock.Instant) {
        deliver(.settings(event), now, instant)
    }

    /// - Returns: how many clients are sent it.
    @discardableResult
    private mutating func deliver(
        _ content: LiveFrame.Content, _ now: Date, _ instant: ContinuousClock.Instant
    ) -> Int {
        sequence += 1
        let frame = LiveFrame(sequence, content, at: now)
        ring.append(frame)
        var count = 0
        for (subscriptions, peers) in audience.groups {
            guard let message = frame.message(for: subscriptions) else { continue }
            let ready = peers.filter { id, peer in
                guard peer.queuedBytes > Limits.queue else { return true }
                change(id) { $0.laggingSince = instant }
                return false
            }
            message.send(to: ready.values)
            count += ready.count
        }
        return count
    }

    /// The only way in which it becomes different what a client is sent: the audience follows.
    mutating func change<Failure: Error>(
        _ id: String, _ body: (inout Client) throws(Failure) -> Void
    ) throws(Failure) {
        guard var client = clients[id] else { return }
        audience.remove(id, hearing: client.subscriptions)
        defer {
            clients[id] = client
            if client.laggingSince == nil { audience.add(client.peer, hearing: client.subscriptions) }
        }
        try body(&client)
    }

    /// Gives those who lagged a fresh start once they have read all, and gives up on those who do not.
    mutating func relieve(at now: Date, _ instant: ContinuousClock.Instant) {
        if snapshot?.isOld(at: now) == true { snapshot = nil }
        pairLists.tidy(
            heard: Set(clients.values.compactMap(\.subscriptions.arbitrage)), patience: Limits.absence, at: now, instant
        )
        for (id, client) in clients {
            guard let since = client.laggingSince else { continue }
            if client.peer.queuedBytes == 0 {
                change(id) { $0.laggingSince = nil }
                startAnew(client, at: now, instant)
            } else if instant - since > Limits.patience {
                client.peer.close(code: 1013, reason: "reading too slowly")
            }
        }
    }

    mutating func startAnew(_ client: Client, at now: Date, _ instant: ContinuousClock.Instant) {
        for channel in client.subscriptions.withoutSnapshot {
            client.peer.send(LiveAnswer.reset(channel, sequence: sequence, at: now))
        }
        sendGrid(to: client, reset: true, at: now)
        sendPairs(to: client, reset: true, at: now, instant)
    }

    /// Brings the grid. Thousands may come back at once while it moves many times a second: a snapshot of a moment ago and
    /// the deltas since serve all who want all of it, encoded once.
    mutating func sendGrid(to client: Client, reset: Bool, at now: Date) {
        guard let filter = client.subscriptions.grid else { return }
        guard filter.isEverything else {
            return client.peer.send(
                LiveAnswer.snapshot(grid, filter, sequence: sequence, reset: reset, at: now))
        }
        if let snapshot, snapshot.isReset == reset, !snapshot.isOld(at: now),
            let missed = ring.frames(after: snapshot.sequence),
            missed.reduce(0, { $0 + $1.size }) <= Limits.queue
        {
            client.peer.send(snapshot.message)
            let grid = client.subscriptions.only(.grid)
            for frame in missed where frame.isGrid {
                if let message = frame.message(for: grid) { client.peer.send(message) }
            }
            return
        }
        let message = LiveAnswer.snapshot(grid, filter, sequence: sequence, reset: reset, at: now)
        snapshot = KeptSnapshot(sequence: sequence, isReset: reset, madeAt: now, message: message)
        client.peer.send(message)
    }

    /// Brings the pairs, once they are known.
    mutating func sendPairs(
        to client: Client, reset: Bool, at now: Date, _ instant: ContinuousClock.Instant
    ) {
        if let message = pairs(for: client, reset: reset, at: now, instant) { client.peer.send(message) }
    }

    mutating func pairs(
        for client: Client, reset: Bool, at now: Date, _ instant: ContinuousClock.Instant
    ) -> EncodedFrame? {
        guard let scope = client.subscriptions.arbitrage, let arbitrage else { return nil }
        return pairLists.snapshot(of: scope, in: arbitrage, sequence: sequence, reset: reset, at: now, instant)
    }

    /// What became different in the grid after a sequence; nil if that is too long ago to be known, or not one of ours.
    func gridChanges(after sequence: Int) -> [GridDelta]? {
        guard let frames = ring.frames(after: sequence) else { return nil }
        let told = frames.compactMap { if case .grid(let delta, _) = $0.content { delta } else { nil } }
        return heldBack.isEmpty ? told : told + [heldBack]
    }
}
