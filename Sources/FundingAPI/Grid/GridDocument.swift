import Foundation
import FundingCore
import FundingRuntime

/// The grid, one row an asset and one cell an exchange, kept with its JSON: only what differs is encoded again.
struct GridDocument: Sendable {
    /// A cell and its JSON, which is made when somebody first asks for it.
    struct Entry: Sendable, Equatable {
        let cell: GridCell
        private let text = Lock<[UInt8]?>(nil)

        init(_ cell: GridCell) { self.cell = cell }

        var json: [UInt8] {
            text.withLock { text in
                if let text { return text }
                let encoded = cell.encoded()
                text = encoded
                return encoded
            }
        }

        static func == (one: Entry, other: Entry) -> Bool { one.cell == other.cell }
    }

    let pick: GridPick
    /// By name as people see it, then by the exchange's name.
    private(set) var rows: [String: [String: Entry]] = [:]
    /// By base asset, kind and exchange: what the names are made from.
    private var groups: [String: [MarketType: [String: Entry]]] = [:]
    /// By exchange's name, a time before which time alone makes none of its cells another.
    private var turns: [String: Date] = [:]

    /// An empty grid.
    init(pick: GridPick = .extreme) {
        self.pick = pick
    }

    /// The whole grid at once.
    init(_ market: MarketState, pick: GridPick = .extreme, at now: Date) {
        self.init(pick: pick)
        for exchange in market.exchanges { _ = refresh(exchange.id, from: market, at: now) }
    }

    /// Takes over what became different in one feed: of a partial write only the assets it names, otherwise all of the
    /// exchange, whose age moves as a whole.
    mutating func follow(_ change: FeedChange, in market: MarketState, at now: Date) -> GridDelta {
        if change.isPartial {
            let removed = change.removed.compactMap { market.rates[change.feed]?[$0]?.contract.baseAsset }
            return refresh(
                Set(change.changed.map(\.baseAsset) + removed), of: change.exchange, from: market, at: now)
        }
        var delta = refresh(change.exchange, from: market, at: now)
        if let time = change.observedAt { delta.observed[change.exchangeName] = time }
        return delta
    }

    /// Takes over what became different in the statistics of some contracts.
    mutating func follow(_ change: StatisticsChange, in market: MarketState, at now: Date) -> GridDelta {
        var delta = GridDelta()
        for (exchange, bases) in change.baseAssets { delta.add(refresh(bases, of: exchange, from: market, at: now)) }
        return delta.sorted()
    }

    /// Looks at one exchange's contracts anew.
    mutating func refresh(_ exchange: ExchangeID, from market: MarketState, at now: Date) -> GridDelta {
        guard let name = market.name(of: exchange) else { return GridDelta() }
        let bases = Dictionary(grouping: market.rates(of: exchange), by: \.contract.baseAsset)
        let gone = groups.filter { base, types in bases[base] == nil && types.values.contains { $0[name] != nil } }
        var delta = GridDelta()
        turns[name] = nil
        for (base, rates) in bases {
            update(base, name, cells(rates, in: market, at: now), &delta, worthTelling: .all.subtracting(.lastUpdated))
        }
        for base in gone.keys { update(base, name, [:], &delta, worthTelling: .all) }
        return delta.sorted()
    }

    /// Looks at some base assets of one exchange anew. What was only seen again is told too, for nobody tells it of the
    /// whole exchange.
    mutating func refresh(
        _ bases: Set<String>, of exchange: ExchangeID, from market: MarketState, at now: Date
    ) -> GridDelta {
        guard let name = market.name(of: exchange) else { return GridDelta() }
        var delta = GridDelta()
        for base in bases {
            let cells = cells(market.rates(of: exchange, base: base), in: market, at: now)
            update(base, name, cells, &delta, worthTelling: .all)
        }
        return delta.sorted()
    }

    private func cells(_ rates: [LiveRate], in market: MarketState, at now: Date) -> [MarketType: GridCell] {
        if rates.count == 1 {
            return GridCell(rates, pick: pick, in: market, at: now).map { [rates[0].contract.marketType: $0] } ?? [:]
        }
        return Dictionary(grouping: rates, by: \.contract.marketType)
            .compactMapValues { GridCell($0, pick: pick, in: market, at: now) }
    }

    /// The exchanges that may have a cell which time alone has made another.
    func expired(at now: Date) -> Set<String> { Set(turns.filter { $0.value <= now }.keys) }

    // MARK: One base asset

    /// - Parameter worthTelling: a cell of which nothing else became different is not told of.
    private mutating func update(
        _ base: String, _ exchange: String, _ cells: [MarketType: GridCell], _ delta: inout GridDelta,
        worthTelling: GridCell.Fields
    ) {
        // Nearly every asset is of one kind and keeps it: its name cannot become another.
        if cells.count == 1, let (type, cell) = cells.first, let types = groups[base], types.count == 1,
            let known = types[type]
        {
            turns[exchange] = min(turns[exchange] ?? .distantFuture, cell.validUntil)
            let old = known[exchange]?.cell
            guard old != cell else { return }
            let entry = Entry(cell)
            groups[base]?[type]?[exchange] = entry
            rows[base]?[exchange] = entry
            if let told = GridDelta.Cell(cell, after: old, worthTelling: worthTelling) {
                delta.changed.append(GridDelta.Row(asset: base, cells: [exchange: told]))
            }
            return
        }
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
            var row = GridDelta.Row(asset: name, removed: old.keys.filter { new[$0] == nil }.sorted())
            for (venue, entry) in new {
                row.cells[venue] = GridDelta.Cell(entry.cell, after: old[venue]?.cell, worthTelling: worthTelling)
            }
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
        turns[exchange] = min(turns[exchange] ?? .distantFuture, cell.validUntil)
        if groups[base]?[type]?[exchange]?.cell == cell { return }
        groups[base, default: [:]][type, default: [:]][exchange] = Entry(cell)
    }

    private func named(_ base: String) -> [String: [String: Entry]] {
        guard let types = groups[base] else { return [:] }
        let names = AssetName.names(types.keys, of: base)
        var named: [String: [String: Entry]] = [:]
        for (type, cells) in types { named[names[type] ?? base] = cells }
        return named
    }
}
