import FundingJSON

/// Binance USD-M. Three lists are to be joined: the contracts, the terms of those whose terms were ever adjusted, and the
/// rates, in which delisted contracts linger.
struct SimulatedBinanceUSDM: BinanceStyle {
    let feed = "binance-usdm"
    let form = BinanceForm.usdm

    // MARK: - Contracts

    func contracts(of assets: [Asset], at now: Int) -> [SimulatedContract] {
        var contracts: [SimulatedContract] = []
        func add(_ symbol: String, _ asset: Asset, _ code: String, _ terms: SimulatedContract.Terms) {
            contracts.append(SimulatedContract(symbol, of: asset, code: code, feed: feed, id: contracts.count, terms))
        }
        for asset in assets {
            let cap = asset.rank < 10 ? 0.003 : 0.02
            if let base = asset.spellings["B"] { add(base + "USDT", asset, "B", .init(rateCap: cap)) }
            if let base = asset.spellings["Bc"] { add(base + "USDC", asset, "Bc", .init(quote: "USDC", rateCap: cap)) }
            if asset.spellings["Bb"] != nil { addRatio(asset, to: &contracts) }
        }
        contracts.assignIntervals(eightHourly: 165, hourly: 25)
        for asset in assets where asset.spellings["Bd"] != nil {
            for expiry in Universe.quarterlyExpiries(after: now, count: 2) {
                add(
                    "\(asset.name)USDT_\(CivilDate(of: expiry).digits)", asset, "Bd",
                    .init(kind: .dated(expiry: expiry)))
            }
        }
        for asset in assets where asset.spellings["Bx"] != nil {
            add((asset.spellings["Bx"] ?? "") + "USDT", asset, "Bx", .init())
            let gone = now - (20 + asset.rank % 200) * .millisecondsOfDay
            contracts[contracts.count - 1].schedule.change(toHours: nil, at: gone)
        }
        return contracts
    }

    /// `ETHBTC`: ETH priced in BTC.
    private func addRatio(_ asset: Asset, to contracts: inout [SimulatedContract]) {
        guard case .ratio(let base, let quote) = asset.price else { return }
        var contract = SimulatedContract(
            base + quote, of: asset, code: "Bb", feed: feed, id: contracts.count, .init(quote: quote, rateCap: 0.003)
        )
        contract.base = base
        contracts.append(contract)
    }

    // MARK: - Requests

    func answer(to request: SimulatedRequest, in scene: Scene) -> SimulatedAnswer {
        guard request.method == "GET" else { return BinanceReply.noSuchPath(request) }
        switch request.path {
        case "/fapi/v1/exchangeInfo": return exchangeInfo(scene)
        case "/fapi/v1/fundingInfo": return fundingInfo(scene)
        case "/fapi/v1/premiumIndex": return premiumIndex(request, scene, isListed: false)
        case "/fapi/v1/openInterest": return openInterest(request, scene)
        case "/futures/data/openInterestHist": return openInterestHistory(request, scene)
        case "/fapi/v1/fundingRate": return BinanceFundingHistory(request, scene, form).answer()
        case "/fapi/v1/time": return BinanceReply.time(scene)
        default: return BinanceReply.noSuchPath(request)
        }
    }

    private func exchangeInfo(_ scene: Scene) -> SimulatedAnswer {
        .written(reservingCapacity: 900_000) { json in
            json.beginObject()
            json.field("timezone", "UTC")
            json.field("serverTime", scene.now)
            json.field("futuresType", "U_MARGINED")
            json.key("rateLimits")
            json.raw(BinanceListing.rateLimits)
            json.key("exchangeFilters")
            json.raw("[]")
            json.key("assets")
            json.raw(BinanceListing.assets)
            json.key("symbols")
            json.beginArray()
            for contract in scene.contracts { BinanceListing(contract, at: scene.now).write(to: &json) }
            json.endArray()
            json.endObject()
        }
    }

    /// Only contracts whose cap, floor or interval was ever adjusted, dead ones included.
    private func fundingInfo(_ scene: Scene) -> SimulatedAnswer {
        .written(reservingCapacity: 100_000) { json in
            json.beginArray()
            for contract in scene.contracts {
                let hours = contract.schedule.lastHours(at: scene.now)
                let isOddlyCapped = contract.kind == .perpetual && contract.key.isMultiple(of: 7)
                guard hours != 8 || contract.schedule.wasAdjusted(by: scene.now) || isOddlyCapped else { continue }
                json.beginObject()
                json.field("symbol", contract.symbol)
                json.field("adjustedFundingRateCap", quoting: contract.rateCap, digits: 8)
                json.field("adjustedFundingRateFloor", quoting: -contract.rateCap, digits: 8)
                json.field("fundingIntervalHours", hours)
                json.field("disclaimer", false)
                let updateTime = contract.schedule.epochs.last { $0.start <= scene.now }?.start
                json.field("updateTime", contract.key.isMultiple(of: 3) ? nil : updateTime)
                json.endObject()
            }
            json.endArray()
        }
    }

