import FundingCore

/// What shares a row of the grid: one base asset of one kind. A share and a coin of the same ticker never do.
struct AssetGroup: Hashable, Sendable {
    var baseAsset: String
    var marketType: MarketType
}

extension AssetGroup {
    init(of contract: Contract) {
        self.init(baseAsset: contract.baseAsset, marketType: contract.marketType)
    }

    init(of spread: FundingSpread) {
        self.init(baseAsset: spread.asset, marketType: spread.marketType)
    }
}

extension [RateRow] {
    /// The rows by what shares a row of the grid, with the names that the grid shows.
    var byAsset: [(group: AssetGroup, name: String, rows: [RateRow])] {
        Dictionary(grouping: self) { $0.rate.contract.baseAsset }.flatMap { base, rows in
            let kinds = Dictionary(grouping: rows) { $0.rate.contract.marketType }
            let names = AssetName.names(kinds.keys, of: base)
            return kinds.map { kind, rows in
                (group: AssetGroup(baseAsset: base, marketType: kind), name: names[kind] ?? base, rows: rows)
            }
        }
    }
}
