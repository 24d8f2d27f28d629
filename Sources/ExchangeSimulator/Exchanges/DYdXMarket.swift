import FundingJSON

/// A market of dYdX as `perpetualMarkets` and the stream show it.
struct DYdXMarket {
    let contract: SimulatedContract
    private let scene: Scene

    init(_ contract: SimulatedContract, _ scene: Scene) {
        self.contract = contract
        self.scene = scene
    }

    // MARK: - What moves

    private var isTrading: Bool { contract.isTrading(at: scene.now) }

    var status: String {
        if let status = SimulatedDYdX.standingStatus[contract.symbol] { return status }
        return isTrading ? "ACTIVE" : "FINAL_SETTLEMENT"
    }

    /// As many decimals as twelve; a flat rate is the text `0`.
    var nextFundingRate: String {
        scene.rateText(Self.rate(of: contract, in: scene, at: scene.now), digits: 12, trimmed: true)
    }

    var oraclePrice: String { Self.oraclePrice(of: contract, in: scene, at: scene.now) }

    var openInterest: String { DecimalText.text(coins, digits: 4) }

    private var coins: Double {
        guard isTrading, !SimulatedDYdX.isDead(contract) else { return 0 }
        return scene.market.openInterestUnits(of: contract, at: scene.now)
    }

    /// A dead market has the constant part of the rate and nothing else; where nobody quotes there is no premium at all.
    static func rate(of contract: SimulatedContract, in scene: Scene, at time: Int) -> Double {
        if SimulatedDYdX.isDead(contract) { return 0.0000125 * scene.distortion.rateFactor }
        if SimulatedDYdX.hasNoQuotes(contract) { return 0 }
        return scene.rate(of: contract, at: time)
    }

    static func oraclePrice(of contract: SimulatedContract, in scene: Scene, at time: Int) -> String {
        let price = scene.market.indexPrice(of: contract, at: time)
        return DecimalText.text(price, digits: min(contract.priceDigits + 3, 12), trimmed: true)
    }

    // MARK: - The whole

    func write(to json: inout JSONWriter) {
        let isIsolated = contract.symbol.contains(",") || SimulatedDYdX.isDead(contract)
        let price = scene.market.indexPrice(of: contract, at: scene.now)
        let yesterday = scene.market.indexPrice(of: contract, at: scene.now - .millisecondsOfDay)
        json.key(contract.symbol)
        json.beginObject()
        json.field("clobPairId", "\(contract.id)")
        json.field("ticker", contract.symbol)
        json.field("status", status)
        json.field("oraclePrice", oraclePrice)
        json.field("priceChange24H", quoting: price - yesterday, digits: 8)
        json.field("volume24H", quoting: coins * price * 3, digits: 4)
        json.field("trades24H", coins > 0 ? 63_065 : 0)
        json.field("nextFundingRate", nextFundingRate)
        json.field("initialMarginFraction", isIsolated ? "0.2" : "0.02")
        json.field("maintenanceMarginFraction", isIsolated ? "0.1" : "0.012")
        json.field("openInterest", openInterest)
        json.field("atomicResolution", -10)
        json.field("quantumConversionExponent", -9)
        json.field("tickSize", "0.\(String(repeating: "0", count: contract.priceDigits))1")
        json.field("stepSize", "0.0001")
        json.field("stepBaseQuantums", 1_000_000)
        json.field("subticksPerTick", 100_000)
        json.field("marketType", isIsolated ? "ISOLATED" : "CROSS")
        json.field("openInterestLowerCap", isIsolated ? "500000" : "0")
        json.field("openInterestUpperCap", isIsolated ? "1000000" : "0")
        // Not the open interest, but what its cap is reckoned from.
        json.field("baseOpenInterest", quoting: coins * 2.1, digits: 4)
        json.field("defaultFundingRate1H", isIsolated ? "0.0000125" : "0")
        json.endObject()
    }
}
