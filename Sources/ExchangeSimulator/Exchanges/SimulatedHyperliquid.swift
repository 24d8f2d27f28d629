import FundingJSON

/// Hyperliquid's own dex. One POST path; rows and contexts belong together by place alone, and delisted coins keep theirs.
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
            contract.schedule = FundingSchedule(from: contract.schedule.listedAt, everyHours: 1)
            if code == "Hx" { contract.schedule.change(toHours: nil, at: now - 100 * .millisecondsOfDay) }
            contracts.append(contract)
        }
        return contracts
    }

    // MARK: - Requests

    func answer(to request: SimulatedRequest, in scene: Scene) -> SimulatedAnswer {
        guard request.method == "POST", request.path == "/info" else {
            return SimulatedAnswer(status: 404, json: "null")
        }
        guard let body = request.body?.root, let type = body["type"]?.string else { return Self.unreadable }
        let dex = body["dex"]?.string ?? ""
        switch type {
        case "meta", "metaAndAssetCtxs":
            guard dex.isEmpty else { return SimulatedAnswer(status: 500, json: "null") }
            return .written(reservingCapacity: 100_000) { json in
                if type == "meta" { return writeMeta(scene, to: &json) }
                json.beginArray()
                writeMeta(scene, to: &json)
                json.beginArray()
                for contract in scene.contracts { writeContext(of: contract, scene, to: &json) }
                json.endArray()
                json.endArray()
            }
        case "allPerpMetas":
            return .written { json in
                json.beginArray()
                writeMeta(scene, to: &json)
                json.endArray()
            }
        // Builders' dexs are not played yet: the own one, null, is alone.
        case "perpDexs": return SimulatedAnswer(json: "[null]")
        case "perpConciseAnnotations": return SimulatedAnswer(json: "[]")
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

    private func writeMeta(_ scene: Scene, to json: inout JSONWriter) {
        json.beginObject()
        json.key("universe")
        json.beginArray()
        for contract in scene.contracts {
            json.beginObject()
            json.field("szDecimals", max(0, 6 - contract.priceDigits))
            json.field("name", contract.symbol)
            json.field("maxLeverage", contract.asset.rank < 10 ? 40 : 10)
            json.field("marginTableId", contract.asset.rank < 10 ? 56 : 51)
            if !contract.isTrading(at: scene.now) { json.field("isDelisted", true) }
            json.endObject()
        }
        json.endArray()
        json.key("marginTables")
        json.raw(HyperliquidTexts.marginTables)
        json.field("collateralToken", 0)
        json.endObject()
    }

    private func price(_ value: Double, of contract: SimulatedContract) -> String {
        DecimalText.text(value, digits: contract.priceDigits, trimmed: true, keepsPoint: true)
    }

    private func writeContext(of contract: SimulatedContract, _ scene: Scene, to json: inout JSONWriter) {
        let isAlive = contract.isTrading(at: scene.now)
        let time = isAlive ? scene.now : contract.schedule.epochs.last?.start ?? scene.now
        let mark = scene.market.markPrice(of: contract, at: time)
        let index = scene.market.indexPrice(of: contract, at: time)
        let coins = isAlive ? scene.market.openInterestUnits(of: contract, at: time) : 0
        json.beginObject()
        let rate =
            isAlive ? scene.rateText(scene.rate(of: contract), digits: 10, trimmed: true, keepsPoint: true) : "0.0"
        json.field("funding", rate)
        json.field("openInterest", DecimalText.text(coins, digits: 8, trimmed: true, keepsPoint: true))
        let yesterday = scene.market.markPrice(of: contract, at: time - .millisecondsOfDay)
        json.field("prevDayPx", price(yesterday, of: contract))
        json.field("dayNtlVlm", DecimalText.text(coins * mark * 2.1, digits: 10, trimmed: true, keepsPoint: true))
        let premium = DecimalText.text(mark / index - 1, digits: 10, trimmed: true, keepsPoint: true)
        json.field("premium", isAlive ? premium : nil)
        json.field("oraclePx", price(index, of: contract))
        json.field("markPx", price(mark, of: contract))
        json.field("midPx", isAlive ? price(mark * 1.00001, of: contract) : nil)
        let impact = [price(mark * 0.9999, of: contract), price(mark * 1.0001, of: contract)]
        json.field("impactPxs", isAlive ? impact : nil)
        json.field("dayBaseVlm", DecimalText.text(coins * 2.1, digits: 8, trimmed: true, keepsPoint: true))
        json.endObject()
    }

    private func allMids(_ scene: Scene) -> SimulatedAnswer {
        .written { json in
            json.beginObject()
            for contract in scene.contracts where contract.isTrading(at: scene.now) {
                json.key(contract.symbol)
                json.value(price(scene.market.markPrice(of: contract, at: scene.now), of: contract))
            }
            json.endObject()
        }
    }

    /// Its own next funding and what it believes of others, which is only roughly right.
    private func predictedFundings(_ scene: Scene) -> SimulatedAnswer {
        .written { json in
            json.beginArray()
            for contract in scene.contracts where contract.isTrading(at: scene.now) {
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
