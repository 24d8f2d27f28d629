import FundingCore

/// What one client wants to hear.
struct Subscriptions: Sendable, Hashable {
    /// The most subscriptions of one client.
    static let most = 20
    /// The most exchanges and assets that they may name, all together: whoever hears the same is found by them.
    static let mostNames = 1000

    /// The part of the grid; a new subscription takes the place of the old one.
    private(set) var grid: GridFilter?
    /// The parts of the channels that tell of contracts, by exchanges: subscriptions to the same exchanges share one
    /// entry. A nil key stands for all exchanges, a nil value for all assets.
    private var parts: [LiveChannel: [Set<String>?: Set<String>?]] = [:]

    /// The part of the pairs; a new subscription takes the place of the old one.
    private(set) var arbitrage: LiveScope?

    /// The channels that tell of no contracts, and of which exchanges; nil: of all. Only health is told by exchange.
    private var others: [LiveChannel: Set<String>?] = [:]

    var isEmpty: Bool { grid == nil && arbitrage == nil && parts.isEmpty && others.isEmpty }
    private var count: Int {
        let wholes = [grid != nil, arbitrage != nil].count { $0 }
        return parts.values.reduce(0) { $0 + $1.count } + others.count + wholes
    }
    private var nameCount: Int {
        var lists: [Set<String>?] = [grid?.exchanges, grid?.assets, arbitrage?.exchanges, arbitrage?.assets]
        lists.append(contentsOf: others.values)
        for part in parts.values {
            lists.append(contentsOf: part.keys)
            lists.append(contentsOf: part.values)
        }
        return lists.reduce(0) { $0 + ($1?.count ?? 0) }
    }
    /// The channels that have no snapshot to begin anew with.
    var withoutSnapshot: [LiveChannel] {
        [parts.keys.map(\.self), others.keys.map(\.self)].flatMap { $0.sorted { $0.rawValue < $1.rawValue } }
    }

    /// - Parameter scope: its exchanges must be names as people write them.
    mutating func add(_ channel: LiveChannel, _ scope: LiveScope) throws(LiveRequest.Fault) {
        var more = self
        more.put(channel, scope)
        guard more.count <= Self.most, more.nameCount <= Self.mostNames else {
            throw LiveRequest.Fault(
                code: "too_many_subscriptions",
                detail: "A connection may have \(Self.most) subscriptions to \(Self.mostNames) exchanges and assets")
        }
        self = more
    }

    private mutating func put(_ channel: LiveChannel, _ scope: LiveScope) {
        switch channel {
        case .grid: grid = GridFilter(exchanges: scope.exchanges, assets: scope.assets)
        case .arbitrage: arbitrage = scope
        case .rates, .statistics, .contracts:
            guard let known = parts[channel]?[scope.exchanges] else {
                parts[channel, default: [:]].updateValue(scope.assets, forKey: scope.exchanges)
                return
            }
            let merged: Set<String>? = known.flatMap { known in scope.assets.map(known.union) }
            parts[channel]?.updateValue(merged, forKey: scope.exchanges)
        case .health, .backfill, .settings: others.updateValue(scope.exchanges, forKey: channel)
        }
    }

    /// Without a scope, the whole channel; with one, what was asked for in the same words, or some of its assets.
    mutating func remove(_ channel: LiveChannel, _ scope: LiveScope) {
        switch channel {
        case .grid: grid = nil
        case .arbitrage: arbitrage = nil
        case .rates, .statistics, .contracts:
            if scope == LiveScope() {
                parts[channel] = nil
            } else if let dropped = scope.assets, let known = parts[channel]?[scope.exchanges] ?? nil {
                let left = known.subtracting(dropped)
                if left.isEmpty {
                    parts[channel]?.removeValue(forKey: scope.exchanges)
                } else {
                    parts[channel]?.updateValue(left, forKey: scope.exchanges)
                }
            } else if scope.assets == nil {
                parts[channel]?.removeValue(forKey: scope.exchanges)
            }
            if parts[channel]?.isEmpty == true { parts[channel] = nil }
        case .health, .backfill, .settings: others.removeValue(forKey: channel)
        }
    }

    /// The part that concerns one channel.
    func only(_ channel: LiveChannel) -> Subscriptions {
        var part = self
        if channel != .grid { part.grid = nil }
        if channel != .arbitrage { part.arbitrage = nil }
        part.parts = parts.filter { $0.key == channel }
        part.others = others.filter { $0.key == channel }
        return part
    }

    // MARK: What is wanted

    /// Whether news are wanted that concern no exchange.
    func wants(_ channel: LiveChannel) -> Bool { others[channel] != nil }

    /// Whether it is of interest how an exchange fares. Whoever hears anything is told of all, but for who asked for some.
    func wantsHealth(of exchange: String) -> Bool {
        guard let asked = others[.health] else { return !isEmpty }
        return asked?.contains(exchange) != false
    }

    /// Whether every contract of every exchange is wanted.
    func wantsAll(_ channel: LiveChannel) -> Bool {
        parts[channel]?.contains { $0.key == nil && $0.value == nil } == true
    }

    /// Whether contracts of an exchange are wanted, all or some.
    func wantsSome(_ channel: LiveChannel, of exchange: String) -> Bool {
        parts[channel]?.contains { $0.key?.contains(exchange) != false } == true
    }

    /// Whether an asset's contracts of an exchange are wanted.
    func wants(_ channel: LiveChannel, asset: String, of exchange: String) -> Bool {
        parts[channel]?.contains { exchanges, assets in
            exchanges?.contains(exchange) != false && assets?.contains(asset.uppercased()) != false
        } == true
    }
}
