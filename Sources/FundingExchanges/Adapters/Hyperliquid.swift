import Foundation
import FundingCore
import FundingJSON

/// Hyperliquid: one POST answers for all contracts of a dex, rows and contexts joined by index alone; funding is paid
/// every full hour. Builder dexs (HIP-3) are separate answers, each of which may fail for itself.
struct Hyperliquid: ExchangeAdapter {
    let profile = ExchangeProfile(
        exchange: "hyperliquid", feed: "hyperliquid", name: "Hyperliquid", kind: .dex,
        host: "https://api.hyperliquid.xyz", budget: RequestBudget(1200, per: .seconds(60)),
        naming: AssetNaming(kiloPrefix: true)
    )

    var stream: (any ExchangeStream)? { HyperliquidStream() }

    // https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint/perpetuals
    let listings = [
        info("perpDexs", as: "dexs", need: .optional),
        info("spotMeta", as: "tokens", need: .optional),
        info("perpConciseAnnotations", as: "annotations", need: .optional),
    ]

    private static func info(
        _ type: String, dex: String? = nil, as name: String, need: ExchangeRequest.Need
    ) -> ExchangeRequest {
        let dexField = dex.map { #","dex":"\#($0)""# } ?? ""
        return .post("/info", #"{"type":"\#(type)"\#(dexField)}"#, as: name, key: dex, weight: 20, need: need)
    }

    func liveRequests(given listings: Answers) -> [ExchangeRequest] {
        // The first entry of the list is null: the exchange's own dex.
        let dexs = listings["dexs"].last?.root.elements.compactMap { $0["name"]?.string } ?? []
        // A name goes into a JSON text: only what can need no escaping.
        let askable = dexs.filter { $0.wholeMatch(of: /[A-Za-z0-9_-]+/) != nil }
        return [Self.info("metaAndAssetCtxs", as: "contexts", need: .required)]
            + askable.map { Self.info("metaAndAssetCtxs", dex: $0, as: "contexts", need: .part) }
    }

    /// A list that is none would read as "no builder dexs", and all their contracts as delisted.
    func refusal(in answer: Answer) -> ExchangeError.Kind? {
        let list = answer.request.name == "tokens" ? answer.root["tokens"] : answer.root
        guard let list, list.kind == .array else { return .unreadable }
        // Only builder dexs are annotated, and there may be none; a contract may have paid nothing within a window.
        return list.count > 0 || ["annotations", "history"].contains(answer.request.name) ? nil : .unreadable
    }

    func snapshots(from answers: Answers) throws -> Parsed<FundingSnapshot> {
        let tokens = tokenNames(answers["tokens"].last)
        let categories = categories(answers["annotations"].last)
        let dexs = answers["dexs"].last?.root.elements.map { $0["name"]?.string }
        var parsed = Parsed<FundingSnapshot>()
        for answer in answers["contexts"] {
            // One dex that sends nonsense must not take the others with it.
            parsed.part(answer) { parsed in
                guard let meta = answer.root[0], let contexts = try answer.root[1]?.rows() else {
                    throw Rejection("expected [meta, contexts], found \(answer.root.excerpt)")
                }
                let universe = try meta.rows("universe")
                guard universe.count == contexts.count else {
                    throw Rejection("\(universe.count) contracts, but \(contexts.count) contexts")
                }
                let settle = collateral(of: meta, tokens)
                let first =
                    answer.request.key.map { dex in dexs?.firstIndex(of: dex).map(HyperliquidAsset.first(ofDex:)) } ?? 0
                for (place, (listing, context)) in zip(universe, contexts).enumerated() {
                    parsed.add(symbol: listing["name"]?.string ?? listing.excerpt) {
                        try snapshot(
                            listing, context, first.map { "\($0 + place)" }, try settle.get(), categories,
                            at: answer.receivedAt
                        )
                    }
                }
            }
        }
        return parsed
    }

    func rows(in answer: Answer) -> [(name: String, row: JSONView)]? {
        guard answer.request.name == "contexts", let universe = answer.root[0]?["universe"],
            let contexts = answer.root[1]
        else { return nil }
        return zip(universe.elements, contexts.elements).compactMap { listing, context in
            listing["name"]?.string.map { ($0, context) }
        }
    }

    /// 0 is USDC; so is a body without the field (2023).
    private func collateral(of meta: JSONView, _ tokens: [Int: String]) -> Result<String, Rejection> {
        guard let token = meta["collateralToken"], !token.isNull, token.int != 0 else { return .success("USDC") }
        guard let name = token.int.flatMap({ tokens[$0] }) else {
            return .failure(Rejection("collateral token \(token.excerpt) has no name"))
        }
        return .success(name)
    }

    private func snapshot(
        _ listing: JSONView, _ context: JSONView, _ asset: String?, _ settle: String, _ categories: [String: String],
        at time: Date
    ) throws -> FundingSnapshot {
        let name = try listing.text("name")
        if listing["isDelisted"]?.bool == true { throw Exclusion.delisted }
        let mark = try context.price("markPx")
        let coins = try context.number("openInterest")
        // `xyz:AAPL`: the same ticker may be listed on many dexs, so the symbol keeps the prefix and the base loses it.
        let isBuilders = name.contains(":")
        let base = isBuilders ? String(name.drop { $0 != ":" }.dropFirst()) : name
        guard !base.isEmpty else { throw Rejection("the name ends where the base asset should begin") }
        return FundingSnapshot(
            profile.contract(
                name, base: base, quote: "USD", settle: settle,
                market: isBuilders ? market(categories[name]) : .crypto,
                tradingURL: "https://app.hyperliquid.xyz/trade/\(name.percentEncoded)", nativeID: asset
            ),
            // The hourly fraction as it is paid, no further division. No time is sent: it is paid at the next full hour.
            rate: try context.requiredNumber("funding"), every: .hourly,
            markPrice: mark, indexPrice: try context.nonZero("oraclePx"),
            openInterest: .base(coins, at: mark), observedAt: time
        )
    }

    private func tokenNames(_ answer: Answer?) -> [Int: String] {
        let tokens = answer?.root["tokens"]?.elements.compactMap { token in
            token["index"]?.int.flatMap { index in token["name"]?.string.map { (index, $0) } }
        }
        return Dictionary(tokens ?? []) { $1 }
    }

    /// `[[coin, {category}], …]`, for builder dexs only.
    private func categories(_ answer: Answer?) -> [String: String] {
        let pairs = answer?.root.elements.compactMap { pair in
            pair[0]?.string.flatMap { coin in pair[1]?["category"]?.string.map { (coin, $0.lowercased()) } }
        }
        return Dictionary(pairs ?? []) { $1 }
    }

    private func market(_ category: String?) -> MarketType {
        switch category {
        case "crypto": .crypto
        case "stock", "stocks": .stock
        case "commodity", "commodities": .commodity
        case "index", "indices": .index
        case "fx", "forex": .forex
        case "rates": .rates
        case "preipo": .premarket
        default: .unknown
        }
    }
}
