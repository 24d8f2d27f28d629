import FundingCore

/// What one client wants to hear.
struct Subscriptions: Sendable, Hashable {
    /// The most subscriptions of one client.
    static let most = 20

    /// The part of the grid; a new subscription takes the place of the old one.
    private(set) var grid: GridFilter?
    /// The parts of the rates, by exchanges: subscriptions to the same exchanges share one entry. A nil key stands for
    /// all exchanges, a nil value for all assets.
    private var rates: [Set<String>?: Set<String>?] = [:]

    var isEmpty: Bool { grid == nil && rates.isEmpty }
    var hasRates: Bool { !rates.isEmpty }
    private var count: Int { rates.count + (grid == nil ? 0 : 1) }

    /// - Parameter scope: its exchanges must be names as people write them.
    mutating func add(_ channel: LiveChannel, _ scope: LiveScope) throws(LiveRequest.Fault) {
        switch channel {
        case .grid:
            if grid == nil { try checkRoom() }
            grid = GridFilter(exchanges: scope.exchanges, assets: scope.assets)
        case .rates:
            guard let known = rates[scope.exchanges] else {
                try checkRoom()
                rates.updateValue(scope.assets, forKey: scope.exchanges)
                return
            }
            let merged: Set<String>? = known.flatMap { known in scope.assets.map(known.union) }
            rates.updateValue(merged, forKey: scope.exchanges)
        }
    }

    /// Without a scope, the whole channel; with one, what was asked for in the same words, or some of its assets.
    mutating func remove(_ channel: LiveChannel, _ scope: LiveScope) {
        switch channel {
        case .grid: grid = nil
        case .rates:
            if scope == LiveScope() {
                rates = [:]
            } else if let dropped = scope.assets, let known = rates[scope.exchanges] ?? nil {
                let left = known.subtracting(dropped)
                if left.isEmpty {
                    rates.removeValue(forKey: scope.exchanges)
                } else {
                    rates.updateValue(left, forKey: scope.exchanges)
                }
            } else if scope.assets == nil {
                rates.removeValue(forKey: scope.exchanges)
            }
        }
    }

    /// The part that concerns one channel.
    func only(_ channel: LiveChannel) -> Subscriptions {
        var part = self
        switch channel {
        case .grid: part.rates = [:]
        case .rates: part.grid = nil
        }
        return part
    }

    private func checkRoom() throws(LiveRequest.Fault) {
        guard count < Self.most else {
            throw LiveRequest.Fault(
                code: "too_many_subscriptions", detail: "A connection may have \(Self.most) subscriptions"
            )
        }
    }

    // MARK: What is wanted

    var wantsAllRates: Bool { rates.contains { $0.key == nil && $0.value == nil } }

    /// Whether every contract of an exchange is wanted.
    func wantsAll(of exchange: String) -> Bool {
        rates.contains { $0.value == nil && $0.key?.contains(exchange) != false }
    }

    func wants(_ change: RateChange, of exchange: String) -> Bool {
        rates.contains { exchanges, assets in
            exchanges?.contains(exchange) != false && assets?.contains(change.baseAsset.uppercased()) != false
        }
    }
}
