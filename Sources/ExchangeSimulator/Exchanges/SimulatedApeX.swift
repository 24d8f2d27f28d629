import FundingJSON

/// ApeX Omni: errors come with HTTP 200, a contract has two spellings, and the list of tickers holds more than contracts.
struct SimulatedApeX: PlayedExchange {
    let feed = "apex"

    // MARK: - Contracts

    private static let coins = 113
    private static let stocks = ["TSLA", "NVDA", "COIN"]
    private static let indices = ["SPY", "QQQ"]
    private static let commodities = ["XAU", "XAG"]
    private static let delisted = ["TON", "FTM", "WAVES", "OMG", "REEF", "AGIX"]
    private static let prelaunch = ["MEGA"]
    /// Bets on outcomes: in the lists, but no contracts that pay funding.
    static let predictions = [
        "Donald_Trump_win_Presidential_Election_2028", "Fed_cuts_rates_in_December_2026", "BTC_above_100k_in_2026",
    ]
    /// In the list of tickers, though the catalogue does not know it.
    static let uncatalogued = "OLDTESTUSDT"

    func contracts(of assets: [Asset], at now: Int) -> [SimulatedContract] {
        var contracts: [SimulatedContract] = []
        func add(_ asset: Asset?, _ kind: SimulatedContract.Kind = .perpetual, isDelisted: Bool = false) {
            guard var asset else { return }
            let base = Self.spelling(of: asset)
            asset.spellings["A"] = base
            let terms = SimulatedContract.Terms(kind: kind, rateCap: 0.002)
            var contract = SimulatedContract(
                base + "USDT", of: asset, code: "A", feed: feed, id: contracts.count, terms)
            contract.schedule = FundingSchedule(from: contract.schedule.listedAt, everyHours: 1)
            if isDelisted { contract.schedule.change(toHours: nil, at: now - 45 * .millisecondsOfDay) }
            contracts.append(contract)
        }
        let others = Set(Self.delisted).union(Self.prelaunch).union(["币安人生", "龙虾"])
        for asset in assets.largest(Self.coins, .coin, without: others) { add(asset) }
        for name in Self.stocks + Self.indices + Self.commodities { add(assets.named(name)) }
        for name in Self.delisted { add(assets.named(name), isDelisted: true) }
        for name in Self.prelaunch { add(assets.named(name), .premarket) }
        return contracts
    }

    /// What costs next to nothing is traded by the thousand, or by the million.
    private static func spelling(of asset: Asset) -> String {
        if asset.name == "MOG" { return "1000000MOG" }
        guard case .dollars(let price) = asset.price, price < 1e-4 else { return asset.name }
        return "1000" + asset.name
    }

    /// `BTC-USDT`, as history and orders want it.
    static func dashed(_ contract: SimulatedContract) -> String { "\(contract.base)-USDT" }

    // MARK: - Requests

    func answer(to request: SimulatedRequest, in scene: Scene) -> SimulatedAnswer {
        guard request.method == "GET" else { return SimulatedAnswer(status: 404, json: "") }
        switch request.path {
        case "/api/v3/symbols": return ApeXSymbols(scene).answer()
        case "/api/v3/data/all-ticker-info": return tickers(scene)
        case "/api/v3/ticker": return ticker(request, scene)
        case "/api/v3/history-funding": return fundingHistory(request, scene)
        default: return SimulatedAnswer(status: 404, json: "")
        }
    }

    static func success(
        reservingCapacity capacity: Int = 1024, _ writeData: (inout JSONWriter) -> Void
    ) -> SimulatedAnswer {
        .written(reservingCapacity: capacity) { json in
            json.beginObject()
            json.key("data")
            writeData(&json)
            json.field("timeCost", 1853)
            json.endObject()
        }
    }

    static func failure(_ code: Int, _ message: String) -> SimulatedAnswer {
        .written { json in
            json.beginObject()
            json.field("code", code)
            json.field("msg", message)
            json.endObject()
        }
    }

    private func tickers(_ scene: Scene) -> SimulatedAnswer {
        Self.success(reservingCapacity: 500 * scene.contracts.count) { json in
            json.beginArray()
            for contract in scene.contracts {
                ApeXTicker(of: contract, scene).write(hasIcon: true, to: &json)
            }
            for bet in Self.predictions { ApeXTicker(standingStill: bet + "USDT").write(hasIcon: true, to: &json) }
            ApeXTicker(standingStill: Self.uncatalogued).write(hasIcon: true, to: &json)
            json.endArray()
        }
    }

    /// Without a symbol, or with one that nobody knows, a list of nothing.
    private func ticker(_ request: SimulatedRequest, _ scene: Scene) -> SimulatedAnswer {
        guard let contract = scene.contract(request.query["symbol"]) else {
            return SimulatedAnswer(json: #"{"data":[]}"#)
        }
        return Self.success { json in
            json.beginArray()
            ApeXTicker(of: contract, scene).write(hasIcon: false, to: &json)
            json.endArray()
        }
    }

    private static let rowsOfPage = 100

    /// Newest first, the begin inclusive, the end exclusive, for the dashed spelling only.
    private func fundingHistory(_ request: SimulatedRequest, _ scene: Scene) -> SimulatedAnswer {
        let symbol = request.query["symbol"] ?? ""
        guard let contract = scene.contracts.first(where: { Self.dashed($0) == symbol }) else {
            return Self.failure(3, "invalid symbol: \(symbol)")
        }
        let limit = max(1, min(request.integer("limit") ?? Self.rowsOfPage, Self.rowsOfPage))
        let begin = max(request.integer("beginTimeInclusive") ?? 0, 0)
        let end = min((request.integer("endTimeExclusive") ?? .max) - 1, scene.now)
        let times = begin <= end ? contract.schedule.payments(in: begin...end, limit: limit, newest: true) : []
        return Self.success(reservingCapacity: 140 * times.count + 64) { json in
            json.beginObject()
            json.key("historyFunds")
            json.beginArray()
            for time in times.reversed() {
                json.beginObject()
                json.field("symbol", symbol)
                json.field("rate", scene.rateText(scene.rate(of: contract, at: time), digits: 8))
                json.field("price", quoting: scene.market.indexPrice(of: contract, at: time), digits: 8)
                json.field("fundingTime", time)
                json.field("fundingTimestamp", time)
                json.endObject()
            }
            json.endArray()
            json.field("totalSize", times.count)
            json.endObject()
        }
    }

    // MARK: - Limits

    let limits = [RequestLimit(name: "requests", capacity: 600, refill: .window(seconds: 60))]

    func cost(of request: SimulatedRequest) -> [String: Double] { ["requests": 1] }

    func refusal(_ refusal: LimitRefusal, at now: Int) -> SimulatedAnswer {
        var answer = errorObject(at: now)
        answer.status = 429
        return answer
    }

    func errorObject(at now: Int) -> SimulatedAnswer { Self.failure(10003, "too many visits") }
}
