import FundingJSON

/// Hyperliquid's own dex and those of builders. One POST path; rows and contexts belong together by place alone, and
/// delisted coins keep theirs.
struct SimulatedHyperliquid: PlayedExchange {
    let feed = "hyperliquid"

    // MARK: - Contracts

    func contracts(of assets: [Asset], at now: Int) -> [SimulatedContract] {
        var contracts: [SimulatedContract] = []
        for asset in assets {
            guard let code = ["H", "Hx"].first(where: { asset.spellings[$0] != nil }),
                let name = asset.spellings[code]
            else { continue }
            let terms = SimulatedContract.Terms(quote: "USD", settle: "USDC", rateCap: 0.04)
            var contract = SimulatedContract(name, of: asset, code: code, feed: feed, id: contracts.count, terms)
            contract.schedule = FundingSchedule(from: contract.schedule.listedAt, everyHours: 8)
            contract.schedule.change(toHours: 1, at: Self.firstHourlyDay)
            if code == "Hx" { contract.schedule.change(toHours: nil, at: now - 100 * .millisecondsOfDay) }
            contracts.append(contract)
        }
        return contracts + HyperliquidBuilders(assets).contracts(feed: feed, at: now)
    }

    /// 2023-06-08: since then funding is paid every hour, before it was every eight.
    private static let firstHourlyDay = 1_686_182_400_000

    // MARK: - Requests

    func answer(to request: SimulatedRequest, in scene: Scene) -> SimulatedAnswer {
        guard request.method == "POST", request.path == "/info" else {
            return SimulatedAnswer(status: 404, json: "null")
        }
        guard let body = request.body?.root, let type = body["type"]?.string else { return Self.unreadable }
        switch type {
        case "meta", "metaAndAssetCtxs":
            guard let dex = HyperliquidDex.all.first(where: { $0.name == body["dex"]?.string ?? "" }) else {
                return SimulatedAnswer(status: 500, json: "null")
            }
            return metaAndContexts(of: dex, hasContexts: type == "metaAndAssetCtxs", scene)
        case "allPerpMetas":
            return .written(reservingCapacity: 50_000) { json in
                json.beginArray()
                for dex in HyperliquidDex.all { HyperliquidMeta(dex, scene).write(to: &json) }
                json.endArray()
            }
        case "perpDexs": return .written { HyperliquidMeta.writeDexs(scene, to: &$0) }
        case "perpConciseAnnotations": return .written { HyperliquidMeta.writeAnnotations(scene, to: &$0) }
        case "spotMeta": return SimulatedAnswer(json: HyperliquidTexts.spotMeta)
        case "allMids": return allMids(scene)
        case "predictedFundings": return predictedFundings(scene)
        case "fundingHistory": return fundingHistory(body, scene)
        default: return Self.unreadable
        }
    }

    private static let unreadable = SimulatedAnswer(
        status: 422, contentType: "text/plain",
        body: Array("Failed to deserialize the JSON body into the target type".utf8)
    )

    private func metaAndContexts(of dex: HyperliquidDex, hasContexts: Bool, _ scene: Scene) -> SimulatedAnswer {
        .written(reservingCapacity: 100_000) { json in
            let meta = HyperliquidMeta(dex, scene)
            guard hasContexts else { return meta.write(to: &json) }
            json.beginArray()
            meta.write(to: &json)
            json.beginArray()
            for contract in dex.contracts(in: scene) { HyperliquidContext(contract, scene).write(to: &json) }
            json.endArray()
            json.endArray()
        }
    }

    private func allMids(_ scene: Scene) -> SimulatedAnswer {
        .written { json in
            json.beginObject()
            for contract in HyperliquidDex.own.contracts(in: scene) where contract.isTrading(at: scene.now) {
                json.key(contract.symbol)
                json.value(HyperliquidContext(contract, scene).markText)
            }
            json.endObject()
        }
    }

    /// Its own next funding and what it believes of others, which is only roughly right.
    private func predictedFundings(_ scene: Scene) -> SimulatedAnswer {
        .written { json in
            json.beginArray()
            for contract in HyperliquidDex.own.contracts(in: scene) where contract.isTrading(at: scene.now) {
                json.beginArray()
                json.value(contract.symbol)
                json.beginArray()
                for (venue, hours) in [("BinPerp", 8), ("HlPerp", 1), ("BybitPerp", 8)] {
                    let rate = scene.market.rate(of: contract, hours: hours, at: scene.now)
                    let step = hours * .millisecondsOfHour
                    json.beginArray()
                    json.value(venue)
                    json.beginObject()
                    json.field("fundingRate", scene.rateText(rate, digits: 10, trimmed: true, keepsPoint: true))
                    json.field("nextFundingTime", scene.now.floored(to: step) + step)
                    json.endObject()
                    json.endArray()
                }
                json.endArray()
                json.endArray()
            }
            json.endArray()
        }
    }

    private static let rowsOfHistory = 500

    /// Ascending from the start, both bounds inclusive, at most 500 rows; a payment is stamped some milliseconds late.
    private func fundingHistory(_ body: JSONView, _ scene: Scene) -> SimulatedAnswer {
        guard let coin = body["coin"]?.string, let start = body["startTime"]?.int?.sane else { return Self.unreadable }
        guard let contract = scene.contract(coin) else { return SimulatedAnswer(status: 500, json: "null") }
        let end = min(body["endTime"]?.int?.sane ?? scene.now, scene.now)
        guard start <= end else { return SimulatedAnswer(json: "[]") }
        let lateness = 100
        let rows = contract.schedule.payments(in: start - lateness...end, limit: Self.rowsOfHistory + 1)
            .map { (payment: $0, time: $0 + Int(scene.market.noise.bits(contract.key ^ 5, $0) % UInt64(lateness))) }
            .filter { start <= $0.time && $0.time <= end }
            .prefix(Self.rowsOfHistory)
        var answer = SimulatedAnswer.written(reservingCapacity: rows.count * 110) { json in
            json.beginArray()
            for row in rows {
                let mark = scene.market.markPrice(of: contract, at: row.payment)
                let premium = mark / scene.market.indexPrice(of: contract, at: row.payment) - 1
                let rate = scene.rate(of: contract, at: row.payment)
                json.beginObject()
                json.field("coin", contract.symbol)
                json.field("fundingRate", scene.rateText(rate, digits: 10, trimmed: true, keepsPoint: true))
                json.field("premium", DecimalText.text(premium, digits: 10, trimmed: true, keepsPoint: true))
                json.field("time", row.time)
                json.endObject()
            }
            json.endArray()
        }
        answer.extraCost["weight"] = Double(rows.count / 20)
        return answer
    }

    // MARK: - Limits

    let limits = [RequestLimit(name: "weight", capacity: 1200, refill: .window(seconds: 60))]

    func cost(of request: SimulatedRequest) -> [String: Double] {
        switch request.body?.root["type"]?.string {
        case "allMids", "l2Book": ["weight": 2]
        case "userRole": ["weight": 60]
        default: ["weight": 20]
        }
    }

    func refusal(_ refusal: LimitRefusal, at now: Int) -> SimulatedAnswer { SimulatedAnswer(status: 429, json: "null") }

    func errorObject(at now: Int) -> SimulatedAnswer { SimulatedAnswer(json: "null") }
}
