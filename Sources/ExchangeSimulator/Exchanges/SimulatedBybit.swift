import FundingJSON

/// Bybit v5, linear and inverse. Numbers are texts, nothing is "", and errors come with HTTP 200.
struct SimulatedBybit: PlayedExchange {
    let feed = "bybit"

    // MARK: - Contracts

    func contracts(of assets: [Asset], at now: Int) -> [SimulatedContract] {
        var linear: [SimulatedContract] = []
        for asset in assets {
            let cap = asset.rank < 10 ? 0.00375 : 0.02
            if let base = asset.spellings["Y"] {
                linear.append(contract(base + "USDT", asset, "Y", linear.count, .init(rateCap: cap)))
            }
            if let base = asset.spellings["Yc"] {
                linear.append(contract(base + "PERP", asset, "Yc", linear.count, .init(quote: "USDC", rateCap: cap)))
            }
        }
        linear.assignIntervals(eightHourly: 235, hourly: 36, twoHourly: 18)
        for asset in assets where asset.spellings["Yp"] != nil {
            linear.append(contract(asset.name + "USDT", asset, "Yp", linear.count, .init(kind: .premarket)))
        }
        var inverse: [SimulatedContract] = []
        for asset in assets where asset.spellings["Yi"] != nil {
            let terms = SimulatedContract.Terms(quote: "USD", settle: asset.name, isInverse: true, rateCap: 0.005)
            inverse.append(contract(asset.name + "USD", asset, "Yi", 1000 + inverse.count, terms))
        }
        for expiry in Universe.quarterlyExpiries(after: now, count: 2) {
            let date = CivilDate(of: expiry)
            for asset in assets where asset.spellings["Yd"] != nil {
                let kind = SimulatedContract.Kind.dated(expiry: expiry)
                let symbol = "\(asset.name)-\(date.dayMonthYear)"
                linear.append(contract(symbol, asset, "Yd", linear.count, .init(quote: "USDC", kind: kind)))
                let terms = SimulatedContract.Terms(quote: "USD", settle: asset.name, isInverse: true, kind: kind)
                inverse.append(contract("\(asset.name)USD\(date.letterYear)", asset, "Ye", 1000 + inverse.count, terms))
            }
        }
        return linear + inverse
    }

    private func contract(
        _ symbol: String, _ asset: Asset, _ code: String, _ id: Int, _ terms: SimulatedContract.Terms
    ) -> SimulatedContract {
        SimulatedContract(symbol, of: asset, code: code, feed: feed, id: id, terms)
    }

    // MARK: - Requests

    func answer(to request: SimulatedRequest, in scene: Scene) -> SimulatedAnswer {
        guard request.method == "GET" else { return SimulatedAnswer(status: 404, json: "") }
        switch request.path {
        case "/v5/market/tickers": return tickers(request, scene)
        case "/v5/market/instruments-info": return BybitInstruments(request, scene).answer()
        case "/v5/market/funding/history": return fundingHistory(request, scene)
        case "/v5/market/open-interest": return BybitOpenInterest(request, scene).answer()
        case "/v5/market/time":
            return Self.success(at: scene.now) { json in
                json.field("timeSecond", "\(scene.now / 1000)")
                json.field("timeNano", "\(scene.now)000000")
            }
        default: return SimulatedAnswer(status: 404, json: "")
        }
    }

    static func success(
        at now: Int, reservingCapacity capacity: Int = 1024, _ write: (inout JSONWriter) -> Void
    ) -> SimulatedAnswer {
        envelope(0, "OK", at: now, reservingCapacity: capacity, write)
    }

    static func failure(_ code: Int, _ message: String, at now: Int) -> SimulatedAnswer {
        envelope(code, message, at: now, reservingCapacity: 256) { _ in }
    }

