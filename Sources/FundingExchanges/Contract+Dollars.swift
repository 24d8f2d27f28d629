import FundingCore

extension Contract {
    /// Priced in US dollars or in a coin pegged to them, so that quantity × price is an amount of dollars.
    var isPricedInDollars: Bool { Self.dollars.contains(quoteAsset) }

    /// So many units of the symbol, worth dollars if the price is one in dollars.
    func openInterest(_ quantity: Double?, at price: Double?) -> OpenInterest? {
        .base(quantity, at: isPricedInDollars ? price : nil)
    }

    private static let dollars: Set = ["USD", "USDT", "USDC", "USDE", "USDH", "USDT0", "USD1", "FDUSD", "BUSD", "U"]
}
