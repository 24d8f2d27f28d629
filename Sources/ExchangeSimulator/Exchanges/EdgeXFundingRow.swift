import FundingJSON

/// A row of edgeX's funding interface: a sample of the running period, or the payment that ended one.
struct EdgeXFundingRow {
    private let contract: SimulatedContract
    private let scene: Scene

    init(_ contract: SimulatedContract, _ scene: Scene) {
        self.contract = contract
        self.scene = scene
    }

    /// The last payment up to a time, which begins the period that runs then.
    private func periodStart(at time: Int) -> Int {
        contract.schedule.payments(in: 0...max(0, time), limit: 1, newest: true).first ?? contract.schedule.listedAt
    }

    func write(sampledAt time: Int, to json: inout JSONWriter) {
        let start = periodStart(at: time)
        let isSettlement = start == time
        let mark = DecimalText.text(scene.market.markPrice(of: contract, at: time), digits: 12)
        let paid = scene.rateText(scene.rate(of: contract, at: start), digits: 8, trimmed: true)
        json.beginObject()
        json.field("contractId", SimulatedEdgeX.contractID(of: contract))
        json.field("fundingTime", "\(start)")
        json.field("fundingTimestamp", "\(time)")
        json.field("oraclePrice", mark)
        json.field("markPrice", mark)
        json.field("indexPrice", quoting: scene.market.indexPrice(of: contract, at: time), digits: 10)
        json.field("fundingRate", paid)
        json.field("isSettlement", isSettlement)
        json.field(
            "forecastFundingRate",
            isSettlement ? "" : scene.rateText(scene.rate(of: contract, at: time), digits: 8, trimmed: true)
        )
        json.field("previousFundingRate", paid)
        json.field("previousFundingTimestamp", "\(time - .millisecondsOfMinute)")
        json.field("premiumIndex", "-0.00009722")
        json.field("avgPremiumIndex", "-0.00009722")
        json.field("premiumIndexTimestamp", "\(time)")
        json.field("impactMarginNotional", "100")
        json.field("impactAskPrice", mark)
        json.field("impactBidPrice", mark)
        json.field("interestRate", "0.0003")
        // The part that never changes, whatever its name promises.
        json.field("predictedFundingRate", "0.00005000")
        json.field("fundingRateIntervalMin", "\(contract.schedule.lastHours(at: time) * 60)")
        json.field("fundingIndex", mark)
        json.endObject()
    }
}
