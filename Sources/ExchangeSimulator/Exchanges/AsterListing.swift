import FundingJSON

/// A contract as Aster's `exchangeInfo` lists it.
struct AsterListing {
    private let contract: SimulatedContract
    private let now: Int

    init(_ contract: SimulatedContract, at now: Int) {
        self.contract = contract
        self.now = now
    }

    /// What is priced, as far as it is no coin: `underlyingType` says COIN of everything.
    private var subTypes: [String] {
        switch contract.asset.kind {
        case .stock: ["STOCK"]
        case .index: ["ETF"]
        case .commodity: ["Commodities"]
        case .coin, .forex: []
        }
    }

    private var status: String {
        guard contract.kind != .premarket else { return "PENDING_TRADING" }
        return contract.isTrading(at: now) ? "TRADING" : "SETTLING"
    }

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("symbol", contract.symbol)
        json.field("pair", contract.symbol)
        json.field("contractType", contract.kind == .premarket ? "" : "PERPETUAL")
        json.field("deliveryDate", 4_133_404_800_000)
        json.field("onboardDate", contract.schedule.listedAt)
        json.field("status", status)
        json.field("maintMarginPercent", "2.5000")
        json.field("requiredMarginPercent", "5.0000")
        json.field("baseAsset", contract.base)
        json.field("quoteAsset", contract.quote)
        json.field("marginAsset", contract.settle)
        json.field("pricePrecision", contract.priceDigits)
        json.field("quantityPrecision", 3)
        json.field("baseAssetPrecision", 8)
        json.field("quotePrecision", 8)
        json.field("underlyingType", "COIN")
        json.field("underlyingSubType", subTypes)
        json.field("settlePlan", 0)
        json.field("triggerProtect", "0.15")
        json.key("filters")
        json.raw(#"[{"filterType":"LOT_SIZE","minQty":"0.001","maxQty":"1000","stepSize":"0.001"}]"#)
        json.key("OrderType")
        json.raw(#"["LIMIT","MARKET","STOP","STOP_MARKET","TAKE_PROFIT","TAKE_PROFIT_MARKET","TRAILING_STOP_MARKET"]"#)
        json.key("timeInForce")
        json.raw(#"["GTC","IOC","FOK","GTX","HIDDEN"]"#)
        json.field("liquidationFee", "0.010000")
        json.field("marketTakeBound", "0.30")
        json.endObject()
    }
}
