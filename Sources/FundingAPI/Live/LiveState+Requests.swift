import Foundation
import FundingCore

/// What clients ask: to hear a channel, to go on where they stopped.
extension LiveState {
    mutating func join(_ peer: any LivePeer, session: String) {
        clients[peer.id] = Client(peer: peer)
        peer.send(LiveAnswer.hello(session: session, sequence: sequence))
    }

    /// Lets somebody join who says at once all that he wants to hear.
    /// - Parameter sequence: after which he goes on; nil for a new one.
    mutating func join(
        _ peer: any LivePeer, session: String, hearing channels: [LiveChannel], _ scope: LiveScope,
        after sequence: Int?, exchanges: [(id: ExchangeID, name: String)], at now: Date,
        _ instant: ContinuousClock.Instant
    ) throws(LiveRequest.Fault) {
        guard isReady else { throw Self.notReady }
        let scope = try scope.naming(exchanges)
        var client = Client(peer: peer)
        for channel in channels { try client.subscriptions.add(channel, scope) }
        clients[peer.id] = client
        audience.add(peer, hearing: client.subscriptions)
        let hello = LiveAnswer.hello(session: session, sequence: self.sequence)
        let rest =
            if let sequence {
                missed(by: client, after: sequence, health: client.subscriptions, at: now, instant)
            } else {
                snapshots(for: client, reset: false, at: now, instant)
            }
        start(client, with: [hello] + rest)
    }

    private static let notReady = LiveRequest.Fault(
        code: "unavailable", detail: "The market is not known yet; try again soon")

    mutating func leave(_ id: String) {
        guard let client = clients.removeValue(forKey: id) else { return }
        audience.remove(id, hearing: client.subscriptions)
    }

    /// Does what a client asks.
    /// - Parameter exchanges: all exchanges, by which a scope's names are understood.
    mutating func handle(
        _ request: LiveRequest, from id: String, exchanges: [(id: ExchangeID, name: String)], at now: Date,
        _ instant: ContinuousClock.Instant
    ) throws(LiveRequest.Fault) {
        guard let client = clients[id] else { return }
        switch request {
        case .ping(let ping): client.peer.send(LiveAnswer.pong(ping, at: now))
        case .resume(let sequence): resume(client, from: sequence, at: now, instant)
        case .unsubscribe(let channel, let scope):
            let scope = try scope.naming(exchanges)
            change(id) { $0.subscriptions.remove(channel, scope) }
        case .subscribe(let channel, let scope):
            guard isReady else { throw Self.notReady }
            let scope = try scope.naming(exchanges)
            try change(id) { client throws(LiveRequest.Fault) in try client.subscriptions.add(channel, scope) }
            if hasRoom(for: client, instant) { try introduce(channel, scope, to: id, at: now, instant) }
        }
    }

    /// Whether a client may be sent what it begins with. For whom much waits already, it comes once that is read.
    private mutating func hasRoom(for client: Client, _ instant: ContinuousClock.Instant) -> Bool {
        guard client.laggingSince == nil else { return false }
        guard client.peer.queuedBytes > Limits.queue else { return true }
        change(client.peer.id) { $0.laggingSince = instant }
        return false
    }

    /// A new subscription begins with all there is, or with what of it was missed since the sequence asked for.
    private mutating func introduce(
        _ channel: LiveChannel, _ scope: LiveScope, to id: String, at now: Date, _ instant: ContinuousClock.Instant
    ) throws(LiveRequest.Fault) {
        guard let known = clients[id] else { return }
        var client = known
        client.subscriptions = Subscriptions()
        try client.subscriptions.add(channel, scope)
        let messages: [EncodedFrame]
        if let sequence = clients[id]?.resumption?.start(of: channel, at: instant) {
            let tellsHealth = known.resumption?.hasToldHealth == false
            clients[id]?.resumption?.hasToldHealth = true
            messages = missed(
                by: client, after: sequence, health: tellsHealth ? known.subscriptions : nil, at: now, instant)
        } else {
            messages = snapshots(for: client, reset: false, at: now, instant)
        }
        start(client, with: messages)
    }

    private mutating func resume(
        _ client: Client, from sequence: Int, at now: Date, _ instant: ContinuousClock.Instant
    ) {
        guard !client.subscriptions.isEmpty else {
            clients[client.peer.id]?.resumption = Resumption(sequence: sequence, askedAt: instant)
            return
        }
        guard hasRoom(for: client, instant) else { return }
        start(
            client, with: missed(by: client, after: sequence, health: client.subscriptions, at: now, instant))
    }

    /// What a client has missed since a sequence, in its order; a fresh start if that is no longer kept, or none of ours.
    /// - Parameter health: by which subscriptions it is told how exchanges fared; nil: it is not.
    private mutating func missed(
        by client: Client, after sequence: Int, health: Subscriptions?, at now: Date, _ instant: ContinuousClock.Instant
    ) -> [EncodedFrame] {
        guard sequence <= self.sequence, let frames = ring.frames(after: sequence) else {
            return freshStart(for: client, at: now, instant)
        }
        let pairs = client.subscriptions.arbitrage.flatMap { scope in
            pairLists.haveAll(of: scope, after: sequence) ? pairsRing.frames(after: sequence) : nil
        }
        var messages: [EncodedFrame] = []
        var size = 0
        for frame in (frames + (pairs ?? [])).sorted(by: { $0.sequence < $1.sequence }) {
            guard let wanted = frame.isHealth ? health : client.subscriptions,
                let message = frame.message(for: wanted)
            else { continue }
            size += message.byteCount
            // More than a snapshot's worth of deltas is better sent as one.
            guard size <= Limits.queue else { return freshStart(for: client, at: now, instant) }
            messages.append(message)
        }
        if pairs == nil { messages += pairsSnapshot(for: client, reset: true, at: now, instant) }
        return messages + [LiveAnswer.resumed(sequence: self.sequence, frames: messages.count)]
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
