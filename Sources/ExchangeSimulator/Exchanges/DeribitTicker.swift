import FundingJSON

/// A contract as Deribit's `ticker` shows it, asked for or pushed.
struct DeribitTicker {
    private let contract: SimulatedContract
    private let scene: Scene

    init(_ contract: SimulatedContract, _ scene: Scene) {
        self.contract = contract
        self.scene = scene
    }

    func write(to json: inout JSONWriter) {
        let mark = scene.market.markPrice(of: contract, at: scene.now)
        func price(_ factor: Double = 1) -> Double { DecimalText.rounded(mark * factor, digits: contract.priceDigits) }
        json.beginObject()
        json.field("best_ask_amount", 53_040)
        json.field("best_ask_price", price(1.0001))
        json.field("best_bid_amount", 4600)
        json.field("best_bid_price", price(0.9999))
        if contract.kind == .perpetual { writeFunding(to: &json) }
        json.field("estimated_delivery_price", index)
        json.field("index_price", index)
        json.field("instrument_name", contract.symbol)
        // An accumulator, not a rate.
        if contract.kind == .perpetual { json.field("interest_value", 1.7362511643080387) }
        json.field("last_price", price())
        json.field("mark_price", price())
        json.field("max_price", price(1.015))
        json.field("min_price", price(0.985))
        json.field("open_interest", openInterest)
        json.field("settlement_price", price(0.997))
        json.field("state", "open")
        json.key("stats")
        json.beginObject()
        json.field("high", price(1.02))
        json.field("low", price(0.98))
        json.field("price_change", 0.2362)
        json.field("volume", 7831.26)
        json.field("volume_usd", 282_615_600)
        json.field("volume_notional", 282_615_600)
        json.endObject()
        json.field("timestamp", scene.now)
        json.endObject()
    }

    var index: Double {
        let price = scene.market.indexPrice(of: contract, at: scene.now)
        return DecimalText.rounded(price, digits: contract.priceDigits)
    }

    /// Inverse contracts count dollars, linear ones coins.
    var openInterest: Double {
        contract.isInverse
            ? scene.market.openInterestUSD(of: contract, at: scene.now).rounded()
            : DecimalText.rounded(scene.market.openInterestUnits(of: contract, at: scene.now), digits: 3)
    }

    func writeFunding(to json: inout JSONWriter) {
        let funding = DeribitFunding(scene)
        let current = DecimalText.rounded(funding.current(contract, at: scene.now), digits: 8)
        json.field("current_funding", rate: current, in: scene)
        let average = DecimalText.rounded(funding.overEightHours(contract, at: scene.now), digits: 8)
        json.field("funding_8h", rate: average, in: scene)
    }
}
