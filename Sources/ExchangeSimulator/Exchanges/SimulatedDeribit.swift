import FundingJSON

/// Deribit. Funding accrues all the time; history tells what each hour cost and, overlapping, the last eight.
struct SimulatedDeribit: PlayedExchange {
    let feed = "deribit"

    // MARK: - Contracts

    func contracts(of assets: [Asset], at now: Int) -> [SimulatedContract] {
        var contracts: [SimulatedContract] = []
        func add(_ symbol: String, _ asset: Asset, _ code: String, _ terms: SimulatedContract.Terms) {
            let id = 124_972 + contracts.count
            var contract = SimulatedContract(symbol, of: asset, code: code, feed: feed, id: id, terms)
            contract.schedule = FundingSchedule(from: contract.schedule.listedAt, everyHours: 1)
            contracts.append(contract)
        }
        for asset in assets {
            let name = asset.name
            if asset.spellings["Di"] != nil {
                add("\(name)-PERPETUAL", asset, "Di", .init(quote: "USD", settle: name, isInverse: true))
            }
            if asset.spellings["Dl"] != nil { add("\(name)_USDC-PERPETUAL", asset, "Dl", .init(quote: "USDC")) }
        }
        for expiry in Universe.quarterlyExpiries(after: now, count: 2) {
            for asset in assets where asset.spellings["Dd"] != nil {
                let kind = SimulatedContract.Kind.dated(expiry: expiry)
                let symbol = "\(asset.name)-\(CivilDate(of: expiry).dayMonthYear)"
                add(symbol, asset, "Dd", .init(quote: "USD", settle: asset.name, isInverse: true, kind: kind))
            }
        }
        return contracts
    }

    // MARK: - Requests

    func answer(to request: SimulatedRequest, in scene: Scene) -> SimulatedAnswer {
        var query = request.query
        var id: Int?
        var path = request.path
        // The same as JSON-RPC: the method is the end of the path, its parameters are in the body.
        if request.method == "POST", let call = request.body?.root, let method = call["method"]?.string {
            path = "/api/v2/" + method
            id = call["id"]?.int
            if let parameters = call["params"]?.members {
                for (name, value) in parameters { query[name] = value.string ?? value.rawText }
            }
        }
        var inner = request
        inner.query = query
        let reply = DeribitReply(id: id, now: scene.now)
        switch path {
        case "/api/v2/public/get_instruments": return DeribitLists(inner, scene, reply).instruments()
        case "/api/v2/public/get_book_summary_by_currency", "/api/v2/public/get_book_summary_by_instrument":
            return DeribitLists(inner, scene, reply).summaries()
        case "/api/v2/public/ticker": return DeribitLists(inner, scene, reply).ticker()
        case "/api/v2/public/get_funding_rate_history": return DeribitFunding(scene).history(inner, reply)
        case "/api/v2/public/get_funding_rate_value": return DeribitFunding(scene).value(inner, reply)
        case "/api/v2/public/get_time": return reply.result { $0.value(scene.now) }
        default: return reply.error(404, -32601, "Method not found")
        }
    }

    // MARK: - Limits

    let limits = [RequestLimit(name: "instruments", capacity: 10, refill: .steady(perSecond: 1))]

    func cost(of request: SimulatedRequest) -> [String: Double] {
        let method = request.body?.root["method"]?.string ?? request.path
        return method.hasSuffix("public/get_instruments") ? ["instruments": 1] : [:]
    }

    func refusal(_ refusal: LimitRefusal, at now: Int) -> SimulatedAnswer {
        DeribitReply(id: nil, now: now).error(429, 10028, "too_many_requests", wait: refusal.retryAfter)
    }

    func errorObject(at now: Int) -> SimulatedAnswer {
        DeribitReply(id: nil, now: now).error(200, 10028, "too_many_requests", wait: 1)
    }
}
