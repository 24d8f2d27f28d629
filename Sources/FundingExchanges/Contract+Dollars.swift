import FundingCore

extension Contract {
    /// Priced in US dollars or in a coin pegged to them, so that quantity × price is an amount of dollars.
    var isPricedInDollars: Bool { Self.dollars.contains(quoteAsset) }

    /// What a quantity of the base is worth, if its price is known and one in dollars.
    func dollars(of quantity: Double?, at price: Double?) -> Double? {
        guard isPricedInDollars, let quantity, let price else { return nil }
        return quantity * price
    }

    private static let dollars: Set = ["USD", "USDT", "USDC", "USDE", "USDH", "USDT0", "USD1", "FDUSD", "BUSD", "U"]
}
