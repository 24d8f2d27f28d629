import Foundation
import FundingJSON

/// Kraken's `instruments`: every contract's terms.
struct KrakenInstruments {
    private typealias Listing = SimulatedKraken.Listing

    private let scene: Scene

    init(_ scene: Scene) { self.scene = scene }

    func answer() -> SimulatedAnswer {
        SimulatedKraken.success("instruments", at: scene.now, reservingCapacity: 900 * scene.contracts.count) { json in
            for contract in scene.contracts { write(contract, to: &json) }
        }
    }

    private func write(_ contract: SimulatedContract, to json: inout JSONWriter) {
        let isInverse = contract.isInverse
        let isTrading = contract.isTrading(at: scene.now)
        json.beginObject()
        json.field("symbol", contract.symbol)
        json.field("pair", "\(contract.base):USD")
        json.field("base", contract.base)
        json.field("quote", "USD")
        json.field("type", isInverse ? "futures_inverse" : "flexible_futures")
        if isInverse { json.field("underlying", "rr_\(contract.base.lowercased())usd") }
        if case .dated(let expiry) = contract.kind {
            json.field("lastTradingTime", InstantText.milliseconds(expiry + 8 * .millisecondsOfHour))
        }
        json.field("tickSize", DecimalText.rounded(pow(10, -Double(contract.priceDigits)), digits: 12))
        json.field("contractSize", 1)
        json.field("tradeable", isTrading || contract.krakenListing == Listing.suspended)
        json.field("impactMidSize", 1)
        json.field("maxPositionSize", 1_000_000)
        json.field("openingDate", InstantText.milliseconds(contract.schedule.listedAt))
        writeMargins("marginLevels", isInverse: isInverse, to: &json)
        if contract.kind == .perpetual {
            json.field("fundingRateCoefficient", 24)
            json.field("maxRelativeFundingRate", contract.rateCap)
        }
        if isInverse { json.field("isin", "GB00J62YGL67") }
        json.field("contractValueTradePrecision", isInverse ? 0 : 4)
        json.field("postOnly", false)
        json.field("feeScheduleUid", "5b755fea-c5b0-4307-a66e-b392cd5bd931")
        writeMargins("retailMarginLevels", isInverse: isInverse, to: &json)
        json.field("category", isInverse ? "" : "Layer 1")
        json.key("tags")
        json.raw("[]")
        json.field("tradfi", contract.krakenListing == Listing.share)
        json.field("mtf", isInverse)
        json.endObject()
    }

    private func writeMargins(_ name: StaticString, isInverse: Bool, to json: inout JSONWriter) {
        json.key(name)
        json.beginArray()
        for (size, margin) in [(0, 0.02), (500_000, 0.04)] {
            json.beginObject()
            if isInverse { json.field("contracts", size) } else { json.field("numNonContractUnits", size) }
            json.field("initialMargin", margin)
            json.field("maintenanceMargin", margin / 2)
            json.endObject()
        }
        json.endArray()
    }
}

extension SimulatedContract {
    /// Decimals of a price: there are no multipliers here, so some prices are small.
    var krakenDigits: Int { min(priceDigits + 3, 12) }
}
