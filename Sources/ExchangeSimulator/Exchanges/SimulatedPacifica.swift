import FundingJSON

/// Pacifica. A list of markets and a list of prices, both with a spot market in them; credits that the headers state in
/// tenths. The rate it shows is the one fixed for the coming payment, beside the estimate for the one after.
struct SimulatedPacifica: PlayedExchange {
    let feed = "pacifica"

    // MARK: - Contracts

    func contracts(of assets: [Asset], at now: Int) -> [SimulatedContract] {
        var contracts: [SimulatedContract] = []
        func add(_ symbol: String, _ asset: Asset) {
            var asset = asset
            asset.spellings[feed] = symbol
            let terms = SimulatedContract.Terms(quote: "USDC", rateCap: 0.04)
            var contract = SimulatedContract(symbol, of: asset, code: feed, feed: feed, id: contracts.count, terms)
            contract.schedule = FundingSchedule(from: contract.schedule.listedAt, everyHours: 1)
            contracts.append(contract)
        }
        let named: Set = ["BONK", "PEPE", "SHIB", "PAXG"]
        let others = ["PAXG", "XAU", "EURUSD", "NVDA"].compactMap { assets.named($0) } + [Self.index(assets)]
        let large = assets.largest(Self.live - 3 - others.count, without: named)
        for asset in large { add(asset.name, asset) }
        for name in ["BONK", "PEPE", "SHIB"] {
            if let asset = assets.named(name) { add("k" + name, asset) }
        }
        for asset in others { add(asset.name, asset) }
        return contracts
    }

    private static let live = 35

    private static func index(_ assets: [Asset]) -> Asset {
        assets.named("SP500")
            ?? Asset(
                name: "SP500", kind: .index, price: .dollars(6720), rank: assets.count, spellings: [:],
                priceKey: Noise.key("price", "SP500"), rateKey: Noise.key("rate", "SP500")
            )
    }

    // MARK: - Requests

    func answer(to request: SimulatedRequest, in scene: Scene) -> SimulatedAnswer {
        guard request.method == "GET" else { return Self.error(405, "Method Not Allowed") }
        switch request.path {
        case "/api/v1/info":
            return Self.list(scene.contracts.count) { json in
                for contract in scene.contracts { PacificaMarket(contract, scene).writeTerms(to: &json) }
                json.raw(PacificaMarket.spotTerms)
            }
        case "/api/v1/info/prices":
            return Self.list(scene.contracts.count) { json in Self.writePrices(scene, to: &json) }
        case "/api/v1/funding_rate/history": return PacificaFundingHistory(request, scene).answer()
        default: return Self.error(404, "Not Found")
        }
    }

    static func writePrices(_ scene: Scene, to json: inout JSONWriter) {
        for contract in scene.contracts where contract.isTrading(at: scene.now) {
            PacificaMarket(contract, scene).writePrices(to: &json)
        }
        json.raw(PacificaMarket.spotPrices(at: scene.now))
    }

    private static func list(_ count: Int, _ write: (inout JSONWriter) -> Void) -> SimulatedAnswer {
        .written(reservingCapacity: 500 * count) { json in
            json.beginObject()
            json.field("success", true)
            json.key("data")
            json.beginArray()
            write(&json)
            json.endArray()
            json.key("error")
            json.null()
            json.key("code")
            json.null()
            json.endObject()
        }
    }

    static func error(_ status: Int, _ message: String) -> SimulatedAnswer {
        .written(status: status) { json in
            json.beginObject()
            json.field("success", false)
            json.key("data")
            json.null()
            json.field("error", message)
            json.field("code", status)
            json.endObject()
        }
    }

    // MARK: - Limits

    private static let credits = 100.0

    let limits = [RequestLimit(name: "credits", capacity: credits, refill: .window(seconds: 60))]

    func cost(of request: SimulatedRequest) -> [String: Double] {
        ["credits": request.path == "/api/v1/funding_rate/history" ? 9 : 1]
    }

    /// No Retry-After; what is left is less than the request costs, whatever it costs.
    func refusal(_ refusal: LimitRefusal, at now: Int) -> SimulatedAnswer {
        var answer = Self.error(429, "Rate limit exceeded")
        answer.headers = Self.headers(left: 0, seconds: refusal.retryAfter)
        return answer
    }

    func reportUse(_ used: [String: Double], in answer: inout SimulatedAnswer) {
        guard answer.status != 429 else { return }
        answer.headers += Self.headers(left: max(0, Self.credits - (used["credits"] ?? 0)), seconds: 60)
    }

    /// Both count in tenths of a credit.
    private static func headers(left credits: Double, seconds: Int) -> [(String, String)] {
        [
            ("ratelimit", #""credits";r=\#(Int(credits * 10));t=\#(seconds)"#),
            ("ratelimit-policy", #""credits";q=\#(Int(Self.credits * 10));w=60"#),
        ]
    }

    func errorObject(at now: Int) -> SimulatedAnswer {
        var answer = Self.error(429, "Rate limit exceeded")
        answer.status = 200
        return answer
    }
}
