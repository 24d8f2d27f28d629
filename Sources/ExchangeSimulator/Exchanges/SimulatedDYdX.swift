import FundingJSON

/// dYdX v4's indexer: all markets in one object keyed by ticker, history back from a time, pauses in milliseconds.
struct SimulatedDYdX: PlayedExchange {
    let feed = "dydx"

    // MARK: - Contracts

    private static let coins = 244
    private static let deadCoins = 44

    /// Markets that stand still, and those that were closed for good, by asset.
    private static let still = ["WAVES": "PAUSED", "OMG": "CANCEL_ONLY", "REEF": "POST_ONLY", "MEGA": "INITIALIZING"]
    private static let closed = ["MATIC", "FTM", "AGIX"]
    /// By ticker.
    static let standingStatus = Dictionary(uniqueKeysWithValues: still.map { ("\($0)-USD", $1) })

    /// A coin that shares its name with others is told apart by a pool and an address.
    private static let fullNames = [
        "FARTCOIN": "FARTCOIN,RAYDIUM,9BB6NFECJBCTNNLFKO2FQVQBQ8HHM13KCYYCDQBGPUMP"
    ]

    func contracts(of assets: [Asset], at now: Int) -> [SimulatedContract] {
        let others = Set(Self.still.keys).union(Self.closed).union(["币安人生", "龙虾"])
        var contracts: [SimulatedContract] = []
        func add(_ asset: Asset?, as name: String? = nil, closed: Bool = false) {
            guard var asset else { return }
            asset.spellings["X"] = name ?? Self.fullNames[asset.name] ?? asset.name
            let symbol = (asset.spellings["X"] ?? "") + "-USD"
            let kind = Self.standingStatus[symbol] == "INITIALIZING" ? SimulatedContract.Kind.premarket : .perpetual
            let terms = SimulatedContract.Terms(quote: "USD", settle: "USDC", kind: kind, rateCap: 0.005)
            var contract = SimulatedContract(symbol, of: asset, code: "X", feed: feed, id: contracts.count, terms)
            contract.schedule = FundingSchedule(from: contract.schedule.listedAt, everyHours: 1)
            if closed { contract.schedule.change(toHours: nil, at: now - 90 * .millisecondsOfDay) }
            contracts.append(contract)
        }
        for asset in assets.largest(Self.coins, .coin, without: others) { add(asset) }
        add(assets.named("XAG"))
        add(assets.named("EURUSD"), as: "EUR", closed: true)
        for name in Self.closed { add(assets.named(name), closed: true) }
        for name in Self.still.keys.sorted() { add(assets.named(name), closed: true) }
        return contracts
    }

    /// ACTIVE, but nobody trades it.
    static func isDead(_ contract: SimulatedContract) -> Bool {
        (coins - deadCoins..<coins).contains(contract.id)
    }

    /// ACTIVE and held, but without quotes a premium cannot be computed.
    static func hasNoQuotes(_ contract: SimulatedContract) -> Bool { contract.id >= 100 && contract.key % 5 == 0 }

    // MARK: - Requests

    private static let history = "/v4/historicalFunding/"

    func answer(to request: SimulatedRequest, in scene: Scene) -> SimulatedAnswer {
        guard request.method == "GET" else { return Self.error(404, "Not Found") }
        if request.path == "/v4/perpetualMarkets" { return markets(request, scene) }
        guard request.path.hasPrefix(Self.history) else { return Self.error(404, "Not Found") }
        return DYdXFundingHistory(request, scene).answer(of: String(request.path.dropFirst(Self.history.count)))
    }

    static func error(_ status: Int, _ message: String) -> SimulatedAnswer {
        .written(status: status) { json in
            json.beginObject()
            json.key("errors")
            json.beginArray()
            json.beginObject()
            json.field("msg", message)
            json.endObject()
            json.endArray()
            json.endObject()
        }
    }

    static let unknownTicker = "ticker must be a valid ticker (BTC-USD, etc)"

    private func markets(_ request: SimulatedRequest, _ scene: Scene) -> SimulatedAnswer {
        var contracts = scene.contracts
        if let ticker = request.query["ticker"] {
            contracts = contracts.filter { $0.symbol == ticker }
            guard !contracts.isEmpty else { return Self.error(400, Self.unknownTicker) }
        }
        return .written(reservingCapacity: 800 * contracts.count) { Self.write(contracts, scene, to: &$0) }
    }

    static func write(_ contracts: [SimulatedContract], _ scene: Scene, to json: inout JSONWriter) {
        json.beginObject()
        json.key("markets")
        json.beginObject()
        for contract in contracts { DYdXMarket(contract, scene).write(to: &json) }
        json.endObject()
        json.endObject()
    }

    // MARK: - Limits

    let limits = [RequestLimit(name: "requests", capacity: 100, refill: .window(seconds: 10))]

    func cost(of request: SimulatedRequest) -> [String: Double] { ["requests": 1] }

    func reportUse(_ used: [String: Double], in answer: inout SimulatedAnswer) {
        let left = Int(limits[0].capacity - (used["requests"] ?? 0))
        answer.headers.append(("RateLimit-Limit", "\(Int(limits[0].capacity))"))
        answer.headers.append(("RateLimit-Remaining", "\(max(0, left))"))
    }

    /// Milliseconds, where everyone else says seconds.
    func refusal(_ refusal: LimitRefusal, at now: Int) -> SimulatedAnswer {
        var answer = errorObject(at: now)
        answer.status = 429
        answer.headers = [
            ("RateLimit-Limit", "\(Int(limits[0].capacity))"), ("RateLimit-Remaining", "0"),
            ("RateLimit-Reset", "\(now + refusal.retryAfter * 1000)"), ("Retry-After", "\(refusal.retryAfter * 1000)"),
        ]
        return answer
    }

    func errorObject(at now: Int) -> SimulatedAnswer { Self.error(200, "Too many requests") }
}
