extension LiveRate {
    /// The mark price of one unit of the base asset in dollars, whatever multiple of it the contract is of; nil if the
    /// price is unknown or in something else than dollars.
    public var unitPriceUSD: Double? {
        guard Self.dollars.contains(contract.quoteAsset), let price = markPrice, price > 0 else { return nil }
        return price / contract.denomination
    }

    /// The dollar and what is pegged to it: close enough to tell assets apart by their prices.
    private static let dollars: Set = ["USD", "USDT", "USDC", "USDE", "USDH", "USDT0", "USD1", "FDUSD"]
}
