import FundingJSON

/// KuCoin futures. One list has everything, history is at most a hundred rows without a word about the others, and who
/// wants the stream must ask for a ticket.
struct SimulatedKuCoin: PlayedExchange {
    let feed = "kucoin"

    // MARK: - Contracts

    /// As KuCoin writes them; everything else is written as it is called.
    private static let spellings = [
        "BTC": "XBT", "BONK": "1000BONK", "CAT": "10000CAT", "LADYS": "10000LADYS", "MOG": "1000000MOG",
        "BABYDOGE": "1MBABYDOGE", "X": "1000X",
    ]
    /// Codes of an asset's copy: how KuCoin spells it, which state of no trading it is in, at which stage it is.
    static let (spelling, state, stage) = ("K", "Kstate", "Kstage")

    private enum Count {
        static let coins = 513
        static let stocks = 6
        static let premarket = 2
    }

    func contracts(of assets: [Asset], at now: Int) -> [SimulatedContract] {
        var contracts: [SimulatedContract] = []
        func add(_ asset: Asset, _ suffix: String, _ terms: SimulatedContract.Terms, _ codes: [String: String] = [:]) {
            var asset = asset
            let base = Self.spellings[asset.name] ?? asset.name
            asset.spellings = codes.merging([Self.spelling: base]) { $1 }
            contracts.append(
                SimulatedContract(
                    base + suffix, of: asset, code: Self.spelling, feed: feed, id: contracts.count, terms
                )
            )
        }
        // No symbol of KuCoin's is beyond ASCII.
        let coins = assets.filter { $0.name.utf8.allSatisfy { $0 < 128 } }.largest(Count.coins + 5)
        let live = coins.prefix(Count.coins)
        for (place, asset) in live.enumerated() {
            let isPremarket = place >= live.count - Count.premarket
            let stage = isPremarket ? [Self.stage: "PRE_MARKET"] : [:]
            add(asset, "USDTM", .init(rateCap: asset.rank < 10 ? 0.003 : 0.02), stage)
        }
        for asset in assets.largest(Count.stocks, .stock) { add(asset, "USDTM", .init(rateCap: 0.01)) }
        for asset in coins.filter({ ["BTC", "ETH", "SOL"].contains($0.name) }) {
            add(asset, "USDCM", .init(quote: "USDC", rateCap: 0.003))
        }
        for asset in coins.filter({ ["BTC", "ETH", "SOL", "XRP"].contains($0.name) }) {
            add(asset, "USDM", .init(quote: "USD", settle: spelled(asset), isInverse: true, rateCap: 0.003))
        }
        contracts.assignIntervals(eightHourly: 176, hourly: 17, twoHourly: 3)
        let states = ["Init", "Init", "Paused", "CancelOnly", "BeingSettled"]
        for (asset, state) in zip(coins.dropFirst(Count.coins), states) {
            add(asset, "USDTM", .init(kind: state == "Init" ? .premarket : .perpetual), [Self.state: state])
            let paused = now - 3 * .millisecondsOfHour
            if state != "Init" { contracts[contracts.count - 1].schedule.change(toHours: nil, at: paused) }
        }
        for expiry in Universe.quarterlyExpiries(after: now, count: 2) {
            guard let bitcoin = assets.named("BTC") else { continue }
            let letter = CivilDate(of: expiry).letterYear
            add(
                bitcoin, "M" + letter, .init(quote: "USD", settle: "XBT", isInverse: true, kind: .dated(expiry: expiry))
            )
        }
        return contracts
    }

    private func spelled(_ asset: Asset) -> String { Self.spellings[asset.name] ?? asset.name }

    // MARK: - Requests

    func answer(to request: SimulatedRequest, in scene: Scene) -> SimulatedAnswer {
        switch (request.method, request.path) {
        case ("GET", "/api/v1/contracts/active"): return contracts(scene)
        case ("GET", "/api/v1/contract/funding-rates"): return history(request, scene)
        case ("POST", "/api/v1/bullet-public"): return ticket(scene)
        default: return Self.error(404, "404", "Not Found")
        }
    }

    static func error(_ status: Int, _ code: String, _ message: String) -> SimulatedAnswer {
        .written(status: status) { json in
            json.beginObject()
            json.field("code", code)
            json.field("msg", message)
            json.endObject()
        }
    }

    private static func success(
        reservingCapacity capacity: Int = 1024, _ writeData: (inout JSONWriter) -> Void
    ) -> SimulatedAnswer {
        .written(reservingCapacity: capacity) { json in
            json.beginObject()
            json.field("code", "200000")
            json.key("data")
            writeData(&json)
            json.endObject()
        }
    }

    private func contracts(_ scene: Scene) -> SimulatedAnswer {
        Self.success(reservingCapacity: 2000 * scene.contracts.count) { json in
            json.beginArray()
            for contract in scene.contracts { KuCoinListing(contract, scene).write(to: &json) }
            json.endArray()
        }
    }

    private static let rowsOfHistory = 100

    /// Newest first, both ends included; of too many rows, in silence, the newest. None is `[]`, before the listing `null`.
    private func history(_ request: SimulatedRequest, _ scene: Scene) -> SimulatedAnswer {
        guard let symbol = request.query["symbol"], let from = request.integer("from"), let to = request.integer("to")
        else { return Self.error(200, "400100", "Required parameters are missing") }
        guard let contract = scene.contract(symbol), contract.kind == .perpetual else {
            return Self.error(200, "415000", "funding rate is not supported")
        }
        let end = min(to, scene.now)
        guard end >= contract.schedule.listedAt else { return Self.success { $0.null() } }
        let times =
            from <= end
            ? contract.schedule.payments(in: from...end, limit: Self.rowsOfHistory, newest: true) : []
        return Self.success(reservingCapacity: times.count * 90) { json in
            json.beginArray()
            for time in times.reversed() {
                let rate = DecimalText.rounded(scene.rate(of: contract, at: time), digits: KuCoinListing.rateDigits)
                json.beginObject()
                json.field("symbol", contract.symbol)
                json.field("fundingRate", rate: rate, in: scene)
                json.field("timepoint", time)
                json.endObject()
            }
            json.endArray()
        }
    }

    // MARK: - Limits

    let limits = [RequestLimit(name: "pool", capacity: 2000, refill: .window(seconds: 30))]

    func cost(of request: SimulatedRequest) -> [String: Double] {
        switch request.path {
        case "/api/v1/contracts/active": ["pool": 3]
        case "/api/v1/contract/funding-rates": ["pool": 5]
        case "/api/v1/bullet-public": ["pool": 10]
        default: ["pool": 2]
        }
    }

    func reportUse(_ used: [String: Double], in answer: inout SimulatedAnswer) {
        answer.headers.append(("gw-ratelimit-limit", "2000"))
        answer.headers.append(("gw-ratelimit-remaining", "\(max(0, 2000 - Int(used["pool"] ?? 0)))"))
    }

    /// No Retry-After: the pool's own header counts the milliseconds that are left.
    func refusal(_ refusal: LimitRefusal, at now: Int) -> SimulatedAnswer {
        var answer = Self.error(429, "429000", "Too many requests. System-level rate limit exceeded.")
        answer.headers.append(("gw-ratelimit-reset", "\(refusal.retryAfter * 1000)"))
        return answer
    }

    func errorObject(at now: Int) -> SimulatedAnswer {
        Self.error(200, "200002", "Too many requests in a short period of time, please retry later.")
    }
}
