/// The clients that keep up, by what they want to hear: those who want the same are sent the same bytes.
struct Audience: Sendable {
    private(set) var groups: [Subscriptions: [String: any LivePeer]] = [:]

    mutating func add(_ peer: any LivePeer, hearing subscriptions: Subscriptions) {
        if !subscriptions.isEmpty { groups[subscriptions, default: [:]][peer.id] = peer }
    }

    mutating func remove(_ id: String, hearing subscriptions: Subscriptions) {
        guard groups[subscriptions]?.removeValue(forKey: id) != nil else { return }
        if groups[subscriptions]?.isEmpty == true { groups[subscriptions] = nil }
    }

    /// Whether so large a share of some clients has nothing waiting. It stops counting once that is settled.
    func haveTaken(share: Double, _ isCounted: (Subscriptions) -> Bool) -> Bool {
        let counted = groups.filter { isCounted($0.key) }.values
        var busy = 0
        let most = Int((1 - share) * Double(counted.reduce(0) { $0 + $1.count }))
        for peers in counted {
            for peer in peers.values where peer.queuedBytes > 0 {
                busy += 1
                if busy > most { return false }
            }
        }
        return true
    }
}
