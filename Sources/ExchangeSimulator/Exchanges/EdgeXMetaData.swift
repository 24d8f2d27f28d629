import FundingJSON

/// edgeX's `getMetaData`: coins and contracts by number.
struct EdgeXMetaData {
    private let scene: Scene

    init(_ scene: Scene) { self.scene = scene }

    func answer() -> SimulatedAnswer {
        SimulatedEdgeX.success(at: scene.now, reservingCapacity: 1300 * scene.contracts.count) { json in
            json.beginObject()
            json.key("global")
            json.raw(#"{"collateralCoinId":"1000","maxFundingRate":12000}"#)
            json.key("coinList")
            json.beginArray()
            write(coin: "1000", "USDC", to: &json)
            for contract in scene.contracts {
                write(coin: SimulatedEdgeX.coinID(of: contract), contract.base, to: &json)
            }
            json.endArray()
            json.key("contractList")
            json.beginArray()
            for contract in scene.contracts { write(contract, to: &json) }
            json.endArray()
            json.endObject()
        }
    }

    private func write(coin id: String, _ name: String, to json: inout JSONWriter) {
        json.beginObject()
        json.field("coinId", id)
        json.field("coinName", name)
        json.endObject()
    }

    private func write(_ contract: SimulatedContract, to json: inout JSONWriter) {
        let isHidden = SimulatedEdgeX.hidden.contains(contract.symbol)
        let isOpen = isHidden || contract.isTrading(at: scene.now)
        let cap = DecimalText.text(contract.rateCap, digits: 6, trimmed: true)
        json.beginObject()
        json.field("contractId", SimulatedEdgeX.contractID(of: contract))
        json.field("contractName", contract.symbol)
        json.field("baseCoinId", SimulatedEdgeX.coinID(of: contract))
        json.field("quoteCoinId", "1000")
        json.field("tickSize", "0.1")
        json.field("stepSize", "0.001")
        json.field("minOrderSize", "0.001")
        json.field("maxOrderSize", "100")
        json.field("maxOrderBuyPriceRatio", "0.05")
        json.field("minOrderSellPriceRatio", "0.05")
        json.field("maxPositionSize", "300")
        json.field("maxMarketPositionSize", "40")
        json.field("defaultTakerFeeRate", "0.00045")
        json.field("defaultMakerFeeRate", "0.0004")
        json.field("defaultLeverage", "10")
        json.field("liquidateFeeRate", "0.01")
        json.field("tpslSpreadProtectionThreshold", "0.05")
        json.field("enableTrade", isOpen)
        json.field("enableDisplay", !isHidden)
        json.field("enableOpenPosition", isOpen)
        json.field("fundingInterestRate", "0.0003")
        json.field("fundingImpactMarginNotional", "10")
        json.field("fundingMaxRate", cap)
        json.field("fundingMinRate", "-" + cap)
        json.field("fundingRateIntervalMin", "\(contract.schedule.lastHours(at: scene.now) * 60)")
        json.field("fundingQuoteImpactMarginNotional", "10")
        json.field("displayDigitMerge", "0.1,1,5,10")
        json.field("displayMaxLeverage", "100")
        json.field("displayMinLeverage", "1")
        json.field("displayNewIcon", false)
        json.field("displayHotIcon", contract.id < 5)
        json.field("matchServerName", "edgex-match-server")
        json.field("syntheticAssetId", "0x425443322d31300000000000000000")
        json.field("resolution", "10000000000")
        json.field("oraclePriceQuorum", "1")
        json.field("openSizeReduceRatio", "0.99")
        // A fund counts as a share, a metal as nothing.
        json.field("isStock", [.stock, .index].contains(contract.asset.kind))
        json.field("isFx", contract.asset.kind == .forex)
        json.endObject()
    }
}
