import FundingJSON

/// Hibachi. Most of its markets are closed and have null for every number; the interval is told by nothing but the times
/// of payments.
struct SimulatedHibachi: PlayedExchange {
    let feed = "hibachi"

    // MARK: - Contracts

    func contracts(of assets: [Asset], at now: Int) -> [SimulatedContract] {
        var contracts: [SimulatedContract] = []
        func add(_ base: String, _ asset: Asset, closedAt: Int? = nil) {
            var asset = asset
            asset.spellings[feed] = base
            let terms = SimulatedContract.Terms(quote: "USDT", rateCap: 0.005)
            var contract = SimulatedContract(
                "\(base)/USDT-P", of: asset, code: feed, feed: feed, id: contracts.count + 1, terms
            )
            contract.schedule = FundingSchedule(from: contract.schedule.listedAt, everyHours: 8)
            // Every eight hours until the end of 2025.
            contract.schedule.change(toHours: 1, at: Self.hourlySince)
            if let closedAt { contract.schedule.change(toHours: nil, at: closedAt) }
            contracts.append(contract)
        }
        let others = ["PAXG", "XAG"].compactMap { assets.named($0) }
        let large = assets.largest(Self.live - others.count - 1, without: ["PAXG", "FARTCOIN"])
        for asset in large + others { add(asset.name, asset) }
        if let euro = assets.named("EURUSD") { add("EUR", euro) }
        let taken = Set((large + others).map(\.name))
        for (place, asset) in assets.largest(Self.closed, without: taken).enumerated() {
            add(asset.name, asset, closedAt: now - (40 + place) * .millisecondsOfDay)
        }
        return contracts
    }

    private static let live = 15
    private static let closed = 52
    /// 2026-01-01
    private static let hourlySince = 1_767_225_600_000

    // MARK: - Requests

    func answer(to request: SimulatedRequest, in scene: Scene) -> SimulatedAnswer {
        guard request.method == "GET" else { return Self.error(405, 5, "Method not allowed") }
        switch request.path {
        case "/market/inventory":
            return Self.object { json in
                HibachiTexts.writeInventoryHead(to: &json)
                json.key("markets")
                json.beginArray()
                for contract in scene.contracts { HibachiMarket(contract, scene).writeEntry(to: &json) }
                json.endArray()
            }
        case "/market/exchange-info":
            return Self.object { json in
                HibachiTexts.writeExchangeHead(to: &json)
                json.key("futureContracts")
                json.beginArray()
                for contract in scene.contracts { HibachiMarket(contract, scene).writeTerms(to: &json) }
                json.endArray()
            }
        default: break
        }
        guard request.path.hasPrefix("/market/data/") else { return Self.error(404, 4, "Not found") }
        guard let contract = scene.contract(request.query["symbol"]) else {
            return Self.error(400, 3, "Unknown symbol")
        }
        let market = HibachiMarket(contract, scene)
        switch request.path {
        case "/market/data/prices": return .written { market.writeQuotes(to: &$0) }
        case "/market/data/open-interest":
            return Self.object { json in json.field("totalQuantity", market.openInterest) }
        case "/market/data/funding-rates": return fundingRates(contract, request, scene)
        default: return Self.error(404, 4, "Not found")
        }
    }

    private static func object(_ write: (inout JSONWriter) -> Void) -> SimulatedAnswer {
        .written(reservingCapacity: 50_000) { json in
            json.beginObject()
            write(&json)
            json.endObject()
        }
    }

    static func error(_ status: Int, _ code: Int, _ message: String) -> SimulatedAnswer {
        .written(status: status) { json in
            json.beginObject()
            json.field("errorCode", code)
            json.field("status", "failed")
            json.field("message", message)
            json.endObject()
        }
    }

    private static let rowsOfHistory = 100

    /// Oldest first within two inclusive ends in seconds, never more than a hundred rows.
    private func fundingRates(_ contract: SimulatedContract, _ request: SimulatedRequest, _ scene: Scene)
        -> SimulatedAnswer
    {
        let offset = max(0, request.integer("offset") ?? 0)
        let limit = max(0, min(request.integer("limit") ?? Self.rowsOfHistory, Self.rowsOfHistory))
        let start = max((request.integer("startTime") ?? 0) * 1000, contract.schedule.listedAt)
        let end = min((request.integer("endTime") ?? scene.now / 1000) * 1000, scene.now)
        let times =
            start <= end
            ? contract.schedule.payments(in: start...end, limit: min(offset, 1_000_000) + limit).dropFirst(offset) : []
        return Self.object { json in
            json.key("data")
            json.beginArray()
            for time in times {
                json.beginObject()
                json.field("contractId", contract.id)
                json.field("fundingTimestamp", time / 1000)
                json.field("fundingRate", scene.rateText(scene.rate(of: contract, at: time), digits: 6))
                json.field("indexPrice", quoting: scene.market.indexPrice(of: contract, at: time), digits: 5)
                json.endObject()
            }
            json.endArray()
            json.key("pagination")
            json.beginObject()
            json.field("limit", limit)
            json.field("offset", offset)
            json.endObject()
        }
    }

    // MARK: - Limits

    /// Nothing is published. This one is invented, so that being told to wait can be played.
    let limits = [RequestLimit(name: "requests", capacity: 100, refill: .window(seconds: 10))]

    func cost(of request: SimulatedRequest) -> [String: Double] { ["requests": 1] }

    func refusal(_ refusal: LimitRefusal, at now: Int) -> SimulatedAnswer {
        Self.error(429, 429, "Too many requests")
    }

    func errorObject(at now: Int) -> SimulatedAnswer { Self.error(200, 429, "Too many requests") }
}