    private func openInterest(_ request: SimulatedRequest, _ scene: Scene) -> SimulatedAnswer {
        guard let symbol = request.query["symbol"] else { return BinanceReply.missing("symbol") }
        guard let contract = scene.contract(symbol) else { return BinanceReply.noSuchSymbol }
        guard contract.isTrading(at: scene.now) else { return BinanceReply.notTrading }
        return .written { json in
            json.beginObject()
            json.field("openInterest", quoting: openUnits(of: contract, scene, at: scene.now), digits: 3)
            json.field("symbol", contract.symbol)
            json.field("time", scene.now)
            json.endObject()
        }
    }

    /// In units of the base; the ratio's base is ETH, not the ratio.
    private func openUnits(of contract: SimulatedContract, _ scene: Scene, at time: Int) -> Double {
        guard case .ratio(let base, _) = contract.asset.price else {
            return scene.market.openInterestUnits(of: contract, at: time)
        }
        return scene.market.openInterestUSD(of: contract, at: time) / scene.market.price(of: base, at: time)
    }

    /// Ascending, every `period`, at most 500 rows of the last month.
    private func openInterestHistory(_ request: SimulatedRequest, _ scene: Scene) -> SimulatedAnswer {
        let periods = [
            "5m": 5, "15m": 15, "30m": 30, "1h": 60, "2h": 120, "4h": 240, "6h": 360, "12h": 720, "1d": 1440,
        ]
        guard let symbol = request.query["symbol"] else { return BinanceReply.missing("symbol") }
        guard let minutes = request.query["period"].flatMap({ periods[$0] }) else {
            return BinanceReply.missing("period")
        }
        guard let contract = scene.contract(symbol) else { return BinanceReply.noSuchSymbol }
        let step = minutes * .millisecondsOfMinute
        let limit = max(1, min(request.integer("limit") ?? 30, 500))
        let last = min(request.integer("endTime") ?? scene.now, scene.now).floored(to: step)
        return .written { json in
            json.beginArray()
            for time in stride(from: last - (limit - 1) * step, through: last, by: step) {
                let units = openUnits(of: contract, scene, at: time)
                json.beginObject()
                json.field("symbol", contract.symbol)
                json.field("sumOpenInterest", quoting: units, digits: 8)
                let value = units * scene.market.markPrice(of: contract, at: time)
                json.field("sumOpenInterestValue", quoting: value, digits: 8)
                json.field("timestamp", time)
                json.endObject()
            }
            json.endArray()
        }
    }

    // MARK: - Sockets

    /// Those without it were switched off in April 2026.
    let socketRoot = "/market"
    let maximumChannels = 1024

    /// What is traded like shares comes in a message of its own.
    func contracts(on channel: String, in scene: Scene) -> [[SimulatedContract]]? {
        guard channel == "!markPrice@arr" || channel == "!markPrice@arr@1s" else {
            return contracts(ofMarkPrice: channel, in: scene)
        }
        let trading = scene.contracts.filter { $0.isTrading(at: scene.now) }
        let shares = trading.filter { BinanceListing($0, at: scene.now).isTradedLikeShares }
        return [trading.filter { !BinanceListing($0, at: scene.now).isTradedLikeShares }, shares].filter { !$0.isEmpty }
    }

    // MARK: - Limits

    let limits = [
        RequestLimit(name: "weight", capacity: 2400, refill: .window(seconds: 60), ban: 120),
        RequestLimit(name: "funding", capacity: 500, refill: .window(seconds: 300), ban: 120),
        RequestLimit(name: "data", capacity: 1000, refill: .window(seconds: 300), ban: 120),
    ]

    func cost(of request: SimulatedRequest) -> [String: Double] {
        switch request.path {
        case "/fapi/v1/fundingInfo", "/fapi/v1/fundingRate": ["funding": 1]
        case "/fapi/v1/premiumIndex": ["weight": request.query["symbol"] == nil ? 10 : 1]
        case _ where request.path.hasPrefix("/futures/data/"): ["data": 1]
        default: ["weight": 1]
        }
    }
}
