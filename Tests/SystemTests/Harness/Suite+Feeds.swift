extension Suite {
    /// The live contracts that the simulated exchanges list, of every registered feed.
    static let allContracts = [
        "binance-usdm": 572, "binance-coinm": 28, "kucoin": 526, "bybit": 625, "mexc": 826, "backpack": 67,
        "deribit": 20, "hyperliquid": 334, "drift": 51, "aster": 165, "lighter": 115, "pacifica": 35, "hibachi": 15,
        "dydx": 245, "kraken": 320, "edgex": 212, "apex": 120,
    ]

    /// Every registered feed.
    static let allFeeds = allContracts.keys.sorted()

    /// Those that are only read when they are named.
    static let feedsOnRequest: Set = ["kraken", "edgex", "apex"]
}
