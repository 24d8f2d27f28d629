import FundingCore

extension RecordedCase {
    private static let hyperliquidTerms: [String: Source] = [
        "tokens": .file("hyperliquid/spot_meta.json"),
        "annotations": .file("hyperliquid/perp_concise_annotations.json"),
    ]

    private static let bitcoinContext: (file: String, path: [String]) =
        ("hyperliquid/meta_and_asset_ctxs.json", ["1", "0"])

    static let hyperliquid = [
        RecordedCase(
            feed: "hyperliquid", name: "main", now: "2026-09-12T10:30:00Z",
            answers: hyperliquidTerms.merging([
                "dexs": .file("hyperliquid/perp_dexs.json"),
                "contexts": .file("hyperliquid/meta_and_asset_ctxs.json"),
            ]) { $1 }
        ),
        RecordedCase(
            feed: "hyperliquid", name: "meta-2023", now: "2023-07-17T10:30:00Z",
            answers: hyperliquidTerms.merging([
                "contexts": .composed(
                    "[%1,[" + Array(repeating: "%2", count: 28).joined(separator: ",") + "]]",
                    [("hyperliquid/meta_2023.json", []), bitcoinContext]
                )
            ]) { $1 }
        ),
        RecordedCase(
            feed: "hyperliquid", name: "collateral", now: "2026-09-12T10:30:00Z",
            answers: hyperliquidTerms.merging([
                "dexs": .composed(#"[null,{"name":"km"},{"name":"hyna"}]"#, []),
                "contexts": .composed(
                    "[%1,[%2,%2,%2]]", [("hyperliquid/meta_perp_nulls.json", []), bitcoinContext]
                ),
                "contexts.km": .composed("[%1,[%2]]", [("hyperliquid/all_perp_metas.json", ["1"]), bitcoinContext]),
                "contexts.hyna": .composed("[%1,[%2]]", [("hyperliquid/all_perp_metas.json", ["2"]), bitcoinContext]),
            ]) { $1 }
        ),
    ]
}
