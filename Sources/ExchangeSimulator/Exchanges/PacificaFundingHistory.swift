import FundingJSON

/// Pacifica's `/funding_rate/history`: newest first, all there is, page by page.
struct PacificaFundingHistory {
    private let request: SimulatedRequest
    private let scene: Scene

    private enum Rows {
        static let usual = 200
        static let most = 4000
    }

    init(_ request: SimulatedRequest, _ scene: Scene) {
        self.request = request
        self.scene = scene
    }

    func answer() -> SimulatedAnswer {
        guard let contract = scene.contract(request.query["symbol"]) else {
            return SimulatedPacifica.error(404, "Market not found")
        }
        let limit = request.integer("limit") ?? Rows.usual
        guard (1...Rows.most).contains(limit) else { return SimulatedPacifica.error(400, "Invalid limit") }
        var newest = scene.now
        if let cursor = request.query["cursor"] {
            guard cursor.hasPrefix(Self.cursorBegins),
                let hour = Int(cursor.dropFirst(Self.cursorBegins.count), radix: 36)
            else { return SimulatedPacifica.error(400, "Invalid cursor") }
            newest = min(newest, hour.sane * .millisecondsOfHour - 1)
        }
        let first = contract.schedule.listedAt
        var times =
            first <= newest
            ? contract.schedule.payments(in: first...newest, limit: limit + 1, newest: true)
                .filter { $0 + lateness(of: contract, $0) <= scene.now } : []
        let hasMore = times.count > limit
        if hasMore { times.removeFirst() }
        return .written(reservingCapacity: 250 * times.count) { json in
            json.beginObject()
            json.field("success", true)
            json.key("data")
            json.beginArray()
            for time in times.reversed() { write(contract, time, to: &json) }
            json.endArray()
            let cursor = times.first.map { Self.cursorBegins + String($0 / .millisecondsOfHour, radix: 36) }
            json.field("next_cursor", hasMore ? cursor : nil)
            json.field("has_more", hasMore)
            json.endObject()
        }
    }

    private static let cursorBegins = "1111"

    /// Some tenths of a second after the hour.
    private func lateness(of contract: SimulatedContract, _ payment: Int) -> Int {
        300 + Int(scene.market.noise.bits(contract.key ^ 5, payment) % 300)
    }

    private func write(_ contract: SimulatedContract, _ payment: Int, to json: inout JSONWriter) {
        let index = scene.market.indexPrice(of: contract, at: payment)
        let rate = PacificaMarket.paidRate(of: contract, at: payment, in: scene)
        json.beginObject()
        json.field("oracle_price", DecimalText.text(index, digits: 8, trimmed: true))
        json.field("bid_impact_price", DecimalText.text(index * 0.9999, digits: 8, trimmed: true))
        json.field("ask_impact_price", DecimalText.text(index * 1.0001, digits: 8, trimmed: true))
        json.field("funding_rate", scene.rateText(rate, digits: 8, trimmed: true))
        // Fixed at this moment for the coming hour.
        json.field("next_funding_rate", scene.rateText(scene.rate(of: contract, at: payment), digits: 8, trimmed: true))
        json.field("created_at", payment + lateness(of: contract, payment))
        json.endObject()
    }
}
