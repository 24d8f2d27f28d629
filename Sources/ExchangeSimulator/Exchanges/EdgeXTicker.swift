import FundingJSON

/// A ticker of edgeX. Its `fundingRate` is the running estimate, not the paid rate that the funding interface calls so.
struct EdgeXTicker {
    /// As the exchange names and writes them; the contract's number comes first.
    let fields: [(name: StaticString, value: String)]

    init(_ contract: SimulatedContract, _ scene: Scene) {
        let (market, now) = (scene.market, scene.now)
        let isOpen = contract.isTrading(at: now)
        let digits = contract.priceDigits
        let mark = market.markPrice(of: contract, at: now)
        let exact = DecimalText.text(mark, digits: 12)
        let last = DecimalText.text(mark, digits: digits)
        let coins = isOpen ? market.openInterestUnits(of: contract, at: now) : 0
        let next = contract.schedule.nextPayment(after: now)
        let start = next - contract.schedule.lastHours(at: now) * .millisecondsOfHour
        let hour = now.floored(to: .millisecondsOfHour)
        fields = [
            ("contractId", SimulatedEdgeX.contractID(of: contract)), ("contractName", contract.symbol),
            ("priceChange", "-419.6"), ("priceChangePercent", "-0.005434"), ("trades", "73666"),
            ("size", DecimalText.text(coins * 3, digits: 3)), ("value", DecimalText.text(coins * 3 * mark, digits: 4)),
            ("high", DecimalText.text(mark * 1.01, digits: digits)),
            ("low", DecimalText.text(mark * 0.99, digits: digits)), ("open", last), ("close", last),
            ("highTime", "\(hour - 3 * .millisecondsOfHour)"), ("lowTime", "\(hour - 11 * .millisecondsOfHour)"),
            ("startTime", "\(hour - .millisecondsOfDay)"), ("endTime", "\(hour)"), ("lastPrice", last),
            ("indexPrice", DecimalText.text(market.indexPrice(of: contract, at: now), digits: 10)),
            ("oraclePrice", exact), ("markPrice", exact), ("openInterest", DecimalText.text(coins, digits: 3)),
            ("fundingRate", scene.rateText(scene.rate(of: contract), digits: 8, trimmed: true)),
            ("fundingTime", "\(start)"), ("nextFundingTime", "\(next)"),
        ]
    }

    func write(to json: inout JSONWriter) { Self.write(fields, to: &json) }

    static func write(_ fields: [(name: StaticString, value: String)], to json: inout JSONWriter) {
        json.beginObject()
        for field in fields { json.field(field.name, field.value) }
        json.endObject()
    }
}
