import Foundation
import FundingCore

/// Who hears what: the live feed's decisions, with the time as an argument.
///
/// A client that reads too slowly is sent nothing more until all that waits for it is gone, and then begins anew: it
/// gets a snapshot instead of the deltas it could not take.
struct LiveState: Sendable {
    enum Limits {
        /// A client with more waiting than this gets no deltas.
        static let queue = 256 << 10
        /// How long a client may take to empty its queue.
        static let patience = Duration.seconds(30)
    }

    private struct Client: Sendable {
        var peer: any LivePeer
        var subscriptions = Subscriptions()
        /// Since when deltas are kept from it.
        var laggingSince: ContinuousClock.Instant?
        /// Asked to go on from there before it subscribed; each channel only once.
        var resumesFrom: [LiveChannel: Int] = [:]
    }

    /// The sequence of the latest frame.
    private(set) var sequence = 0
    private var gridSequence = 0
    private var grid = GridDocument()
    private var isReady = false
    private var ring = FrameRing()
    private var clients: [String: Client] = [:]
    private var snapshot: (sequence: Int, message: EncodedFrame)?

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
        guard !delta.isEmpty else { return }
        deliver(.grid(delta, previous: gridSequence), now, instant)
        gridSequence = sequence
    }

    mutating func publish(_ state: FeedState, at now: Date, _ instant: ContinuousClock.Instant) {
        deliver(.health(state), now, instant)
    }

    private mutating func deliver(_ content: LiveFrame.Content, _ now: Date, _ instant: ContinuousClock.Instant) {
        sequence += 1
        let frame = LiveFrame(sequence, content, at: now)
        ring.append(frame)
        // Clients with equal subscriptions share one encoding.
        var messages: [Subscriptions: EncodedFrame?] = [:]
        for (id, client) in clients where client.laggingSince == nil {
            let message = messages[client.subscriptions] ?? frame.message(for: client.subscriptions)
            messages.updateValue(message, forKey: client.subscriptions)
            guard let message else { continue }
            if client.peer.queuedBytes > Limits.queue {
                clients[id]?.laggingSince = instant
            } else {
                client.peer.send(message)
            }
        }
    }

    /// Gives those who lagged a fresh start once they have read all, and gives up on those who do not.
    mutating func relieve(at now: Date, _ instant: ContinuousClock.Instant) {
        for (id, client) in clients {
            guard let since = client.laggingSince else { continue }
            if client.peer.queuedBytes == 0 {
                clients[id]?.laggingSince = nil
                startAnew(client, at: now)
            } else if instant - since > Limits.patience {
                client.peer.close(code: 1013, reason: "reading too slowly")
            }
        }
    }

    private mutating func startAnew(_ client: Client, at now: Date) {
        if client.subscriptions.hasRates { client.peer.send(LiveAnswer.reset(.rates, sequence: sequence, at: now)) }
        if let filter = client.subscriptions.grid { client.peer.send(gridSnapshot(filter, reset: true, at: now)) }
    }

    private mutating func gridSnapshot(_ filter: GridFilter, reset: Bool, at now: Date) -> EncodedFrame {
        guard filter.isEverything, !reset else {
            return LiveAnswer.snapshot(grid, filter, sequence: sequence, reset: reset, at: now)
        }
        // Thousands may come back at once: one encoding serves them all.
        if let snapshot, snapshot.sequence == sequence { return snapshot.message }
        let message = LiveAnswer.snapshot(grid, filter, sequence: sequence, reset: false, at: now)
        snapshot = (sequence, message)
        return message
    }

    // MARK: Clients

    mutating func join(_ peer: any LivePeer, session: String) {
        clients[peer.id] = Client(peer: peer)
        peer.send(LiveAnswer.hello(session: session, sequence: sequence))
    }

    mutating func leave(_ id: String) { clients[id] = nil }

    /// Does what a client asks.
    /// - Parameter exchanges: all exchanges, by which a scope's names are understood.
    mutating func handle(
        _ request: LiveRequest, from id: String, exchanges: [(id: ExchangeID, name: String)], at now: Date,
        _ instant: ContinuousClock.Instant
    ) throws(LiveRequest.Fault) {
        guard let client = clients[id] else { return }
        switch request {
        case .ping(let ping): client.peer.send(LiveAnswer.pong(ping, at: now))
        case .resume(let sequence): resume(client, from: sequence, at: now)
        case .unsubscribe(let channel, let scope):
            clients[id]?.subscriptions.remove(channel, try scope.naming(exchanges))
        case .subscribe(let channel, let scope):
            guard isReady else {
                throw LiveRequest.Fault(code: "unavailable", detail: "The market is not known yet; try again soon")
            }
            try clients[id]?.subscriptions.add(channel, try scope.naming(exchanges))
            if client.laggingSince != nil { return }
            if client.peer.queuedBytes > Limits.queue {
                clients[id]?.laggingSince = instant
            } else {
                introduce(channel, to: id, at: now)
            }
        }
    }

    /// A new subscription begins with all there is, or with what was missed since the sequence asked for.
    private mutating func introduce(_ channel: LiveChannel, to id: String, at now: Date) {
        guard let client = clients[id] else { return }
        guard let from = clients[id]?.resumesFrom.removeValue(forKey: channel) else {
            if channel == .grid, let filter = client.subscriptions.grid {
                client.peer.send(gridSnapshot(filter, reset: false, at: now))
            }
            return
        }
        replay(to: client, only: channel, after: from, at: now)
    }

    private mutating func resume(_ client: Client, from sequence: Int, at now: Date) {
        guard !client.subscriptions.isEmpty else {
            let from = Dictionary(uniqueKeysWithValues: LiveChannel.allCases.map { ($0, sequence) })
            clients[client.peer.id]?.resumesFrom = from
            return
        }
        guard client.laggingSince == nil else { return }
        replay(to: client, only: nil, after: sequence, at: now)
    }

    private mutating func replay(to client: Client, only channel: LiveChannel?, after sequence: Int, at now: Date) {
        var client = client
        if let channel { client.subscriptions = client.subscriptions.only(channel) }
        guard let missed = ring.frames(after: sequence) else { return startAnew(client, at: now) }
        let messages = missed.compactMap { $0.message(for: client.subscriptions) }
        // More than a snapshot's worth of deltas is better sent as one.
        guard messages.reduce(0, { $0 + $1.json.count }) <= Limits.queue * 4 else { return startAnew(client, at: now) }
        for message in messages { client.peer.send(message) }
        client.peer.send(LiveAnswer.resumed(sequence: self.sequence, frames: messages.count))
    }
}

extension LiveScope {
    /// The scope with the exchanges' names as people write them.
    fileprivate func naming(_ known: [(id: ExchangeID, name: String)]) throws(LiveRequest.Fault) -> LiveScope {
        guard let exchanges else { return self }
        var names: Set<String> = []
        for wanted in exchanges {
            guard let match = known.first(where: { $0.id.rawValue == wanted || $0.name.lowercased() == wanted }) else {
                throw LiveRequest.Fault(code: "unknown_exchange", detail: "There is no exchange \(wanted.prefix(40))")
            }
            names.insert(match.name)
        }
        return LiveScope(exchanges: names, assets: assets)
    }
}
