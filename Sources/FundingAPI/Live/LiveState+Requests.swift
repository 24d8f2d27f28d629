import Foundation
import FundingCore

/// What clients ask: to hear a channel, to go on where they stopped.
extension LiveState {
    mutating func join(_ peer: any LivePeer, session: String) {
        clients[peer.id] = Client(peer: peer)
        peer.send(LiveAnswer.hello(session: session, sequence: sequence))
    }

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
            guard isReady else {
                throw LiveRequest.Fault(code: "unavailable", detail: "The market is not known yet; try again soon")
            }
            let scope = try scope.naming(exchanges)
            try change(id) { client throws(LiveRequest.Fault) in try client.subscriptions.add(channel, scope) }
            if client.laggingSince != nil { return }
            if client.peer.queuedBytes > Limits.queue {
                change(id) { $0.laggingSince = instant }
            } else {
                introduce(channel, to: id, at: now, instant)
            }
        }
    }

    /// A new subscription begins with all there is, or with what was missed since the sequence asked for.
    private mutating func introduce(
        _ channel: LiveChannel, to id: String, at now: Date, _ instant: ContinuousClock.Instant
    ) {
        guard let client = clients[id] else { return }
        guard let from = clients[id]?.resumesFrom.removeValue(forKey: channel) else {
            if channel == .grid { sendGrid(to: client, reset: false, at: now) }
            if channel == .arbitrage { sendPairs(to: client, reset: false, at: now, instant) }
            return
        }
        replay(to: client, only: channel, after: from, at: now, instant)
    }

    private mutating func resume(
        _ client: Client, from sequence: Int, at now: Date, _ instant: ContinuousClock.Instant
    ) {
        guard !client.subscriptions.isEmpty else {
            let from = Dictionary(uniqueKeysWithValues: LiveChannel.allCases.map { ($0, sequence) })
            clients[client.peer.id]?.resumesFrom = from
            return
        }
        guard client.laggingSince == nil else { return }
        replay(to: client, only: nil, after: sequence, at: now, instant)
    }

    private mutating func replay(
        to client: Client, only channel: LiveChannel?, after sequence: Int, at now: Date,
        _ instant: ContinuousClock.Instant
    ) {
        var client = client
        if let channel { client.subscriptions = client.subscriptions.only(channel) }
        guard let missed = ring.frames(after: sequence) else { return startAnew(client, at: now, instant) }
        let scope = client.subscriptions.arbitrage
        let arePairsAnew = scope.map { !pairLists.haveAll(of: $0, after: sequence) } ?? false
        var messages = missed.compactMap {
            arePairsAnew && $0.isArbitrage ? nil : $0.message(for: client.subscriptions)
        }
        if arePairsAnew, let message = pairs(for: client, reset: true, at: now, instant) { messages.append(message) }
        // More than a snapshot's worth of deltas is better sent as one.
        guard messages.reduce(0, { $0 + $1.byteCount }) <= Limits.queue else {
            return startAnew(client, at: now, instant)
        }
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
