import FundingJSON

/// dYdX's `historicalFunding`: newest first, back from a time that is inclusive, a hundred rows at the most whatever is
/// asked for. Payments are stamped with their block's time, up to a second after the hour.
struct DYdXFundingHistory {
    private let request: SimulatedRequest
    private let scene: Scene
    private static let rowsOfPage = 100

    init(_ request: SimulatedRequest, _ scene: Scene) {
        self.request = request
        self.scene = scene
    }

    func answer(of ticker: String) -> SimulatedAnswer {
        guard let contract = scene.contract(ticker) else {
            return SimulatedDYdX.error(400, SimulatedDYdX.unknownTicker)
        }
        var end = scene.now
        if let text = request.query["effectiveBeforeOrAt"] {
            guard let time = InstantText.parse(text) else {
                return SimulatedDYdX.error(400, "effectiveBeforeOrAt must be a valid ISO 8601 date")
            }
            end = min(end, time)
        }
        let limit = request.query["limit"].map { Int($0) ?? 0 } ?? Self.rowsOfPage
        guard (1...1000).contains(limit) else {
            return SimulatedDYdX.error(400, "limit must be a positive integer that is not greater than max: 1000")
        }
        let payments = contract.schedule.payments(in: 0...max(0, end), limit: Self.rowsOfPage + 1, newest: true)
        let rows = payments.reversed().filter { stamp($0, contract) <= end }.prefix(min(limit, Self.rowsOfPage))
        return .written(reservingCapacity: 200 * rows.count + 64) { json in
            json.beginObject()
            json.key("historicalFunding")
            json.beginArray()
            for payment in rows { write(payment, contract, to: &json) }
            json.endArray()
            json.endObject()
        }
    }

    private func stamp(_ payment: Int, _ contract: SimulatedContract) -> Int {
        // One block pays all markets.
        payment + Int(scene.market.noise.bits(Noise.key("dydx", "block"), payment) % 1000)
    }

    private func write(_ payment: Int, _ contract: SimulatedContract, to json: inout JSONWriter) {
        let rate = DYdXMarket.rate(of: contract, in: scene, at: payment)
        json.beginObject()
        json.field("ticker", contract.symbol)
        json.field("rate", scene.rateText(rate, digits: 12, trimmed: true))
        json.field("price", DYdXMarket.oraclePrice(of: contract, in: scene, at: payment))
        json.field("effectiveAtHeight", "\((payment - 1_698_300_000_000) / 640)")
        json.field("effectiveAt", InstantText.milliseconds(stamp(payment, contract)))
        json.endObject()
    }
}
