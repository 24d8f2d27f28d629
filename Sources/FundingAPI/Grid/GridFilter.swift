/// Which part of the grid somebody wants.
struct GridFilter: Sendable, Hashable {
    /// Names of exchanges as people write them; nil: all.
    var exchanges: Set<String>?
    /// Names of assets in capitals, or with their kind as the grid shows them; nil: all.
    var assets: Set<String>?
    /// A part of an asset's name or of a contract's symbol, in capitals.
    var search: String?
    /// An asset must be on at least so many of the exchanges.
    var leastExchanges = 1

    var isEverything: Bool { self == GridFilter() }

    func includes(exchange: String) -> Bool { exchanges?.contains(exchange) != false }

    /// Whether an asset is among those that are named.
    func names(asset: String) -> Bool {
        assets.map { AssetName(asset).isAmong($0) } ?? true
    }

    func includes(asset: String, _ cells: [String: GridDocument.Entry]) -> Bool {
        guard names(asset: asset) else { return false }
        guard let search else { return true }
        return asset.uppercased().contains(search)
            || cells.values.contains { $0.cell.contracts.contains { $0.uppercased().contains(search) } }
    }
}
