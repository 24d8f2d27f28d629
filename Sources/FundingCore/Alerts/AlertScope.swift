/// Whom a rule is about. An empty list excludes nobody.
public struct AlertScope: Hashable, Sendable {
    public var assets: [String] = []
    public var exchanges: [String] = []
    public var symbols: [String] = []

    public init(assets: [String] = [], exchanges: [String] = [], symbols: [String] = []) {
        self.assets = assets
        self.exchanges = exchanges
        self.symbols = symbols
    }

    /// Whether a rule with this scope is about a subject. One exchange is involved in a pair; of two or more a pair needs
    /// both. An exchange has neither asset nor symbol, so that only its name counts.
    public func contains(_ subject: AlertSubject) -> Bool {
        switch subject {
        case .exchange(let exchange):
            return exchanges.isEmpty || exchanges.contains(exchange.rawValue)
        case .contract(let contract), .change(let contract, _):
            return isAbout(contract.baseAsset) && (exchanges.isEmpty || exchanges.contains(contract.exchange.rawValue))
                && (symbols.isEmpty || symbols.contains(contract.symbol))
        case .pair(let long, let short):
            let (isLong, isShort) = (
                exchanges.contains(long.exchange.rawValue), exchanges.contains(short.exchange.rawValue)
            )
            return isAbout(long.baseAsset)
                && (exchanges.isEmpty || (exchanges.count == 1 ? isLong || isShort : isLong && isShort))
                && (symbols.isEmpty || symbols.contains(long.symbol) || symbols.contains(short.symbol))
        }
    }

    private func isAbout(_ asset: String) -> Bool { assets.isEmpty || assets.contains(asset) }
}
