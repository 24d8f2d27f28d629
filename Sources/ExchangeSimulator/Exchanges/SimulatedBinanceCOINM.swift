import FundingJSON

/// Binance COIN-M: the dialect of USD-M on a host of its own. Contracts are inverse and of a fixed size in dollars, all
/// pay every eight hours, and streams come contract by contract.
struct SimulatedBinanceCOINM: BinanceStyle {
    let feed = "binance-coinm"
    let form = BinanceForm.coinm

    // MARK: - Contracts

    private static let liveContracts = 28
    /// Listed elsewhere only a thousand at a time.
    private static let tooSmall: Set = ["PEPE", "BONK", "SHIB", "FLOKI"]

    func contracts(of assets: [Asset], at now: Int) -> [SimulatedContract] {
        let listed = assets.largest(Self.liveContracts + 1, without: Self.tooSmall)
        var contracts: [SimulatedContract] = []
        func add(_ symbol: String, _ asset: Asset, _ kind: SimulatedContract.Kind) {
            let terms = SimulatedContract.Terms(
                quote: "USD", settle: asset.name, isInverse: true, kind: kind, rateCap: 0.003
            )
            contracts.append(SimulatedContract(symbol, of: asset, code: "", feed: feed, id: contracts.count, terms))
        }
        for asset in listed { add("\(asset.name)USD_PERP", asset, .perpetual) }
        contracts[contracts.count - 1].schedule.change(toHours: nil, at: now - 40 * .millisecondsOfDay)
        for expiry in Universe.quarterlyExpiries(after: now, count: 2) {
            for asset in listed.prefix(2) {
                add("\(asset.name)USD_\(CivilDate(of: expiry).digits)", asset, .dated(expiry: expiry))
            }
        }
        return contracts
    }

    /// Dollars.
    private func size(of contract: SimulatedContract) -> Int { contract.base == "BTC" ? 100 : 10 }

    // MARK: - Requests

    func answer(to request: SimulatedRequest, in scene: Scene) -> SimulatedAnswer {
        guard request.method == "GET" else { return BinanceReply.noSuchPath(request) }
        switch request.path {
        case "/dapi/v1/exchangeInfo": return exchangeInfo(scene)
        case "/dapi/v1/fundingInfo": return fundingInfo(scene)
        // A list even if one symbol is asked for.
        case "/dapi/v1/premiumIndex": return premiumIndex(request, scene, isListed: true)
        case "/dapi/v1/openInterest": return openInterest(request, scene)
        case "/dapi/v1/fundingRate": return BinanceFundingHistory(request, scene, form).answer()
        case "/dapi/v1/time": return BinanceReply.time(scene)
        default: return BinanceReply.noSuchPath(request)
        }
    }

    private func exchangeInfo(_ scene: Scene) -> SimulatedAnswer {
        .written(reservingCapacity: 60_000) { json in
            json.beginObject()
            json.field("timezone", "UTC")
            json.field("serverTime", scene.now)
            json.key("rateLimits")
            json.raw(BinanceListing.rateLimits)
            json.key("exchangeFilters")
            json.raw("[]")
            json.key("symbols")
            json.beginArray()
            for contract in scene.contracts {
                BinanceListing(contract, at: scene.now, contractSize: size(of: contract)).write(to: &json)
            }
            json.endArray()
            json.endObject()
        }
    }

    /// Only contracts whose terms were ever adjusted, which here is none until a script does it.
    private func fundingInfo(_ scene: Scene) -> SimulatedAnswer {
        .written { json in
            json.beginArray()
            for contract in scene.contracts where contract.schedule.wasAdjusted(by: scene.now) {
                json.beginObject()
                json.field("symbol", contract.symbol)
                json.field("adjustedFundingRateCap", quoting: contract.rateCap, digits: 8)
                json.field("adjustedFundingRateFloor", quoting: -contract.rateCap, digits: 8)
                json.field("fundingIntervalHours", contract.schedule.lastHours(at: scene.now))
                json.field("disclaimer", false)
                json.endObject()
            }
            json.endArray()
        }
    }

    private func openInterest(_ request: SimulatedRequest, _ scene: Scene) -> SimulatedAnswer {
        guard let symbol = request.query["symbol"] else { return BinanceReply.missing("symbol") }
        guard let contract = scene.contract(symbol) else { return BinanceReply.noSuchSymbol }
        guard contract.isTrading(at: scene.now) else { return BinanceReply.notTrading }
        let dollars = scene.market.openInterestUSD(of: contract, at: scene.now)
        return .written { json in
            json.beginObject()
            json.field("symbol", contract.symbol)
            json.field("pair", BinanceMark.pair(of: contract))
            json.field("openInterest", "\(Int(dollars) / size(of: contract))")
            json.field("contractType", contract.kind == .perpetual ? "PERPETUAL" : "CURRENT_QUARTER")
            json.field("time", scene.now)
            json.endObject()
        }
    }

    // MARK: - Sockets

    let socketRoot = ""
    let maximumChannels = 1024

    /// There is no channel of all contracts.
    func contracts(on channel: String, in scene: Scene) -> [[SimulatedContract]]? {
        contracts(ofMarkPrice: channel, in: scene)
    }

    // MARK: - Limits

    let limits = [RequestLimit(name: "weight", capacity: 2400, refill: .window(seconds: 60), ban: 120)]

    func cost(of request: SimulatedRequest) -> [String: Double] {
        ["weight": request.path == "/dapi/v1/premiumIndex" ? 10 : 1]
    }
}
