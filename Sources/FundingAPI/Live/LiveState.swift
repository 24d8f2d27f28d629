import Foundation
import FundingCore

/// Who hears what: the live feed's decisions, with the time as an argument.
///
/// A client that reads too slowly is sent nothing more until all that waits for it is gone, and then begins anew: it
/// gets a snapshot instead of the deltas it could not take.
struct LiveState: Sendable {
    enum Limits {
        /// A client with more waiting than this, besides what it began with, gets no deltas. The largest exchanges are
        /// polled at nearly the same time, and each poll's frame takes some hundred kilobytes; a snapshot takes no more
        /// than all of them.
        static let queue = 1 << 20
        /// How long a client may take to empty its queue.
        static let patience = Duration.seconds(30)
        /// For how long somebody who asked to go on may subscribe to what he goes on with.
        static let resumption = Duration.seconds(10)
        /// For how long a list of pairs is kept after the last who followed it left: until then he may go on where he was.
        static let absence = Duration.seconds(60)
    }

    struct Client: Sendable {
        var peer: any LivePeer
        var subscriptions = Subscriptions()
        /// Since when deltas are kept from it.
        var laggingSince: ContinuousClock.Instant?
        var resumption: Resumption?
        /// As many bytes of what it began with may still wait for it: they are no sign of slowness.
        var beginning = 0
    }

    /// A client asked to go on before it subscribed: what it subscribes to begins after that sequence.
    struct Resumption: Sendable {
        var sequence: Int
        var askedAt: ContinuousClock.Instant
        /// A second subscription to the grid or to pairs takes the place of the first, and begins anew.
        var replaced: Set<LiveChannel> = []
        /// How exchanges fared meanwhile is told with the first subscription.
        var hasToldHealth = false

        /// Where a subscription to a channel begins; nil for the channel as it is now.
        mutating func start(of channel: LiveChannel, at now: ContinuousClock.Instant) -> Int? {
            guard now - askedAt <= Limits.resumption else { return nil }
            guard channel.hasSnapshot else { return sequence }
            return replaced.insert(channel).inserted ? sequence : nil
        }
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
    /// The frames of pairs. They come in as many parts as are asked for, and push no others out.
    private(set) var pairsRing = FrameRing()
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
        pairsRing.begin(after: sequence)
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
        // Who goes on after an earlier sequence has no pairs.
        sequence += 1
        for client in clients.values where client.laggingSince == nil {
            start(client, with: pairsSnapshot(for: client, reset: false, at: now, instant))
        }
    }

    /// Looks at the pairs as time and the market have changed them: legs grow old, and a scanner falls silent.
    mutating func agePairs(in market: MarketView.Shared, at now: Date) {
        arbitrage = arbitrage.map { OpportunityMoment($0.arbitrage, market, at: now) }
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
        if frame.isArbitrage { pairsRing.append(frame) } else { ring.append(frame) }
        var count = 0
        for (subscriptions, peers) in audience.groups {
            guard let message = frame.message(for: subscriptions) else { continue }
            let ready = peers.filter { id, peer in
                let waiting = peer.queuedBytes
                guard waiting > Limits.queue, waiting > Limits.queue + (clients[id]?.beginning ?? 0) else {
                    return true
                }
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
            let waiting = client.peer.queuedBytes
            guard let since = client.laggingSince else {
                if client.beginning > waiting { clients[id]?.beginning = waiting }
                continue
            }
            if waiting == 0 {
                change(id) { client in
                    client.laggingSince = nil
                    // From here on it has all there is.
                    client.resumption = nil
                }
                start(client, with: freshStart(for: client, at: now, instant))
            } else if instant - since > Limits.patience {
                client.peer.giveUp(code: 1013, reason: "reading too slowly")
            }
        }
    }

    // MARK: What a client begins with

    /// Sends it. However long it takes to read, that alone does not make the client slow: it would begin anew for ever.
    mutating func start(_ client: Client, with messages: [EncodedFrame]) {
        guard !messages.isEmpty else { return }
        client.peer.send(messages)
        clients[client.peer.id]?.beginning = client.peer.queuedBytes
    }

    /// For who missed what is not kept.
    mutating func freshStart(
        for client: Client, at now: Date, _ instant: ContinuousClock.Instant
    ) -> [EncodedFrame] {
        let resets = client.subscriptions.withoutSnapshot.map { LiveAnswer.reset($0, sequence: sequence, at: now) }
        return resets + snapshots(for: client, reset: true, at: now, instant)
    }

    /// The channels that have a snapshot, as they are now.
    mutating func snapshots(
        for client: Client, reset: Bool, at now: Date, _ instant: ContinuousClock.Instant
    ) -> [EncodedFrame] {
        let grids = gridSnapshot(for: client, reset: reset, at: now)
        return grids + pairsSnapshot(for: client, reset: reset, at: now, instant)
    }

    /// Thousands may come back at once while the grid moves many times a second: a snapshot of a moment ago and the deltas
    /// since serve all who want all of it, encoded once.
    private mutating func gridSnapshot(for client: Client, reset: Bool, at now: Date) -> [EncodedFrame] {
        guard let filter = client.subscriptions.grid else { return [] }
        guard filter.isEverything else {
            return [LiveAnswer.snapshot(grid, filter, sequence: sequence, reset: reset, at: now)]
        }
        if let snapshot, snapshot.isReset == reset, !snapshot.isOld(at: now),
            let missed = ring.frames(after: snapshot.sequence),
            missed.reduce(0, { $0 + $1.size }) <= Limits.queue
        {
            let wanted = client.subscriptions.only(.grid)
            return [snapshot.message] + missed.filter(\.isGrid).compactMap { $0.message(for: wanted) }
        }
        let message = LiveAnswer.snapshot(grid, filter, sequence: sequence, reset: reset, at: now)
        snapshot = KeptSnapshot(sequence: sequence, isReset: reset, madeAt: now, message: message)
        return [message]
    }

    /// Nothing until the pairs are known.
    mutating func pairsSnapshot(
        for client: Client, reset: Bool, at now: Date, _ instant: ContinuousClock.Instant
    ) -> [EncodedFrame] {
        guard let scope = client.subscriptions.arbitrage, let arbitrage else { return [] }
        return [pairLists.snapshot(of: scope, in: arbitrage, sequence: sequence, reset: reset, at: now, instant)]
    }

    /// What became different in the grid after a sequence; nil if that is too long ago to be known, or not one of ours.
    func gridChanges(after sequence: Int) -> [GridDelta]? {
        guard sequence <= self.sequence, let frames = ring.frames(after: sequence) else { return nil }
        let told = frames.compactMap { if case .grid(let delta, _) = $0.content { delta } else { nil } }
        return heldBack.isEmpty ? told : told + [heldBack]
    }
}
