import FundingJSON

/// A ticker of ApeX: texts in the order of the alphabet, `oraclePrice` and `tradeCount` always empty.
struct ApeXTicker {
    /// As the exchange names and writes them.
    let fields: [(name: StaticString, value: String)]

    init(of contract: SimulatedContract, _ scene: Scene) {
        let (market, now) = (scene.market, scene.now)
        let isTraded = contract.isLive(at: now)
        let digits = contract.priceDigits
        let mark = market.markPrice(of: contract, at: now)
        let yesterday = market.markPrice(of: contract, at: now - .millisecondsOfDay)
        let coins = isTraded ? market.openInterestUnits(of: contract, at: now) : 0
        fields = [
            ("fundingRate", scene.rateText(isTraded ? scene.rate(of: contract) : 0, digits: 8, trimmed: true)),
            ("highPrice24h", DecimalText.text(max(mark, yesterday) * 1.01, digits: digits)),
            ("indexPrice", DecimalText.text(market.indexPrice(of: contract, at: now), digits: digits + 1)),
            ("lastPrice", DecimalText.text(mark * 1.0001, digits: digits)),
            ("lowPrice24h", DecimalText.text(min(mark, yesterday) * 0.99, digits: digits)),
            ("nextFundingTime", InstantText.seconds(contract.schedule.nextPayment(after: now)) + "Z"),
            ("openInterest", DecimalText.text(coins, digits: 3, trimmed: true)), ("oraclePrice", ""),
            ("markPrice", DecimalText.text(mark, digits: digits + 1)),
            // The part that never changes, whatever its name promises.
            ("predictedFundingRate", "0.0000125"), ("price24hPcnt", "\(mark / yesterday - 1)"),
            ("symbol", contract.symbol), ("tradeCount", ""),
            ("turnover24h", DecimalText.text(coins * 3 * mark, digits: 4)),
            ("volume24h", DecimalText.text(coins * 3, digits: 3)),
        ]
    }

    /// What is in the list and pays nothing.
    init(standingStill symbol: String) {
        fields = [
            ("fundingRate", "0"), ("highPrice24h", "0.61"), ("indexPrice", "0.55"), ("lastPrice", "0.55"),
            ("lowPrice24h", "0.5"), ("nextFundingTime", ""), ("openInterest", "1000"), ("oraclePrice", ""),
            ("markPrice", "0.55"), ("predictedFundingRate", "0"), ("price24hPcnt", "0"), ("symbol", symbol),
            ("tradeCount", ""), ("turnover24h", "550"), ("volume24h", "1000"),
        ]
    }

    func write(hasIcon: Bool, to json: inout JSONWriter) {
        json.beginObject()
        for field in fields { json.field(field.name, field.value) }
        if hasIcon { json.field("iconUrl", "https://static-pro.apex.exchange/icon/coin.svg") }
        json.endObject()
    }

    private static let shortNames: [String: StaticString] = [
        "symbol": "s", "lastPrice": "p", "price24hPcnt": "pr", "volume24h": "v", "turnover24h": "to",
        "openInterest": "o", "markPrice": "mp", "indexPrice": "xp", "fundingRate": "fr",
    ]

    /// As the topic of everything has it.
    func writeShort(to json: inout JSONWriter) {
        json.beginObject()
        for field in fields {
            if let name = Self.shortNames["\(field.name)"] { json.field(name, field.value) }
        }
        json.field("ss", "1")
        json.endObject()
    }
}