    private static func envelope(
        _ code: Int, _ message: String, at now: Int, reservingCapacity capacity: Int,
        _ writeResult: (inout JSONWriter) -> Void
    ) -> SimulatedAnswer {
        .written(reservingCapacity: capacity) { json in
            json.beginObject()
            json.field("retCode", code)
            json.field("retMsg", message)
            json.key("result")
            json.beginObject()
            writeResult(&json)
            json.endObject()
            json.key("retExtInfo")
            json.raw("{}")
            json.field("time", now)
            json.endObject()
        }
    }

    /// The contracts of the category that a request names; nil if it names none.
    static func contracts(_ request: SimulatedRequest, _ scene: Scene) -> [SimulatedContract]? {
        guard let category = request.query["category"], ["linear", "inverse"].contains(category) else { return nil }
        return scene.contracts.filter { $0.isInverse == (category == "inverse") }
    }

    static func wrongCategory(at now: Int) -> SimulatedAnswer {
        failure(10001, "params error: Category is invalid", at: now)
    }

    private func tickers(_ request: SimulatedRequest, _ scene: Scene) -> SimulatedAnswer {
        guard var contracts = Self.contracts(request, scene) else { return Self.wrongCategory(at: scene.now) }
        contracts = contracts.filter { $0.isTrading(at: scene.now) }
        if let symbol = request.query["symbol"] {
            contracts = contracts.filter { $0.symbol == symbol }
            guard !contracts.isEmpty else {
                return Self.failure(10001, "params error: symbol invalid \(symbol)", at: scene.now)
            }
        }
        return Self.success(at: scene.now, reservingCapacity: 1000 * contracts.count) { json in
            json.field("category", request.query["category"])
            json.key("list")
            json.beginArray()
            for contract in contracts { BybitTicker(contract, scene).write(to: &json) }
            json.endArray()
        }
    }

    /// Newest first; a start alone is an error.
    private func fundingHistory(_ request: SimulatedRequest, _ scene: Scene) -> SimulatedAnswer {
        guard let contracts = Self.contracts(request, scene) else { return Self.wrongCategory(at: scene.now) }
        let start = request.integer("startTime")
        let end = request.integer("endTime")
        if start != nil, end == nil {
            return Self.failure(10001, "params error: startTime must be passed together with endTime", at: scene.now)
        }
        guard let symbol = request.query["symbol"],
            let contract = contracts.first(where: { $0.symbol == symbol && $0.kind == .perpetual })
        else { return Self.failure(10001, "params error: symbol invalid", at: scene.now) }
        let limit = max(1, min(request.integer("limit") ?? 200, 200))
        let range = (start ?? 0)...max(start ?? 0, min(end ?? scene.now, scene.now))
        let times = contract.schedule.payments(in: range, limit: limit, newest: true)
        return Self.success(at: scene.now, reservingCapacity: 100 * times.count + 256) { json in
            json.field("category", request.query["category"])
            json.key("list")
            json.beginArray()
            for time in times.reversed() {
                json.beginObject()
                json.field("symbol", contract.symbol)
                json.field("fundingRate", scene.rateText(scene.rate(of: contract, at: time), digits: 8, trimmed: true))
                json.field("fundingRateTimestamp", "\(time)")
                json.endObject()
            }
            json.endArray()
        }
    }

    // MARK: - Limits

    let limits = [
        RequestLimit(name: "requests", capacity: 600, refill: .window(seconds: 5), shutOut: 600)
    ]

    func cost(of request: SimulatedRequest) -> [String: Double] { ["requests": 1] }

    /// No Retry-After and no JSON: the gateway says it.
    func refusal(_ refusal: LimitRefusal, at now: Int) -> SimulatedAnswer {
        SimulatedAnswer(status: 403, contentType: "text/plain", body: Array("access too frequent".utf8))
    }

    func errorObject(at now: Int) -> SimulatedAnswer {
        var answer = Self.failure(10006, "Too many visits!", at: now)
        answer.headers.append(("X-Bapi-Limit-Reset-Timestamp", "\(now + 1000)"))
        return answer
    }
}
