import FundingJSON

/// One of the dexs on Hyperliquid: its own, or a builder's (HIP-3), which lists what it likes against the collateral it
/// likes.
struct HyperliquidDex: Sendable {
    /// Empty for Hyperliquid's own; the prefix of all symbols of a builder's: `xyz:TSLA`.
    var name: String
    var fullName: String
    /// The token that its contracts settle in, by its number in `spotMeta`.
    var collateral: (index: Int, name: String)
    /// What funding is multiplied by, as `perpDexs` states it; rates and history contain it already. With 0.0 nothing is
    /// ever paid.
    var fundingMultiplier: String
    /// How its builder spells the categories; there is no common spelling.
    var categories: [Asset.Kind: String]

    static let own = HyperliquidDex(
        name: "", fullName: "", collateral: (0, "USDC"), fundingMultiplier: "1.0", categories: [:]
    )

    /// In the order of `perpDexs`, where Hyperliquid's own comes before them.
    static let builders = [
        HyperliquidDex(
            name: "xyz", fullName: "XYZ", collateral: (0, "USDC"), fundingMultiplier: "0.5",
            categories: [.stock: "stocks", .commodity: "commodities", .index: "indices", .forex: "fx"]
        ),
        HyperliquidDex(
            name: "flx", fullName: "Felix Exchange", collateral: (360, "USDH"), fundingMultiplier: "0.0",
            categories: [.stock: "stocks", .commodity: "commodities", .coin: "crypto"]
        ),
        HyperliquidDex(
            name: "vntl", fullName: "Ventuals", collateral: (360, "USDH"), fundingMultiplier: "1.0",
            categories: [.stock: "preipo", .index: "indices"]
        ),
        HyperliquidDex(
            name: "hyna", fullName: "HyENA", collateral: (235, "USDE"), fundingMultiplier: "1.0",
            categories: [.coin: "crypto"]
        ),
        HyperliquidDex(
            name: "km", fullName: "Markets by Kinetiq", collateral: (360, "USDH"), fundingMultiplier: "1.0",
            categories: [.stock: "stock", .commodity: "commodity", .index: "index", .forex: "FX"]
        ),
    ]

    static let all = [own] + builders

    /// Hyperliquid numbers a contract by its place, a builder's with the dex's place in front.
    static func number(ofDex place: Int, contract: Int) -> Int {
        place == 0 ? contract : 100_000 + place * 10_000 + contract
    }

    /// Its contracts in the order of its list, delisted ones included.
    func contracts(in scene: Scene) -> [SimulatedContract] {
        let prefix = name + ":"
        return scene.contracts.filter { name.isEmpty ? !$0.symbol.contains(":") : $0.symbol.hasPrefix(prefix) }
    }

    func category(of contract: SimulatedContract) -> String? { categories[contract.asset.kind] }
}
