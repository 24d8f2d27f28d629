import Foundation
import FundingCore

/// What people call an asset: its ticker, `HOOD`, or the ticker of one kind, `HOOD (stock)`.
///
/// Where an answer is of one asset, a ticker alone stands for the kind that the grid shows under it: see
/// `MarketState.asset(named:at:)`. Among the filters of a list it lets through every kind, since rows say which they are.
struct AssetName: Hashable, Sendable {
    /// In capitals.
    let baseAsset: String
    /// Nil for a ticker alone.
    var kind: MarketType?

    /// - Parameter text: in any case. Words in brackets that are no kind belong to the ticker.
    init(_ text: String) {
        let name = text.uppercased()
        kind = name.hasSuffix(")") ? MarketType.allCases.first { name.hasSuffix(Self.suffix($0).uppercased()) } : nil
        baseAsset = kind.map { String(name.dropLast(Self.suffix($0).count)) } ?? name
    }

    init(of group: AssetGroup) {
        baseAsset = group.baseAsset.uppercased()
        kind = group.marketType
    }

    /// In capitals, as a client's texts are kept.
    var text: String { kind.map { baseAsset + Self.suffix($0).uppercased() } ?? baseAsset }

    /// Whether one of a client's texts, which are in capitals, names it: the ticker alone, or the ticker and the kind.
    func isAmong(_ texts: Set<String>) -> Bool { texts.contains(baseAsset) || texts.contains(text) }

    private static func suffix(_ kind: MarketType) -> String { " (\(kind.rawValue))" }

    // MARK: Of one ticker

    /// The kind that a ticker alone stands for: the first of those that there are, crypto before all.
    static func plainKind(_ kinds: some Sequence<MarketType>) -> MarketType? {
        let present = Set(kinds)
        return MarketType.allCases.first { present.contains($0) }
    }

    /// How the kinds of a ticker are told apart on screen: one keeps the plain name, the others carry their kind.
    static func names(_ kinds: some Sequence<MarketType>, of baseAsset: String) -> [MarketType: String] {
        let present = Set(kinds)
        let plain = plainKind(present)
        return Dictionary(
            uniqueKeysWithValues: present.map { ($0, $0 == plain ? baseAsset : baseAsset + suffix($0)) })
    }
}

extension MarketState {
    /// The one asset that a client names. A ticker alone is the kind that the grid shows under it, or would show if all of
    /// them were seen and listed; of a ticker that is not known it stays without a kind.
    func asset(named text: String, at now: Date) -> AssetName {
        var name = AssetName(text)
        guard name.kind == nil else { return name }
        let rates = allRates.filter { $0.contract.baseAsset.uppercased() == name.baseAsset }
        let shown = rates.filter { isVisible($0, at: now) }
        name.kind = AssetName.plainKind((shown.isEmpty ? rates : shown).map(\.contract.marketType))
        return name
    }
}
