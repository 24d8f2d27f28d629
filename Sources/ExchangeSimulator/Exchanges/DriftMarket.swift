import FundingJSON

/// A perpetual as Drift's `/stats/markets` shows it.
struct DriftMarket {
    private let contract: SimulatedContract
    private let scene: Scene

    init(_ contract: SimulatedContract, _ scene: Scene) {
        self.contract = contract
        self.scene = scene
    }

    /// When a payment is made: a minute after the hour, give or take a second.
    static func settledAt(_ payment: Int, _ contract: SimulatedContract, _ market: Market) -> Int {
        payment + 59_000 + Int(market.noise.bits(contract.key ^ 5, payment) % 3) * 1000
    }

    private var isBet: Bool { contract.symbol.hasSuffix("-BET") || contract.symbol.hasSuffix("-PREDICT") }

    /// A market of the future is there, but hidden; a bet is decided.
    private var status: String {
        if isBet { return "settlement" }
        return contract.isTrading(at: scene.now) ? "active" : "delisted"
    }

    /// What the market shows when nothing moves any more is of its last moment.
    private var time: Int {
        contract.isTrading(at: scene.now) ? scene.now : contract.schedule.epochs.last?.start ?? scene.now
    }

    func write(to json: inout JSONWriter) {
        let (mark, index) = prices
        json.beginObject()
        json.field("symbol", contract.symbol)
        json.field("marketIndex", contract.id)
        json.field("marketType", "perp")
        json.field("baseAsset", contract.base)
        json.field("quoteAsset", contract.quote)
        json.field("status", status)
        json.field("uiStatus", contract.kind == .premarket && !isBet ? "hidden" : "active")
        json.field("precision", 9)
        json.key("limits")
        json.raw(#"{"leverage":{"min":1,"max":20},"amount":{"min":0.0001,"max":3500}}"#)
        json.key("fees")
        json.raw(#"{"maker":-0.00002,"taker":0.00035}"#)
        json.field("oraclePrice", quoting: index, digits: 6)
        json.field("markPrice", quoting: mark, digits: 6)
        writeInterest(to: &json, mark)
        writeRates(to: &json)
        json.field("fundingRateUpdateTs", updatedAt / 1000)
        json.field("price", quoting: mark, digits: 6)
        json.field("priceChange24h", quoting: mark * 0.01, digits: 6)
        json.field("priceChange24hPercent", "1.01")
        range("priceHigh", mark * 1.02, to: &json)
        range("priceLow", mark * 0.98, to: &json)
        json.endObject()
    }

    /// The price of a bet is a probability.
    private var prices: (mark: Double, index: Double) {
        if isBet { return (0.5, 0.5) }
        return (scene.market.markPrice(of: contract, at: time), scene.market.indexPrice(of: contract, at: time))
    }

    /// In base units, shorts below zero; what one side has less, the protocol's market maker holds.
    private func writeInterest(to json: inout JSONWriter, _ mark: Double) {
        let units = isBet ? 0 : scene.market.openInterestUnits(of: contract, at: time)
        let share = 0.8 + 0.2 * scene.market.noise.uniform(contract.key ^ 6)
        let longsAreMore = contract.key.isMultiple(of: 2)
        json.field("baseVolume", quoting: units * 2, digits: 6)
        json.field("quoteVolume", quoting: units * 2 * mark, digits: 6)
        json.key("openInterest")
        json.beginObject()
        json.field("long", quoting: longsAreMore ? units : units * share, digits: 4)
        json.field("short", quoting: -(longsAreMore ? units * share : units), digits: 4)
        json.endObject()
    }

    /// Percent an hour as the side's profit: what longs pay is below zero for them.
    private func writeRates(to json: inout JSONWriter) {
        let percent = isBet ? 0 : scene.rate(of: contract, at: time) * 100
        json.key("fundingRate")
        json.beginObject()
        json.field("long", scene.rateText(-percent, digits: 7))
        json.field("short", scene.rateText(percent, digits: 7))
        json.endObject()
        let payments = contract.schedule.payments(in: (time - .millisecondsOfDay)...time)
        let sum = payments.reduce(0) { $0 + scene.rate(of: contract, at: $1) }
        json.field("fundingRate24h", scene.rateText(isBet ? 0 : sum / 24 * 100, digits: 7))
    }

    /// The last payment, which until the first transaction of the hour is the one of the hour before.
    private var updatedAt: Int {
        let hour = time.floored(to: .millisecondsOfHour)
        let settled = Self.settledAt(hour, contract, scene.market)
        guard settled > time else { return settled }
        return Self.settledAt(hour - .millisecondsOfHour, contract, scene.market)
    }

    private func range(_ name: StaticString, _ price: Double, to json: inout JSONWriter) {
        json.key(name)
        json.beginObject()
        json.field("oracle", quoting: price, digits: 6)
        json.field("fill", quoting: price, digits: 6)
        json.endObject()
    }
}
