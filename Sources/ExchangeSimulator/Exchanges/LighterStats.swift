import FundingJSON

/// A market as Lighter's stream shows it: rates are percent an hour, open interest is dollars.
struct LighterStats {
    private let contract: SimulatedContract
    private let scene: Scene
    private let mark: Double

    init(_ contract: SimulatedContract, _ scene: Scene) {
        self.contract = contract
        self.scene = scene
        mark = scene.market.markPrice(of: contract, at: scene.now)
    }

    private func price(_ value: Double) -> String { DecimalText.text(value, digits: contract.priceDigits) }

    private func percent(at time: Int) -> String {
        let rate = time == scene.now ? scene.rate(of: contract) : scene.rate(of: contract, at: time)
        return scene.rateText(rate * 100, digits: 4)
    }

    /// What makes a market worth an update.
    var moving: String { "\(price(mark)) \(index) \(percent(at: scene.now))" }

    private var index: String { price(scene.market.indexPrice(of: contract, at: scene.now)) }

    func write(to json: inout JSONWriter) {
        let payment = scene.now.floored(to: .millisecondsOfHour)
        let yesterday = scene.market.markPrice(of: contract, at: scene.now - .millisecondsOfDay)
        let coins = DecimalText.rounded(scene.market.openInterestUnits(of: contract, at: scene.now), digits: 4)
        let digits = contract.priceDigits
        json.beginObject()
        json.field("symbol", contract.symbol)
        json.field("market_id", contract.id)
        json.field("index_price", index)
        json.field("mark_price", price(mark))
        json.field("mid_price", price(mark * 0.99999))
        json.field("open_interest", DecimalText.text(coins * mark, digits: 6))
        json.field("open_interest_limit", "72057594037927936.000000")
        json.field("funding_clamp_small", "0.0500")
        json.field("funding_clamp_big", "4.0000")
        json.field("last_trade_price", price(mark * 1.0001))
        json.field("base_interest_rate", "0.0100")
        json.field("current_funding_rate", percent(at: scene.now))
        json.field("funding_rate", percent(at: payment))
        json.field("funding_timestamp", payment)
        json.field("daily_base_token_volume", DecimalText.rounded(coins * 3, digits: 4))
        json.field("daily_quote_token_volume", DecimalText.rounded(coins * 3 * mark, digits: 6))
        json.field("daily_price_low", DecimalText.rounded(min(mark, yesterday) * 0.99, digits: digits))
        json.field("daily_price_high", DecimalText.rounded(max(mark, yesterday) * 1.01, digits: digits))
        json.field("daily_price_change", (mark / yesterday - 1) * 100)
        json.endObject()
    }
}
