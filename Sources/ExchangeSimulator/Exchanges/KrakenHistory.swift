import FundingJSON

/// Kraken's `historicalfundingrates`: a contract's whole life in one answer, ascending.
struct KrakenHistory {
    private let scene: Scene

    /// The real answers go back further and are megabytes; two years of hours are enough to be long.
    private static let longestLife = 730 * Int.millisecondsOfDay

    init(_ scene: Scene) { self.scene = scene }

    func answer(_ request: SimulatedRequest) -> SimulatedAnswer {
        // Upper and lower case tell contracts apart.
        guard let contract = scene.contract(request.query["symbol"]), contract.kind == .perpetual else {
            return SimulatedKraken.error(400, "contractNotFound", at: scene.now)
        }
        let times = contract.schedule.payments(in: scene.now - Self.longestLife...scene.now)
        return SimulatedKraken.success("rates", at: scene.now, reservingCapacity: 120 * times.count) { json in
            for time in times {
                let fraction = DecimalText.rounded(scene.rate(of: contract, at: time), digits: 12)
                let price = scene.market.indexPrice(of: contract, at: time - .millisecondsOfHour)
                json.beginObject()
                json.field("timestamp", InstantText.milliseconds(time))
                json.field("fundingRate", KrakenFunding.amount(fraction, price, isInverse: contract.isInverse))
                json.field("relativeFundingRate", rate: fraction, in: scene)
                json.endObject()
            }
        }
    }
}
