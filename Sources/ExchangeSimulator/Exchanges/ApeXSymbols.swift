import FundingJSON

/// ApeX's `symbols`: the catalogue, one list a kind.
struct ApeXSymbols {
    private let scene: Scene

    init(_ scene: Scene) { self.scene = scene }

    func answer() -> SimulatedAnswer {
        let shares: Set<Asset.Kind> = [.stock, .index, .commodity]
        let contracts = scene.contracts
        return SimulatedApeX.success(reservingCapacity: 900 * contracts.count) { json in
            json.beginObject()
            json.key("spotConfig")
            json.raw(#"{"assets":[],"spot":[]}"#)
            json.key("contractConfig")
            json.beginObject()
            json.key("assets")
            json.raw(#"[{"token":"USDT","decimals":6}]"#)
            json.key("perpetualContract")
            write(contracts.filter { !shares.contains($0.asset.kind) }, to: &json)
            json.key("stockContract")
            write(contracts.filter { shares.contains($0.asset.kind) }, to: &json)
            json.key("predictionContract")
            json.beginArray()
            for bet in SimulatedApeX.predictions { write(bet, isTraded: true, category: nil, cap: 0.002, to: &json) }
            json.endArray()
            json.key("prelaunchContract")
            json.raw("[]")
            json.endObject()
            json.key("multiChain")
            json.raw(#"{"chains":[]}"#)
            json.endObject()
        }
    }

    private static let categories: [Asset.Kind: String] = [.stock: "STOCK", .index: "INDEX", .commodity: "COMMODITY"]

    private func write(_ contracts: [SimulatedContract], to json: inout JSONWriter) {
        json.beginArray()
        for contract in contracts {
            // A coin's category is its sector, and not every coin has one.
            let sector = contract.asset.rank < 30 ? "L1" : nil
            write(
                contract.base, isTraded: contract.isTrading(at: scene.now), isPrelaunch: contract.kind == .premarket,
                category: Self.categories[contract.asset.kind] ?? sector, cap: contract.rateCap, to: &json
            )
        }
        json.endArray()
    }

    private func write(
        _ base: String, isTraded: Bool, isPrelaunch: Bool = false, category: String?, cap: Double,
        to json: inout JSONWriter
    ) {
        let capText = DecimalText.text(cap, digits: 6, trimmed: true)
        json.beginObject()
        json.field("symbol", base + "-USDT")
        json.field("crossSymbolName", base + "USDT")
        json.field("symbolDisplayName", base + "USDT")
        json.field("baseTokenId", base)
        json.field("settleAssetId", "USDT")
        json.field("contractType", "UNKNOWN_PERPETUAL_CONTRACT_TYPE")
        if let category { json.field("category", category) }
        json.field("enableTrade", isTraded)
        json.field("enableDisplay", isTraded)
        json.field("enableOpenPosition", isTraded && !isPrelaunch)
        json.field("isPrelaunch", isPrelaunch)
        json.field("fundingInterestRate", "0.0003")
        json.field("fundingMaxRate", capText)
        json.field("fundingMinRate", "-" + capText)
        json.field("minOrderSize", "0.001")
        json.field("stepSize", "0.001")
        json.field("tickSize", "0.1")
        json.field("deliveryTime", isTraded ? 0 : scene.now - 45 * .millisecondsOfDay)
        json.endObject()
    }
}
