import Foundation
import FundingCore

/// The grid, one row an asset and one cell an exchange, kept with its JSON: only what differs is encoded again.
struct GridDocument: Sendable {
    /// A cell and its JSON.
    struct Entry: Sendable, Equatable {
        var cell: GridCell
        var json: [UInt8]

        init(_ cell: GridCell) {
            self.cell = cell
            json = cell.encoded()
        }
    }

    let pick: GridPick
    /// By name as people see it, then by the exchange's name.
    private(set) var rows: [String: [String: Entry]] = [:]
    /// By base asset, kind and exchange: what the names are made from.
    private var groups: [String: [MarketType: [String: Entry]]] = [:]

    /// An empty grid.
    init(pick: GridPick = .extreme) {
        self.pick = pick
    }

    /// The whole grid at once.
    init(_ market: MarketState, pick: GridPick = .extreme, at now: Date) {
        self.init(pick: pick)
        for exchange in market.exchanges { _ = refresh(exchange.id, from: market, at: now) }
    }

    /// Looks at one exchange's contracts anew.
    mutating func refresh(_ exchange: ExchangeID, from market: MarketState, at now: Date) -> GridDelta {
        guard let name = market.feeds.values.first(where: { $0.exchange == exchange })?.exchangeName else {
            return GridDelta()
        }
        let contracts = Dictionary(grouping: market.rates(of: exchange)) { AssetGroup(of: $0.contract) }
        var fresh: [String: [MarketType: GridCell]] = [:]
        for (group, rates) in contracts {
            guard let cell = GridCell(rates, pick: pick, in: market, at: now) else { continue }
            fresh[group.baseAsset, default: [:]][group.marketType] = cell
        }
        let gone = groups.keys.filter { base in
            fresh[base] == nil && groups[base]?.values.contains { $0[name] != nil } == true
        }
        var delta = GridDelta()
        for base in fresh.keys.sorted() + gone {
            update(base, name, fresh[base] ?? [:], &delta)
        }
        delta.changed.sort { $0.asset < $1.asset }
        delta.removed.sort()
        return delta
    }

    /// The exchanges that have a cell which time alone has made another.
    func expired(at now: Date) -> Set<String> {
        var names: Set<String> = []
        for row in rows.values {
            for (exchange, entry) in row where entry.cell.validUntil <= now { names.insert(exchange) }
        }
        return names
    }

    // MARK: One base asset

    private mutating func update(
        _ base: String, _ exchange: String, _ cells: [MarketType: GridCell], _ delta: inout GridDelta
    ) {
        let before = named(base)
        for type in Set(cells.keys).union(groups[base]?.keys.map { $0 } ?? []) {
            set(cells[type], base, type, exchange)
        }
        let after = named(base)
        for name in Set(before.keys).union(after.keys) {
            rows[name] = after[name]
            guard let new = after[name] else {
                delta.removed.append(name)
                continue
            }
            let old = before[name] ?? [:]
            let row = GridDelta.Row(
                asset: name,
                cells: new.filter { venue, entry in old[venue]?.cell.looksLike(entry.cell) != true },
                removed: old.keys.filter { new[$0] == nil }.sorted()
            )
            if !row.isEmpty { delta.changed.append(row) }
        }
    }

    private mutating func set(_ cell: GridCell?, _ base: String, _ type: MarketType, _ exchange: String) {
        guard let cell else {
            groups[base]?[type]?[exchange] = nil
            if groups[base]?[type]?.isEmpty == true { groups[base]?[type] = nil }
            if groups[base]?.isEmpty == true { groups[base] = nil }
            return
        }
        if groups[base]?[type]?[exchange]?.cell == cell { return }
        groups[base, default: [:]][type, default: [:]][exchange] = Entry(cell)
    }

    private func named(_ base: String) -> [String: [String: Entry]] {
        guard let types = groups[base] else { return [:] }
        let names = AssetNaming.names(types.keys, of: base)
        var named: [String: [String: Entry]] = [:]
        for (type, cells) in types { named[names[type] ?? base] = cells }
        return named
    }
}
