import Foundation
import FundingCore

/// What shares a row of the grid: one base asset of one kind. A share and a coin of the same ticker never do.
struct AssetGroup: Hashable, Sendable {
    var baseAsset: String
    var marketType: MarketType

    init(of contract: Contract) {
        baseAsset = contract.baseAsset
        marketType = contract.marketType
    }
}

/// How groups that share a base asset are told apart on screen.
enum AssetNaming {
    /// The first of them by kind, crypto before all, keeps the plain name; the others carry their kind: `HOOD (stock)`.
    static func names(_ types: some Sequence<MarketType>, of baseAsset: String) -> [MarketType: String] {
        let present = Set(types)
        let first = MarketType.allCases.first { present.contains($0) }
        return Dictionary(
            uniqueKeysWithValues: present.map { type in
                (type, type == first ? baseAsset : "\(baseAsset) (\(type.rawValue))")
            }
        )
    }
}

extension MarketState {
    /// The kinds that the grid shows of one base asset, which is given in capitals.
    func kinds(of baseAsset: String, at now: Date) -> Set<MarketType> {
        Set(
            allRates.lazy.filter { $0.contract.baseAsset.uppercased() == baseAsset && isVisible($0, at: now) }
                .map(\.contract.marketType)
        )
    }
}
