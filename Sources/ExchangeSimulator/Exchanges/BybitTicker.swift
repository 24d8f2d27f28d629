import FundingJSON

/// A contract as Bybit's `tickers` show it.
struct BybitTicker {
    private let contract: SimulatedContract
    private let scene: Scene

    init(_ contract: SimulatedContract, _ scene: Scene) {
        self.contract = contract
        self.scene = scene
    }

    func write(to json: inout JSONWriter) {
        let market = scene.market
        let digits = contract.priceDigits
        let mark = market.markPrice(of: contract, at: scene.now)
        let yesterday = market.markPrice(of: contract, at: scene.now - .millisecondsOfDay)
        let isPerpetual = contract.kind == .perpetual
        json.beginObject()
        json.field("symbol", contract.symbol)
        json.field("lastPrice", quoting: mark * 1.0001, digits: digits)
        json.field("indexPrice", quoting: market.indexPrice(of: contract, at: scene.now), digits: digits)
        json.field("markPrice", quoting: mark, digits: digits)
        json.field("prevPrice24h", quoting: yesterday, digits: digits)
        json.field("price24hPcnt", quoting: mark / yesterday - 1, digits: 6)
        json.field("highPrice24h", quoting: max(mark, yesterday) * 1.01, digits: digits)
        json.field("lowPrice24h", quoting: min(mark, yesterday) * 0.99, digits: digits)
        let anHourAgo = market.markPrice(of: contract, at: scene.now - .millisecondsOfHour)
        json.field("prevPrice1h", quoting: anHourAgo, digits: digits)
        writeOpenInterest(mark: mark, to: &json)
        let rate = isPerpetual ? scene.rateText(scene.rate(of: contract), digits: 8, trimmed: true) : ""
        json.field("fundingRate", rate)
        let next = contract.schedule.nextPayment(after: scene.now)
        json.field("nextFundingTime", isPerpetual ? "\(next)" : "")
        var delivery = "0"
        if case .dated(let expiry) = contract.kind { delivery = "\(expiry)" }
        let isDated = delivery != "0"
        json.field("predictedDeliveryPrice", "")
        json.field("basisRate", isDated ? "0.00210000" : "")
        json.field("deliveryFeeRate", isDated ? "0.0005" : "")
        json.field("deliveryTime", delivery)
        json.field("ask1Size", "98.54")
        json.field("bid1Price", quoting: mark * 0.9999, digits: digits)
        json.field("ask1Price", quoting: mark * 1.0001, digits: digits)
        json.field("bid1Size", "13.73")
        json.field("basis", isDated ? "12.40" : "")
        json.field("preOpenPrice", "")
        json.field("preQty", "")
        json.field("curPreListingPhase", contract.kind == .premarket ? "ContinuousTrading" : "")
        json.field("fundingIntervalHour", isPerpetual ? "\(contract.schedule.lastHours(at: scene.now))" : "")
        json.field("basisRateYear", isDated ? "0.0310" : "")
        json.field("fundingCap", isPerpetual ? DecimalText.text(contract.rateCap, digits: 8, trimmed: true) : "")
        json.endObject()
    }

    /// Linear: coins, and their value in the quote. Inverse: dollars, and their value in coins. Both sides added, and
    /// one side.
    private func writeOpenInterest(mark: Double, to json: inout JSONWriter) {
        let dollars = scene.market.openInterestUSD(of: contract, at: scene.now)
        let coins = dollars / mark
        let (quantity, value, digits) = contract.isInverse ? (dollars, coins, 0) : (coins, dollars, 3)
        json.field("openInterest", quoting: quantity * 2, digits: digits)
        json.field("openInterestValue", quoting: value * 2, digits: 4)
        json.field("singleOpenInterest", quoting: quantity, digits: digits)
        json.field("singleOpenInterestValue", quoting: value, digits: 4)
        json.field("turnover24h", quoting: value * 1.7, digits: 4)
        json.field("volume24h", quoting: quantity * 1.7, digits: 4)
    }
}
