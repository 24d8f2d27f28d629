import FundingJSON

/// Drift, as Velocity runs it now: one list with perpetuals, spot markets and old bets in it; rates are percent an hour
/// as a side's profit; payments are made by the first transaction after the hour.
struct SimulatedDrift: PlayedExchange {
    let feed = "drift"

    // MARK: - Contracts

    func contracts(of assets: [Asset], at now: Int) -> [SimulatedContract] {
        var contracts: [SimulatedContract] = []
        func add(_ symbol: String, _ asset: Asset, _ spelling: String, kind: SimulatedContract.Kind = .perpetual) {
            var asset = asset
            asset.spellings["drift"] = spelling
            let terms = SimulatedContract.Terms(quote: "USDT", kind: kind, rateCap: 0.00125)
            var contract = SimulatedContract(
                symbol, of: asset, code: "drift", feed: feed, id: contracts.count, terms
            )
            contract.schedule = FundingSchedule(from: contract.schedule.listedAt, everyHours: 1)
            contracts.append(contract)
        }
        // PUMP has a second market of a thousand a unit.
        let multiplied = Self.multiplied.keys.sorted().compactMap { assets.named($0) }
        let own = ["PUMP", "2Z", "KAITO", "AI16Z"].compactMap { assets.named($0) }
        // Six decimals are too few for the price of one SHIB.
        let named = Set((multiplied + own).map(\.name)).union(["SHIB", "FLOKI"])
        let large = assets.largest(Self.live - multiplied.count - own.count, without: named)
        for asset in large + own { add("\(asset.name)-PERP", asset, asset.name) }
        for asset in multiplied {
            let spelling = (Self.multiplied[asset.name] ?? "") + asset.name
            add("\(spelling)-PERP", asset, spelling)
        }
        for asset in assets.largest(2, without: named.union(large.map(\.name))) {
            add("\(asset.name)-PERP", asset, asset.name)
            contracts[contracts.count - 1].schedule.change(toHours: nil, at: now - 60 * .millisecondsOfDay)
        }
        if let asset = assets.named("TRUMP") { add("TRUMP-WIN-2024-BET", asset, asset.name, kind: .premarket) }
        if let asset = assets.named("SOL") { add("SOL-BREAKPOINT-2024-PREDICT", asset, asset.name, kind: .premarket) }
        if let asset = assets.named("MON") { add("MON-PERP", asset, asset.name, kind: .premarket) }
        return contracts
    }

    private static let live = 51
    private static let multiplied = [
        "BONK": "1M", "PEPE": "1M", "WEN": "1K", "MEW": "1K", "PUMP": "1K", "MON": "1K",
    ]

    // MARK: - Requests

    func answer(to request: SimulatedRequest, in scene: Scene) -> SimulatedAnswer {
        guard request.method == "GET" else { return Self.error(404, "Not Found") }
        if request.path == "/stats/markets" { return markets(scene) }
        let steps = request.path.split(separator: "/").map(String.init)
        guard steps.count == 3, steps[0] == "market", steps[2] == "fundingRates" else {
            return Self.error(404, "Not Found")
        }
        guard let contract = scene.contract(steps[1]) else { return Self.error(404, "Market \(steps[1]) not found") }
        return DriftFundingRates(contract, request, scene).answer()
    }

    static func error(_ status: Int, _ message: String) -> SimulatedAnswer {
        .written(status: status) { json in
            json.beginObject()
            json.field("success", false)
            json.field("error", message)
            json.endObject()
        }
    }

    private func markets(_ scene: Scene) -> SimulatedAnswer {
        .written(reservingCapacity: 900 * scene.contracts.count) { json in
            json.beginObject()
            json.field("success", true)
            json.key("markets")
            json.beginArray()
            for contract in scene.contracts { DriftMarket(contract, scene).write(to: &json) }
            for (index, symbol) in ["USDT", "SOL"].enumerated() { json.raw(Self.spotMarket(symbol, index)) }
            json.endArray()
            json.endObject()
        }
    }

    /// Numbered by themselves, with empty texts where a perpetual has numbers.
    private static func spotMarket(_ symbol: String, _ index: Int) -> String {
        #"{"symbol":"\#(symbol)","marketIndex":\#(index),"marketType":"spot","status":"active","uiStatus":"active","#
            + #""precision":6,"oraclePrice":"1.000000","price":"","priceChange24h":"","priceChange24hPercent":""}"#
    }

    // MARK: - Limits

    /// Nothing is published. This one is invented, so that being shut out by the cache in front can be played.
    let limits = [RequestLimit(name: "requests", capacity: 300, refill: .window(seconds: 10))]

    func cost(of request: SimulatedRequest) -> [String: Double] { ["requests": 1] }

    func refusal(_ refusal: LimitRefusal, at now: Int) -> SimulatedAnswer {
        SimulatedAnswer(
            status: 403, contentType: "text/html",
            body: Array("<html><head><title>ERROR: The request could not be satisfied</title></head></html>".utf8)
        )
    }

    func errorObject(at now: Int) -> SimulatedAnswer { Self.error(200, "Too many requests") }
}
