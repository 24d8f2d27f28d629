import Foundation
import FundingJSON

/// A contract as Bybit's `tickers` show it.
struct BybitTicker {
    private let contract: SimulatedContract
    private let scene: Scene

    init(_ contract: SimulatedContract, _ scene: Scene) {
        self.contract = contract
        self.scene = scene
    }

    /// As `tickers` show it; a stream shows less of what does not concern the contract, and the delivery as a date.
    func write(isPushed: Bool = false, to json: inout JSONWriter) {
        let market = scene.market
        let digits = contract.priceDigits
        let mark = market.markPrice(of: contract, at: scene.now)
        let yesterday = market.markPrice(of: contract, at: scene.now - .millisecondsOfDay)
        let isPerpetual = contract.kind == .perpetual
        json.beginObject()
        json.field("symbol", contract.symbol)
        json.field("lastPrice", quoting: mark * 1.0001, digits: digits)
        json.field("indexPrice", quoting: market.indexPrice(of: contract, at: scene.now), digits: digits)
        json.field("markPrice", quoting: mark, digits: digits)
        json.field("prevPrice24h", quoting: yesterday, digits: digits)
        json.field("price24hPcnt", quoting: mark / yesterday - 1, digits: 6)
        json.field("highPrice24h", quoting: max(mark, yesterday) * 1.01, digits: digits)
        json.field("lowPrice24h", quoting: min(mark, yesterday) * 0.99, digits: digits)
        let anHourAgo = market.markPrice(of: contract, at: scene.now - .millisecondsOfHour)
        json.field("prevPrice1h", quoting: anHourAgo, digits: digits)
        writeOpenInterest(mark: mark, to: &json)
        let rate = isPerpetual ? scene.rateText(scene.rate(of: contract), digits: 8, trimmed: true) : ""
        json.field("fundingRate", rate)
        let next = contract.schedule.nextPayment(after: scene.now)
        json.field("nextFundingTime", isPerpetual ? "\(next)" : "")
        json.field("ask1Size", "98.54")
        json.field("bid1Price", quoting: mark * 0.9999, digits: digits)
        json.field("ask1Price", quoting: mark * 1.0001, digits: digits)
        json.field("bid1Size", "13.73")
        json.field("preOpenPrice", "")
        json.field("preQty", "")
        json.field("curPreListingPhase", contract.kind == .premarket ? "ContinuousTrading" : "")
        if isPushed { json.field("tickDirection", "ZeroPlusTick") }
        if isPerpetual || !isPushed {
            json.field("fundingIntervalHour", isPerpetual ? "\(contract.schedule.lastHours(at: scene.now))" : "")
            json.field("fundingCap", isPerpetual ? DecimalText.text(contract.rateCap, digits: 8, trimmed: true) : "")
        }
        if !isPerpetual || !isPushed { writeDelivery(isPushed, to: &json) }
        json.endObject()
    }

    private func writeDelivery(_ isPushed: Bool, to json: inout JSONWriter) {
        var expiry: Int?
        if case .dated(let time) = contract.kind { expiry = time }
        json.field("predictedDeliveryPrice", "")
        json.field("basisRate", expiry == nil ? "" : "0.00210000")
        json.field("deliveryFeeRate", expiry == nil ? "" : "0.0005")
        json.field("basis", expiry == nil ? "" : "12.40")
        json.field("basisRateYear", expiry == nil ? "" : "0.0310")
        let delivery = expiry.map {
            isPushed ? Date(timeIntervalSince1970: Double($0) / 1000).ISO8601Format() : "\($0)"
        }
        json.field("deliveryTime", delivery ?? "0")
    }

    /// Linear: coins, and their value in the quote. Inverse: dollars, and their value in coins. Both sides added, and
    /// one side.
    private func writeOpenInterest(mark: Double, to json: inout JSONWriter) {
        let dollars = scene.market.openInterestUSD(of: contract, at: scene.now)
        let coins = dollars / mark
        let (quantity, value, digits) = contract.isInverse ? (dollars, coins, 0) : (coins, dollars, 3)
        json.field("openInterest", quoting: quantity * 2, digits: digits)
        json.field("openInterestValue", quoting: value * 2, digits: 4)
        json.field("singleOpenInterest", quoting: quantity, digits: digits)
        json.field("singleOpenInterestValue", quoting: value, digits: 4)
        json.field("turnover24h", quoting: value * 1.7, digits: 4)
        json.field("volume24h", quoting: quantity * 1.7, digits: 4)
    }
}
