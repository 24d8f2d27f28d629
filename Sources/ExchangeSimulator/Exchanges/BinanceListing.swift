import FundingJSON

/// A contract as Binance's `exchangeInfo` lists it.
struct BinanceListing {
    private let contract: SimulatedContract
    private let now: Int
    /// Dollars of one contract, on the market that counts in contracts.
    private let contractSize: Int?

    init(_ contract: SimulatedContract, at now: Int, contractSize: Int? = nil) {
        self.contract = contract
        self.now = now
        self.contractSize = contractSize
    }

    static let rateLimits = """
        [{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":2400},\
        {"rateLimitType":"ORDERS","interval":"MINUTE","intervalNum":1,"limit":1200},\
        {"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":300}]
        """

    static let assets = """
        [{"asset":"USDT","marginAvailable":true,"autoAssetExchange":"-10000"},\
        {"asset":"BTC","marginAvailable":true,"autoAssetExchange":"-0.10000000"},\
        {"asset":"USDC","marginAvailable":true,"autoAssetExchange":"-10000"}]
        """

    /// 2100: never.
    private static let noDelivery = 4_133_404_800_000

    private var contractType: String {
        switch contract.kind {
        case .dated(let expiry): expiry - now < 95 * .millisecondsOfDay ? "CURRENT_QUARTER" : "NEXT_QUARTER"
        case .premarket: ""
        case .perpetual where isTradedLikeShares: "TRADIFI_PERPETUAL"
        case .perpetual: contractSize != nil && !contract.isTrading(at: now) ? "PERPETUAL DELIVERING" : "PERPETUAL"
        }
    }

    private var status: String {
        guard contract.kind != .premarket else { return "PENDING_TRADING" }
        return contract.isTrading(at: now) ? "TRADING" : contractSize == nil ? "SETTLING" : "DELIVERING"
    }

    var isTradedLikeShares: Bool { contract.asset.kind == .stock || contract.asset.kind == .commodity || isFund }

    /// Funds on share indices are traded like shares; the exchange's own indices are not.
    private var isFund: Bool { ["QQQ", "SPY"].contains(contract.asset.name) }

    private var underlyingType: String {
        switch contract.asset.kind {
        case .stock: "EQUITY"
        case .commodity: "COMMODITY"
        case .index where isFund: "EQUITY"
        // A ratio of two coins is priced like a coin.
        case .index where contract.quote == "BTC": "COIN"
        case .index: "INDEX"
        case .coin, .forex: "COIN"
        }
    }

    func write(to json: inout JSONWriter) {
        let tick = DecimalText.text(1 / Self.power(contract.priceDigits), digits: contract.priceDigits)
        json.beginObject()
        json.field("symbol", contract.symbol)
        json.field("pair", BinanceMark.pair(of: contract))
        json.field("contractType", contractType)
        var deliveryDate = Self.noDelivery
        if case .dated(let expiry) = contract.kind { deliveryDate = expiry }
        json.field("deliveryDate", deliveryDate)
        json.field("onboardDate", contract.schedule.listedAt)
        if let contractSize {
            json.field("contractStatus", status)
            json.field("contractSize", contractSize)
        } else {
            json.field("status", status)
        }
        json.field("maintMarginPercent", "2.5000")
        json.field("requiredMarginPercent", "5.0000")
        json.field("baseAsset", contract.base)
        json.field("quoteAsset", contract.quote)
        json.field("marginAsset", contract.settle)
        json.field("pricePrecision", contract.priceDigits)
        json.field("quantityPrecision", contractSize == nil ? 3 : 0)
        json.field("baseAssetPrecision", 8)
        json.field("quotePrecision", 8)
        json.field("underlyingType", underlyingType)
        json.key("underlyingSubType")
        json.raw("[]")
        if contractSize == nil { json.field("settlePlan", 0) } else { json.field("equalQtyPrecision", 4) }
        json.field("triggerProtect", "0.0500")
        json.field("liquidationFee", "0.012500")
        json.field("marketTakeBound", "0.05")
        json.field("maxMoveOrderLimit", 10_000)
        json.key("filters")
        json.raw(
            """
            [{"filterType":"PRICE_FILTER","minPrice":"\(tick)","maxPrice":"4529764","tickSize":"\(tick)"},\
            {"filterType":"LOT_SIZE","minQty":"0.001","maxQty":"1000","stepSize":"0.001"},\
            {"filterType":"MIN_NOTIONAL","notional":"5"}]
            """
        )
        json.key("orderTypes")
        json.raw(#"["LIMIT","MARKET","STOP","STOP_MARKET","TAKE_PROFIT","TAKE_PROFIT_MARKET","TRAILING_STOP_MARKET"]"#)
        json.key("timeInForce")
        json.raw(#"["GTC","IOC","FOK","GTX","GTD"]"#)
        if contractSize == nil {
            json.key("permissionSets")
            json.raw(#"["GRID","COPY"]"#)
        }
        json.endObject()
    }

    private static func power(_ digits: Int) -> Double {
        (0..<digits).reduce(1) { power, _ in power * 10 }
    }
}
