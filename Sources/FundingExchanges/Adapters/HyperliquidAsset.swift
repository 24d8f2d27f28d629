import FundingCore

/// Hyperliquid's number for a contract: its place in its dex's list, and for builder dexs the dex's place as well.
/// Streams state values by place alone.
///
/// https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/asset-ids
struct HyperliquidAsset {
    /// The dex's name, empty for the exchange's own.
    var dex: String
    /// In the dex's list, delisted contracts counted.
    var place: Int

    /// The number of the first contract of the dex at a place of `perpDexs`, where the exchange's own is 0.
    static func first(ofDex place: Int) -> Int {
        place == 0 ? 0 : 100_000 + place * contractsPerDex
    }

    private static let contractsPerDex = 10_000

    /// Nil if the contract's number is not known.
    init?(_ contract: Contract) {
        guard let number = contract.nativeID.flatMap({ Int($0) }) else { return nil }
        let name = contract.symbol
        dex = name.firstIndex(of: ":").map { String(name[..<$0]) } ?? ""
        place = dex.isEmpty ? number : number % Self.contractsPerDex
    }
}
