import FundingJSON

/// A contract's state as Hyperliquid tells it to pollers and streams alike. A delisted one keeps its last price, and has
/// nulls for what a book would say.
struct HyperliquidContext {
    private let contract: SimulatedContract
    private let scene: Scene
    private let isAlive: Bool
    private let mark: Double
    /// Now, or when trading ended.
    private let time: Int

    init(_ contract: SimulatedContract, _ scene: Scene) {
        self.contract = contract
        self.scene = scene
        isAlive = contract.isTrading(at: scene.now)
        time = isAlive ? scene.now : contract.schedule.epochs.last?.start ?? scene.now
        mark = scene.market.markPrice(of: contract, at: time)
    }

    var markText: String { price(mark) }

    func write(to json: inout JSONWriter) {
        let index = scene.market.indexPrice(of: contract, at: time)
        let coins = isAlive ? scene.market.openInterestUnits(of: contract, at: time) : 0
        json.beginObject()
        let rate =
            isAlive ? scene.rateText(scene.rate(of: contract), digits: 10, trimmed: true, keepsPoint: true) : "0.0"
        json.field("funding", rate)
        json.field("openInterest", DecimalText.text(coins, digits: 8, trimmed: true, keepsPoint: true))
        json.field("prevDayPx", price(scene.market.markPrice(of: contract, at: time - .millisecondsOfDay)))
        json.field("dayNtlVlm", DecimalText.text(coins * mark * 2.1, digits: 10, trimmed: true, keepsPoint: true))
        let premium = DecimalText.text(mark / index - 1, digits: 10, trimmed: true, keepsPoint: true)
        json.field("premium", isAlive ? premium : nil)
        json.field("oraclePx", price(index))
        json.field("markPx", price(mark))
        json.field("midPx", isAlive ? price(mark * 1.00001) : nil)
        json.field("impactPxs", isAlive ? [price(mark * 0.9999), price(mark * 1.0001)] : nil)
        json.field("dayBaseVlm", DecimalText.text(coins * 2.1, digits: 8, trimmed: true, keepsPoint: true))
        json.endObject()
    }

    private func price(_ value: Double) -> String {
        DecimalText.text(value, digits: contract.priceDigits, trimmed: true, keepsPoint: true)
    }
}
