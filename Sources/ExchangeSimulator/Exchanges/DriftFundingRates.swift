import Foundation
import FundingJSON

/// Drift's `/market/{symbol}/fundingRates`: newest first, some 31 days, a cursor that nobody should read.
struct DriftFundingRates {
    private let contract: SimulatedContract
    private let request: SimulatedRequest
    private let scene: Scene

    private static let rowsAtMost = 750
    private static let daysKept = 31

    init(_ contract: SimulatedContract, _ request: SimulatedRequest, _ scene: Scene) {
        self.contract = contract
        self.request = request
        self.scene = scene
    }

    func answer() -> SimulatedAnswer {
        let limit = request.integer("limit") ?? 20
        guard (1...Self.rowsAtMost).contains(limit) else {
            return SimulatedDrift.error(400, "limit must be between 1 and \(Self.rowsAtMost)")
        }
        var newest = scene.now
        if let cursor = request.query["page"] {
            guard let time = Self.time(of: cursor) else { return SimulatedDrift.error(400, "Invalid page") }
            newest = min(newest, time - 1)
        }
        let oldest = scene.now - Self.daysKept * .millisecondsOfDay
        var times = oldest <= newest ? contract.schedule.payments(in: oldest...newest, limit: limit, newest: true) : []
        // The last hour's payment is not made before the hour's first transaction.
        times.removeAll { DriftMarket.settledAt($0, contract, scene.market) > scene.now }
        let hasMore = times.first.map { $0 - .millisecondsOfHour >= oldest } ?? false
        return .written(reservingCapacity: 600 * times.count + 200) { json in
            json.beginObject()
            json.field("success", true)
            json.key("meta")
            json.beginObject()
            json.field("nextPage", hasMore ? times.first.map(Self.cursor) : nil)
            json.endObject()
            json.key("records")
            json.beginArray()
            for time in times.reversed() { write(time, to: &json) }
            json.endArray()
            json.endObject()
        }
    }

    /// Amounts of the quote for one unit of the base; here what longs pay is above zero.
    private func write(_ payment: Int, to json: inout JSONWriter) {
        let index = scene.market.indexPrice(of: contract, at: payment)
        let rate = scene.rate(of: contract, at: payment)
        let amount = scene.rateText(rate * DecimalText.rounded(index, digits: 6), digits: 9)
        json.beginObject()
        json.field("ts", DriftMarket.settledAt(payment, contract, scene.market) / 1000)
        json.field("txSig", "sig\(payment)")
        json.field("txSigIndex", 0)
        json.field("slot", payment / 400)
        json.field("recordId", "\(payment / .millisecondsOfHour)")
        json.field("marketIndex", contract.id)
        json.field("symbol", contract.symbol)
        json.field("fundingRate", amount)
        json.field("fundingRateLong", amount)
        json.field("fundingRateShort", amount)
        json.field("cumulativeFundingRateLong", "0.000000000")
        json.field("cumulativeFundingRateShort", "0.000000000")
        json.field("oraclePriceTwap", quoting: index, digits: 6)
        json.field("markPriceTwap", quoting: scene.market.markPrice(of: contract, at: payment), digits: 6)
        json.field("periodRevenue", "0.000000")
        json.field("baseAssetAmountWithAmm", "0.000000000")
        json.field("baseAssetAmountWithUnsettledLp", "0.000000000")
        json.endObject()
    }

    private static func cursor(_ oldest: Int) -> String { Data(#"{"before":\#(oldest)}"#.utf8).base64EncodedString() }

    private static func time(of cursor: String) -> Int? {
        guard let data = Data(base64Encoded: cursor) else { return nil }
        let digits = String(decoding: data, as: UTF8.self).filter(\.isNumber)
        return Int(digits)?.sane
    }
}
