import FundingJSON

/// A market as Hibachi's inventory, lists and streams show it.
struct HibachiMarket {
    let contract: SimulatedContract
    let scene: Scene

    init(_ contract: SimulatedContract, _ scene: Scene) {
        self.contract = contract
        self.scene = scene
    }

    private static let digits = 6

    private var isLive: Bool { contract.isTrading(at: scene.now) }

    private func text(_ value: Double) -> String { DecimalText.text(value, digits: Self.digits) }

    var estimatedRate: String { scene.rateText(scene.rate(of: contract), digits: Self.digits) }

    var markPrice: String { text(scene.market.markPrice(of: contract, at: scene.now)) }

    var spotPrice: String { text(scene.market.indexPrice(of: contract, at: scene.now)) }

    var openInterest: String {
        DecimalText.text(
            isLive ? scene.market.openInterestUnits(of: contract, at: scene.now) : 0, digits: 10, trimmed: true
        )
    }

    // MARK: - Lists

    func writeEntry(to json: inout JSONWriter) {
        json.beginObject()
        json.key("contract")
        writeTerms(to: &json)
        json.key("info")
        json.beginObject()
        json.field("category", contract.asset.kind == .coin ? "CRYPTO" : "FX")
        let mark = scene.market.markPrice(of: contract, at: scene.now)
        let yesterday = scene.market.markPrice(of: contract, at: scene.now - .millisecondsOfDay)
        let units = scene.market.openInterestUnits(of: contract, at: scene.now)
        // Of a closed market nothing is known any more.
        json.field("estimatedFundingRate", isLive ? estimatedRate : nil)
        json.field("markPrice", isLive ? text(mark) : nil)
        json.field("openInterestQuantity", isLive ? openInterest : nil)
        json.field("price24hAgo", isLive ? text(yesterday) : nil)
        json.field("priceLatest", isLive ? text(mark) : nil)
        json.field("spotPrice", isLive ? spotPrice : nil)
        json.field("tags", [String]())
        json.field("volume24h", isLive ? text(units * mark * 1.3) : nil)
        json.endObject()
        json.endObject()
    }

    func writeTerms(to json: inout JSONWriter) {
        json.beginObject()
        json.field("displayName", "\(contract.base)/USDT \(isLive ? "Perps" : "Flash")")
        json.field("id", contract.id)
        json.field("category", contract.asset.kind == .coin ? "CRYPTO" : "FX")
        json.field("initialMarginRate", "0.066667")
        json.field("maintenanceMarginRate", "0.046667")
        json.field("marketCloseTimestamp", isLive ? nil : seconds(contract.schedule.epochs.last?.start ?? scene.now))
        json.field("marketCreationTimestamp", seconds(contract.schedule.listedAt))
        json.key("marketOpenTimestamp")
        json.null()
        json.field("minNotional", "1")
        json.field("minOrderSize", "0.000000001")
        json.field("orderbookGranularities", ["0.01", "0.1", "1", "10"])
        json.field("settlementDecimals", 6)
        json.field("settlementSymbol", contract.settle)
        json.field("status", isLive ? "LIVE" : "CLOSED")
        json.field("stepSize", "0.000000001")
        json.field("symbol", contract.symbol)
        // Of closed markets too.
        json.field("symbolStatus", "OPEN")
        json.field("tickSize", "0.000001")
        json.field("underlyingDecimals", 9)
        json.field("underlyingSymbol", contract.base)
        json.endObject()
    }

    private func seconds(_ milliseconds: Int) -> String { "\(milliseconds / 1000).73488" }

    // MARK: - One market

    func writeQuotes(to json: inout JSONWriter) {
        let mark = scene.market.markPrice(of: contract, at: scene.now)
        json.beginObject()
        json.field("askPrice", text(mark * 1.0001))
        json.field("bidPrice", text(mark * 0.9999))
        json.key("fundingRateEstimation")
        writeEstimation(to: &json)
        json.field("markPrice", markPrice)
        json.field("spotPrice", spotPrice)
        json.field("symbol", contract.symbol)
        json.field("tradePrice", text(mark))
        json.endObject()
    }

    func writeEstimation(to json: inout JSONWriter) {
        json.beginObject()
        json.field("estimatedFundingRate", estimatedRate)
        json.field("nextFundingTimestamp", contract.schedule.nextPayment(after: scene.now) / 1000)
        json.endObject()
    }
}

/// What stands beside the markets.
enum HibachiTexts {
    private static let feeConfig = """
        {"depositFees":"0.006769","instantWithdrawDstPublicKey":"00","instantWithdrawalFees":[[1000,0.002],[100,0.004]],\
        "tradeMakerFeeRate":"0.00000000","tradeTakerFeeRate":"0.00045000","transferFeeRate":"0.00010000",\
        "withdrawalFees":"0.018052"}
        """

    static func writeInventoryHead(to json: inout JSONWriter) {
        json.key("crossChainAssets")
        json.raw(
            """
            [{"chain":"arbitrum","exchangeRateFromUSDT":"1.0","exchangeRateToUSDT":"1.0",\
            "instantWithdrawalLowerLimitInUSDT":"0.1","instantWithdrawalUpperLimitInUSDT":"10000.0","token":"USDT"}]
            """
        )
        json.key("feeConfig")
        json.raw(feeConfig)
        json.key("tradingTiers")
        json.raw(#"[{"level":1,"lowerThreshold":"0","title":"Beginner","upperThreshold":"10000"}]"#)
    }

    static func writeExchangeHead(to json: inout JSONWriter) {
        json.key("feeConfig")
        json.raw(feeConfig)
        json.key("instantWithdrawalLimit")
        json.raw(#"{"lowerLimit":"0.1805267728796","upperLimit":"35154.4178512"}"#)
        json.key("maintenanceWindow")
        json.raw("[]")
        json.field("status", "NORMAL")
    }
}
