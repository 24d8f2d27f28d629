import FundingJSON

/// Lighter. Market 0 is ETH; current rates are stated for eight hours and stand beside those of other exchanges; past
/// ones are percent an hour without a sign.
struct SimulatedLighter: PlayedExchange {
    let feed = "lighter"

    // MARK: - Contracts

    func contracts(of assets: [Asset], at now: Int) -> [SimulatedContract] {
        var contracts: [SimulatedContract] = []
        for asset in assets {
            guard let code = ["L", "Lx"].first(where: { asset.spellings[$0] != nil }),
                let symbol = asset.spellings[code]
            else { continue }
            // ETH came first: 0, and BTC 1.
            let id = ["ETH": 0, "BTC": 1][symbol] ?? contracts.count
            let terms = SimulatedContract.Terms(quote: "USD", settle: "USDC", rateCap: 0.005)
            var contract = SimulatedContract(symbol, of: asset, code: code, feed: feed, id: id, terms)
            contract.schedule = FundingSchedule(from: contract.schedule.listedAt, everyHours: 1)
            if code == "Lx" { contract.schedule.change(toHours: nil, at: now - 50 * .millisecondsOfDay) }
            contracts.append(contract)
        }
        return contracts
    }

    // MARK: - Requests

    func answer(to request: SimulatedRequest, in scene: Scene) -> SimulatedAnswer {
        guard request.method == "GET" else { return Self.error(404, 404, "not found") }
        switch request.path {
        case "/api/v1/orderBookDetails": return orderBooks("order_book_details", hasDetails: true, request, scene)
        case "/api/v1/orderBooks": return orderBooks("order_books", hasDetails: false, request, scene)
        case "/api/v1/funding-rates": return fundingRates(scene)
        case "/api/v1/fundings": return fundings(request, scene)
        default: return Self.error(404, 404, "not found")
        }
    }

    static func error(_ status: Int, _ code: Int, _ message: String) -> SimulatedAnswer {
        .written(status: status) { json in
            json.beginObject()
            json.field("code", code)
            json.field("message", message)
            json.endObject()
        }
    }

    private func orderBooks(
        _ list: String, hasDetails: Bool, _ request: SimulatedRequest, _ scene: Scene
    ) -> SimulatedAnswer {
        var contracts = scene.contracts
        if let id = request.integer("market_id") { contracts = contracts.filter { $0.id == id } }
        if request.query["filter"] == "spot" { contracts = [] }
        return .written(reservingCapacity: 1000 * contracts.count) { json in
            json.beginObject()
            json.field("code", 200)
            json.key(list)
            json.beginArray()
            for contract in contracts {
                LighterMarket(contract, scene).write(hasDetails: hasDetails, to: &json)
            }
            json.endArray()
            if hasDetails {
                json.key("spot_order_book_details")
                json.raw("[]")
            }
            json.endObject()
        }
    }

    /// Every venue's rate for eight hours. Other exchanges are shown for the larger markets only.
    private func fundingRates(_ scene: Scene) -> SimulatedAnswer {
        .written(reservingCapacity: 30_000) { json in
            json.beginObject()
            json.field("code", 200)
            json.key("funding_rates")
            json.beginArray()
            for contract in scene.contracts {
                let others = contract.asset.kind == .coin ? ["binance", "bybit", "hyperliquid"] : []
                for exchange in others {
                    var other = contract
                    other.key ^= Noise.key(exchange)
                    let rate = scene.market.rate(of: other, hours: 8, at: scene.now) * scene.distortion.rateFactor
                    write(exchange, contract, DecimalText.rounded(rate, digits: 8), scene, to: &json)
                }
                guard contract.isTrading(at: scene.now) else { continue }
                // Percent an hour has four decimals; the statement for eight hours is made of that.
                let hourly = DecimalText.rounded(scene.rate(of: contract), digits: 6)
                write("lighter", contract, hourly * 8, scene, to: &json)
            }
            json.endArray()
            json.endObject()
        }
    }

    private func write(
        _ exchange: String, _ contract: SimulatedContract, _ rate: Double, _ scene: Scene, to json: inout JSONWriter
    ) {
        json.beginObject()
        json.field("market_id", contract.id)
        json.field("exchange", exchange)
        json.field("symbol", contract.symbol)
        json.field("rate", rate: rate, in: scene)
        json.endObject()
    }

    private static let rowsOfHistory = 750

    /// Ascending within two exclusive bounds in seconds or milliseconds; of too many rows, in silence, the newest.
    private func fundings(_ request: SimulatedRequest, _ scene: Scene) -> SimulatedAnswer {
        guard let id = request.integer("market_id"), let start = request.integer("start_timestamp"),
            let end = request.integer("end_timestamp"), request.integer("count_back") != nil,
            let resolution = request.query["resolution"], ["1h", "1d"].contains(resolution)
        else { return Self.error(400, 20001, "invalid param") }
        guard let contract = scene.contracts.first(where: { $0.id == id }) else {
            return Self.error(400, 21000, "market not found")
        }
        let first = Self.milliseconds(start) + 1
        let last = min(Self.milliseconds(end) - 1, scene.now)
        let times =
            first <= last
            ? contract.schedule.payments(in: first...last, limit: Self.rowsOfHistory, newest: true) : []
        return .written(reservingCapacity: times.count * 90) { json in
            json.beginObject()
            json.field("code", 200)
            json.field("resolution", resolution)
            json.key("fundings")
            json.beginArray()
            for time in times {
                let rate = DecimalText.rounded(scene.rate(of: contract, at: time), digits: 6)
                let price = scene.market.indexPrice(of: contract, at: time)
                json.beginObject()
                json.field("timestamp", time / 1000)
                json.field("value", quoting: abs(rate) * price, digits: 8)
                json.field("rate", scene.rateText(abs(rate) * 100, digits: 4))
                json.field("direction", rate < 0 ? "short" : "long")
                json.endObject()
            }
            json.endArray()
            json.endObject()
        }
    }

    /// Whichever of the two a number can only be.
    private static func milliseconds(_ time: Int) -> Int { time < 100_000_000_000 ? time * 1000 : time }

    // MARK: - Limits

    let limits = [RequestLimit(name: "requests", capacity: 60, refill: .window(seconds: 60))]

    func cost(of request: SimulatedRequest) -> [String: Double] { ["requests": 1] }

    func refusal(_ refusal: LimitRefusal, at now: Int) -> SimulatedAnswer {
        Self.error(429, 23000, "Too Many Requests!")
    }

    func errorObject(at now: Int) -> SimulatedAnswer { Self.error(200, 23000, "Too Many Requests!") }
}
