import FundingJSON

/// Aster: an API after Binance's. The terms list every contract, coin-style contracts that are listed nowhere stand among
/// terms and rates, open interest comes by contract, and a client that goes too fast is told by the firewall.
struct SimulatedAster: BinanceStyle {
    let feed = "aster"
    let form = BinanceForm.aster

    // MARK: - Contracts

    private static let coins = 146
    private static let shares = 12
    private static let funds: Set = ["QQQ", "SPY"]
    private static let byThousands: Set = ["PEPE", "BONK", "SHIB", "FLOKI", "LUNC", "CHEEMS", "RATS", "SATS"]

    func contracts(of assets: [Asset], at now: Int) -> [SimulatedContract] {
        var contracts: [SimulatedContract] = []
        func add(_ asset: Asset, quote: String = "USDT", _ terms: SimulatedContract.Terms = .init()) {
            var asset = asset
            if Self.byThousands.contains(asset.name) { asset.spellings[feed] = "1000" + asset.name }
            var terms = terms
            terms.quote = quote
            terms.rateCap = asset.rank < 10 ? 0.003 : 0.02
            let symbol = (asset.spellings[feed] ?? asset.name) + quote
            contracts.append(SimulatedContract(symbol, of: asset, code: feed, feed: feed, id: contracts.count, terms))
        }
        let coins = assets.largest(Self.coins + 2)
        for asset in coins.prefix(Self.coins) { add(asset) }
        for asset in assets.largest(Self.shares, .stock) { add(asset) }
        for asset in assets.largest(4, .commodity) { add(asset) }
        for asset in assets where asset.kind == .index && Self.funds.contains(asset.name) { add(asset) }
        if let copper = assets.named("COPPER") { add(copper, quote: "USD1") }
        contracts.assignIntervals(eightHourly: 40, hourly: 20, twoHourly: 5)
        if let settling = coins.dropFirst(Self.coins).first {
            add(settling)
            contracts[contracts.count - 1].schedule.change(toHours: nil, at: now - 9 * .millisecondsOfDay)
        }
        if let pending = coins.dropFirst(Self.coins + 1).first { add(pending, .init(kind: .premarket)) }
        for asset in coins.prefix(2) {
            add(asset, quote: "USD", .init(settle: asset.name, isInverse: true, kind: .premarket))
        }
        return contracts
    }

    /// Coin-style contracts are not.
    private func isListed(_ contract: SimulatedContract) -> Bool { !contract.isInverse }

    // MARK: - Requests

    func answer(to request: SimulatedRequest, in scene: Scene) -> SimulatedAnswer {
        let parts = request.path.split(separator: "/")
        guard request.method == "GET", parts.count == 3, parts[0] == "fapi", ["v1", "v3"].contains(parts[1]) else {
            return BinanceReply.noSuchPath(request)
        }
        switch parts[2] {
        case "exchangeInfo": return exchangeInfo(scene)
        case "fundingInfo": return fundingInfo(scene)
        case "premiumIndex": return premiumIndex(request, scene, isListed: false)
        case "openInterest": return openInterest(request, scene)
        case "fundingRate": return BinanceFundingHistory(request, scene, form).answer()
        case "time": return BinanceReply.time(scene)
        default: return BinanceReply.noSuchPath(request)
        }
    }

    private func exchangeInfo(_ scene: Scene) -> SimulatedAnswer {
        .written(reservingCapacity: 250_000) { json in
            json.beginObject()
            json.key("exchangeFilters")
            json.raw("[]")
            json.key("rateLimits")
            json.raw(BinanceListing.rateLimits)
            json.field("serverTime", scene.now)
            json.key("assets")
            json.raw(BinanceListing.assets)
            json.key("symbols")
            json.beginArray()
            for contract in scene.contracts where isListed(contract) {
                AsterListing(contract, at: scene.now).write(to: &json)
            }
            json.endArray()
            json.field("timezone", "UTC")
            json.endObject()
        }
    }

    private func fundingInfo(_ scene: Scene) -> SimulatedAnswer {
        .written(reservingCapacity: 40_000) { json in
            json.beginArray()
            for contract in scene.contracts {
                json.beginObject()
                json.field("symbol", contract.symbol)
                json.field("interestRate", isListed(contract) ? "0.00010000" : "0")
                json.field("time", scene.now.floored(to: .millisecondsOfMinute))
                json.field("fundingIntervalHours", contract.schedule.lastHours(at: scene.now))
                json.field("fundingFeeCap", contract.rateCap)
                json.field("fundingFeeFloor", -contract.rateCap)
                json.endObject()
            }
            json.endArray()
        }
    }

    private func openInterest(_ request: SimulatedRequest, _ scene: Scene) -> SimulatedAnswer {
        guard let symbol = request.query["symbol"] else { return BinanceReply.missing("symbol") }
        guard let contract = scene.contract(symbol), isListed(contract), contract.isTrading(at: scene.now) else {
            return BinanceReply.noSuchSymbol
        }
        return .written { json in
            json.beginObject()
            json.field("symbol", contract.symbol)
            let units = scene.market.openInterestUnits(of: contract, at: scene.now)
            json.field("openInterest", quoting: units, digits: 3)
            json.field("time", scene.now)
            json.endObject()
        }
    }

    // MARK: - Sockets

    let socketRoot = ""
    let maximumChannels = 200

    var liveness: StreamLiveness {
        StreamLiveness(pingPeriod: 5 * .millisecondsOfMinute, maximumSilence: 15 * .millisecondsOfMinute)
    }

    func contracts(on channel: String, in scene: Scene) -> [[SimulatedContract]]? {
        guard channel == "!markPrice@arr" || channel == "!markPrice@arr@1s" else {
            return contracts(ofMarkPrice: channel, in: scene)
        }
        return [scene.contracts.filter { $0.isTrading(at: scene.now) }]
    }

    // MARK: - Limits

    let limits = [RequestLimit(name: "weight", capacity: 2400, refill: .window(seconds: 60), ban: 120)]

    func cost(of request: SimulatedRequest) -> [String: Double] { ["weight": 1] }

    /// Without Retry-After, which is not documented.
    func refusal(_ refusal: LimitRefusal, at now: Int) -> SimulatedAnswer {
        let status = refusal.isBan ? 418 : 429
        return BinanceReply.error(status, -1003, "Too many requests; current limit is 2400 requests per minute.")
    }
}
