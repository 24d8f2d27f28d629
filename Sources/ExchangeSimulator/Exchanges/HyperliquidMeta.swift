import FundingJSON

/// What a dex lists, and what there is to know about all dexs.
struct HyperliquidMeta {
    private let dex: HyperliquidDex
    private let scene: Scene

    init(_ dex: HyperliquidDex, _ scene: Scene) {
        self.dex = dex
        self.scene = scene
    }

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.key("universe")
        json.beginArray()
        for contract in dex.contracts(in: scene) {
            json.beginObject()
            json.field("szDecimals", max(0, 6 - contract.priceDigits))
            json.field("name", contract.symbol)
            json.field("maxLeverage", contract.asset.rank < 10 ? 40 : 10)
            json.field("marginTableId", contract.asset.rank < 10 ? 56 : 51)
            if !contract.isTrading(at: scene.now) { json.field("isDelisted", true) }
            if !dex.name.isEmpty { json.field("growthMode", "enabled") }
            json.endObject()
        }
        json.endArray()
        json.key("marginTables")
        json.raw(HyperliquidTexts.marginTables)
        json.field("collateralToken", dex.collateral.index)
        json.endObject()
    }

    /// The first entry, null, is Hyperliquid's own dex.
    static func writeDexs(_ scene: Scene, to json: inout JSONWriter) {
        json.beginArray()
        json.null()
        for dex in HyperliquidDex.builders {
            json.beginObject()
            json.field("name", dex.name)
            json.field("fullName", dex.fullName)
            json.key("assetToFundingMultiplier")
            json.value(dex.contracts(in: scene).map { [$0.symbol, dex.fundingMultiplier] })
            json.endObject()
        }
        json.endArray()
    }

    /// `[[coin, {category, …}], …]`, of builders' contracts only.
    static func writeAnnotations(_ scene: Scene, to json: inout JSONWriter) {
        json.beginArray()
        for dex in HyperliquidDex.builders {
            for contract in dex.contracts(in: scene) {
                json.beginArray()
                json.value(contract.symbol)
                json.beginObject()
                json.field("category", dex.category(of: contract))
                json.field("displayName", contract.base)
                json.field("keywords", [contract.asset.name.lowercased()])
                json.endObject()
                json.endArray()
            }
        }
        json.endArray()
    }
}
