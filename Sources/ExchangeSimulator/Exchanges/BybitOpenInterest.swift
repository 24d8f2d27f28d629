import FundingJSON

/// Bybit's `open-interest`: the figure's history, newest first.
struct BybitOpenInterest {
    private let request: SimulatedRequest
    private let scene: Scene

    init(_ request: SimulatedRequest, _ scene: Scene) {
        self.request = request
        self.scene = scene
    }

    private static let minutes = ["5min": 5, "15min": 15, "30min": 30, "1h": 60, "4h": 240, "1d": 1440]

    func answer() -> SimulatedAnswer {
        guard let contracts = SimulatedBybit.contracts(request, scene) else {
            return SimulatedBybit.wrongCategory(at: scene.now)
        }
        guard let contract = contracts.first(where: { $0.symbol == request.query["symbol"] }),
            let minutes = request.query["intervalTime"].flatMap({ Self.minutes[$0] })
        else { return SimulatedBybit.failure(10001, "params error: symbol or intervalTime invalid", at: scene.now) }
        let step = minutes * .millisecondsOfMinute
        let limit = max(1, min(request.integer("limit") ?? 50, 200))
        let last = min(request.integer("endTime") ?? scene.now, scene.now).floored(to: step)
        return SimulatedBybit.success(at: scene.now) { json in
            json.field("symbol", contract.symbol)
            json.field("category", request.query["category"])
            json.key("list")
            json.beginArray()
            for time in stride(from: last, to: last - limit * step, by: -step) {
                let dollars = scene.market.openInterestUSD(of: contract, at: time)
                let quantity = contract.isInverse ? dollars : scene.market.openInterestUnits(of: contract, at: time)
                json.beginObject()
                json.field("openInterest", quoting: quantity * 2, digits: 8)
                json.field("singleOpenInterest", quoting: quantity, digits: contract.isInverse ? 0 : 3)
                json.field("timestamp", "\(time)")
                json.endObject()
            }
            json.endArray()
            json.field("nextPageCursor", "")
        }
    }
}
