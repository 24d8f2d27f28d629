import FundingJSON

/// MEXC futures. Contracts, rates and prices are three lists; numbers are numbers, small ones in E notation; an error has
/// status 200.
struct SimulatedMEXC: PlayedExchange {
    let feed = "mexc"

    // MARK: - Contracts

    /// As MEXC writes them; other coins are written as they are called, other shares with the ending STOCK.
    private static let spellings = [
        "BONK": "1000BONK", "RATS": "1000RATS", "LADYS": "1000LADYS", "BTT": "1000BTT", "BABYDOGE": "100000BABYDOGE",
        "MOG": "1000000MOG", "NVDA": "NVIDIA", "TSLA": "TESLA",
    ]
    /// Codes of an asset's copy: how MEXC spells it, and why it is listed though it is no ordinary contract.
    static let (spelling, peculiarity) = ("M", "Mx")

    private enum Count {
        static let coins = 805
        static let stocks = 12
        static let commodities = 2
    }

    func contracts(of assets: [Asset], at now: Int) -> [SimulatedContract] {
        var contracts: [SimulatedContract] = []
        func add(
            _ asset: Asset, as base: String? = nil, _ terms: SimulatedContract.Terms, but peculiarity: String? = nil
        ) {
            var asset = asset
            let base = base ?? Self.spelled(asset)
            asset.spellings = [Self.spelling: base]
            asset.spellings[Self.peculiarity] = peculiarity
            contracts.append(
                SimulatedContract(
                    "\(base)_\(terms.quote)", of: asset, code: Self.spelling, feed: feed, id: contracts.count + 1, terms
                )
            )
        }
        // No symbol of MEXC's is beyond ASCII.
        let coins = assets.filter { $0.name.utf8.allSatisfy { $0 < 128 } }.largest(.max)
        for asset in coins.prefix(Count.coins) { add(asset, .init(rateCap: asset.rank < 10 ? 0.0018 : 0.02)) }
        for asset in assets.largest(Count.stocks, .stock) + assets.largest(Count.commodities, .commodity) {
            add(asset, .init(rateCap: 0.01))
        }
        for asset in coins where ["BTC", "ETH", "SOL"].contains(asset.name) {
            add(asset, .init(quote: "USDC", rateCap: 0.0018))
        }
        for asset in coins where ["BTC", "ETH", "SOL", "XRP"].contains(asset.name) {
            add(asset, .init(quote: "USD", settle: asset.name, isInverse: true, rateCap: 0.003))
        }
        let peculiar = zip(coins.suffix(5), ["announced", "paused", "offline", "hidden", "completed"])
        for (asset, peculiarity) in peculiar {
            add(asset, as: asset.name + "OLD", .init(kind: .premarket), but: peculiarity)
        }
        // Coins that only lend their price have a rate and a ticker, and no contract.
        for asset in coins.prefix(2) { add(asset, as: "W" + asset.name, .init(kind: .premarket), but: "index") }
        return contracts
    }

    private static func spelled(_ asset: Asset) -> String {
        spellings[asset.name] ?? (asset.kind == .stock ? asset.name + "STOCK" : asset.name)
    }

    // MARK: - Requests

    func answer(to request: SimulatedRequest, in scene: Scene) -> SimulatedAnswer {
        let root = "/api/v1/contract/"
        guard request.method == "GET", request.path.hasPrefix(root) else {
            return Self.error(404, "Not Found", status: 404)
        }
        let parts = request.path.dropFirst(root.count).split(separator: "/").map(String.init)
        switch parts.first {
        case "detail" where parts.count == 1:
            return rows(of: scene, request.query["symbol"]) { $0.writeDetail(to: &$1) }
        case "ticker" where parts.count == 1:
            return rows(of: scene, request.query["symbol"]) { $0.writeTicker(to: &$1) }
        case "funding_rate" where parts.count == 2 && parts[1] == "history": return history(request, scene)
        case "funding_rate" where parts.count <= 2:
            return rows(of: scene, parts.count == 2 ? parts[1] : nil) { $0.writeRate(to: &$1) }
        default: return Self.error(404, "Not Found", status: 404)
        }
    }

    static func error(_ code: Int, _ message: String, status: Int = 200) -> SimulatedAnswer {
        .written(status: status) { json in
            json.beginObject()
            json.field("success", false)
            json.field("code", code)
            json.field("message", message)
            json.endObject()
        }
    }

    private static func success(
        reservingCapacity capacity: Int = 1024, _ writeData: (inout JSONWriter) -> Void
    ) -> SimulatedAnswer {
        .written(reservingCapacity: capacity) { json in
            json.beginObject()
            json.field("success", true)
            json.field("code", 0)
            json.key("data")
            writeData(&json)
            json.endObject()
        }
    }

    /// A list of all, or one as an object.
    private func rows(
        of scene: Scene, _ symbol: String?, _ write: (MEXCContract, inout JSONWriter) -> Void
    ) -> SimulatedAnswer {
        if let symbol {
            guard let contract = scene.contract(symbol), contract.isTrading(at: scene.now) else {
                return Self.error(1001, "Contract not exists")
            }
            return Self.success { write(MEXCContract(contract, scene), &$0) }
        }
        return Self.success(reservingCapacity: 500 * scene.contracts.count) { json in
            json.beginArray()
            for contract in scene.contracts { write(MEXCContract(contract, scene), &json) }
            json.endArray()
        }
    }

    private static let rowsOfPage = 1000

    /// Pages from the newest on; there is no filter by time.
    private func history(_ request: SimulatedRequest, _ scene: Scene) -> SimulatedAnswer {
        guard let contract = scene.contract(request.query["symbol"]), contract.kind == .perpetual else {
            return Self.error(1001, "Contract not exists")
        }
        let size = max(1, min(request.integer("page_size") ?? 20, Self.rowsOfPage))
        let page = max(1, min(request.integer("page_num") ?? 1, 1_000_000))
        let first = contract.schedule.listedAt
        let times = first <= scene.now ? contract.schedule.payments(in: first...scene.now) : []
        return Self.success(reservingCapacity: size * 80) { json in
            json.beginObject()
            json.field("pageSize", size)
            json.field("totalCount", times.count)
            json.field("totalPage", (times.count + size - 1) / size)
            json.field("currentPage", page)
            json.key("resultList")
            json.beginArray()
            for time in times.reversed().dropFirst((page - 1) * size).prefix(size) {
                json.beginObject()
                json.field("symbol", contract.symbol)
                json.field("fundingRate", rate: MEXCContract.rate(of: contract, at: time, in: scene), in: scene)
                json.field("settleTime", time)
                json.endObject()
            }
            json.endArray()
            json.endObject()
        }
    }

    // MARK: - Limits

    let limits = [
        RequestLimit(name: "requests", capacity: 20, refill: .window(seconds: 2)),
        RequestLimit(name: "detail", capacity: 1, refill: .window(seconds: 5)),
    ]

    func cost(of request: SimulatedRequest) -> [String: Double] {
        request.path == "/api/v1/contract/detail" ? ["detail": 1] : ["requests": 1]
    }

    func refusal(_ refusal: LimitRefusal, at now: Int) -> SimulatedAnswer { errorObject(at: now) }

    func errorObject(at now: Int) -> SimulatedAnswer {
        Self.error(510, "Requests are too frequent, please try again later")
    }
}
