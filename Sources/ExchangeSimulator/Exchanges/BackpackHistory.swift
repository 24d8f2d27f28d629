import FundingJSON

/// Backpack's `fundingRates`: newest first, counted from the newest, no filter by time.
struct BackpackHistory {
    private let request: SimulatedRequest
    private let scene: Scene

    private static let rowsUnlessAsked = 100
    private static let mostRows = 10_000

    init(_ request: SimulatedRequest, _ scene: Scene) {
        self.request = request
        self.scene = scene
    }

    func answer() -> SimulatedAnswer {
        guard let symbol = request.query["symbol"] else {
            return SimulatedBackpack.error(400, "INVALID_CLIENT_REQUEST", "Missing query parameter: symbol")
        }
        let limit = request.integer("limit") ?? Self.rowsUnlessAsked
        let offset = request.integer("offset") ?? 0
        guard (0...Self.mostRows).contains(limit), offset >= 0 else {
            return SimulatedBackpack.error(400, "INVALID_CLIENT_REQUEST", "Invalid limit or offset")
        }
        // What is unknown has no history, and that is no error.
        guard let contract = scene.contract(symbol), contract.kind == .perpetual else {
            return page([], of: nil, offset)
        }
        return page(times(of: contract), of: contract, offset, limit)
    }

    /// All payments, newest first. Some answers begin with the interval that still runs.
    private func times(of contract: SimulatedContract) -> [Int] {
        let paid = Array(contract.schedule.payments(in: 0...scene.now).reversed())
        let showsRunning = contract.isTrading(at: scene.now) && contract.id.isMultiple(of: 2)
        return showsRunning ? [contract.schedule.nextPayment(after: scene.now)] + paid : paid
    }

    private func page(_ times: [Int], of contract: SimulatedContract?, _ offset: Int, _ limit: Int = 0)
        -> SimulatedAnswer
    {
        let rows = times.dropFirst(offset).prefix(limit)
        var answer = SimulatedAnswer.written(reservingCapacity: 110 * rows.count) { json in
            json.beginArray()
            for time in rows {
                guard let contract else { break }
                let rate = time > scene.now ? scene.rate(of: contract) : scene.rate(of: contract, at: time)
                json.beginObject()
                json.field("fundingRate", BackpackRate.text(rate, in: scene))
                json.field("intervalEndTimestamp", InstantText.seconds(time))
                json.field("symbol", contract.symbol)
                json.endObject()
            }
            json.endArray()
        }
        let size = max(limit, 1)
        answer.headers += [
            ("X-PAGE-COUNT", "\((times.count + size - 1) / size)"), ("X-CURRENT-PAGE", "\(offset / size)"),
            ("X-PAGE-SIZE", "\(limit)"), ("X-TOTAL", "\(times.count)"),
        ]
        return answer
    }
}

/// How Backpack writes rates.
enum BackpackRate {
    /// More digits than a double holds: they come from a division.
    static func text(_ rate: Double, in scene: Scene) -> String {
        let text = scene.rateText(rate, digits: 12)
        return text == "NaN" ? text : text + "3127855046"
    }
}
