import Foundation
import FundingJSON

/// A contract as KuCoin's `contracts/active` shows it.
struct KuCoinListing {
    /// Decimals of a rate.
    static let rateDigits = 6

    private let contract: SimulatedContract
    private let scene: Scene

    init(_ contract: SimulatedContract, _ scene: Scene) {
        self.contract = contract
        self.scene = scene
    }

    /// Nil: no longer in the list. Who is delisted is settled for a day and then gone.
    private var status: String? {
        if let state = contract.asset.spellings[SimulatedKuCoin.state], !contract.isLive(at: scene.now) { return state }
        if contract.isTrading(at: scene.now) { return "Open" }
        let ended = contract.schedule.epochs.last { $0.start <= scene.now }?.start ?? 0
        return scene.now - ended < .millisecondsOfDay ? "BeingSettled" : nil
    }

    /// Coins in one lot, a power of ten worth some tens of dollars; -1 means one dollar.
    private var multiplier: Double {
        guard !contract.isInverse else { return -1 }
        guard case .dollars(let price) = contract.asset.price else { return 1 }
        return pow(10, log10(30 / (price * contract.units)).rounded())
    }

    static func mark(of contract: SimulatedContract, _ scene: Scene) -> Double {
        DecimalText.rounded(scene.market.markPrice(of: contract, at: scene.now), digits: digits(of: contract))
    }

    static func index(of contract: SimulatedContract, _ scene: Scene) -> Double {
        DecimalText.rounded(scene.market.indexPrice(of: contract, at: scene.now), digits: digits(of: contract))
    }

    /// The smallest prices have all the digits there are.
    private static func digits(of contract: SimulatedContract) -> Int {
        contract.priceDigits < 8 ? contract.priceDigits : 12
    }

    func write(to json: inout JSONWriter) {
        guard let status else { return }
        let isListed = status != "Init"
        let mark = Self.mark(of: contract, scene)
        let multiplier = multiplier
        var expiry: Int?
        if case .dated(let time) = contract.kind { expiry = time }
        json.beginObject()
        json.field("symbol", contract.symbol)
        json.field("rootSymbol", contract.isInverse ? contract.base : contract.quote)
        json.field("type", expiry == nil ? "FFWCSX" : "FFICSX")
        json.field("firstOpenDate", contract.schedule.listedAt)
        writeEnd(expiry, to: &json)
        json.field("baseCurrency", contract.base)
        json.field("quoteCurrency", contract.quote)
        json.field("settleCurrency", contract.settle)
        json.field("multiplier", multiplier)
        json.field("isQuanto", !contract.isInverse)
        json.field("isInverse", contract.isInverse)
        json.field("status", status)
        for constant in Self.constants {
            json.key(constant.name)
            json.raw(constant.json)
        }
        json.field("fundingRateSymbol", ".\(contract.symbol)FPI8H")
        json.field("indexSymbol", ".K\(contract.base)\(contract.quote)")
        if expiry == nil { writeFunding(isListed: isListed, to: &json) }
        let dollars = scene.market.openInterestUSD(of: contract, at: scene.now)
        let lots = contract.isInverse ? dollars : dollars / (mark * multiplier)
        json.field("openInterest", DecimalText.text(isListed ? lots : 0, digits: 0))
        json.field("turnoverOf24h", DecimalText.rounded(dollars * 1.7, digits: 4))
        json.field("volumeOf24h", DecimalText.rounded(dollars * 1.7 / mark, digits: 3))
        json.field("markPrice", isListed ? mark : nil)
        json.field("indexPrice", isListed ? Self.index(of: contract, scene) : nil)
        json.field("lastTradePrice", isListed ? mark : nil)
        json.field("lowPrice", mark * 0.98)
        json.field("highPrice", mark * 1.02)
        json.field("priceChgPct", -0.01)
        json.field("priceChg", mark * -0.01)
        json.field("buyLimit", mark * 1.05)
        json.field("sellLimit", mark * 0.95)
        json.field("marketStage", contract.asset.spellings[SimulatedKuCoin.stage] ?? "NORMAL")
        json.field("marketType", contract.asset.kind == .stock ? "NASDAQ" : "CRYPTO")
        json.endObject()
    }

    /// What is null is sometimes left out.
    private func writeEnd(_ expiry: Int?, to json: inout JSONWriter) {
        if expiry == nil, contract.key.isMultiple(of: 5) { return }
        json.field("expireDate", expiry)
        json.field("settleDate", expiry)
    }

    private func writeFunding(isListed: Bool, to json: inout JSONWriter) {
        let schedule = contract.schedule
        let next = schedule.nextPayment(after: scene.now)
        let granularity = schedule.lastHours(at: scene.now) * .millisecondsOfHour
        // What is planned is configured already.
        let configured = (schedule.epochs.last { $0.hours != nil }?.hours ?? 8) * .millisecondsOfHour
        if isListed {
            let rate = DecimalText.rounded(scene.rate(of: contract), digits: Self.rateDigits)
            json.field("fundingFeeRate", rate: rate, in: scene)
        } else {
            json.key("fundingFeeRate")
            json.null()
        }
        json.key("predictedFundingFeeRate")
        json.null()
        json.field("fundingRateGranularity", configured)
        json.field("currentFundingRateGranularity", granularity)
        json.field("effectiveFundingRateCycleStartTime", schedule.epochs.last { $0.start <= scene.now }?.start)
        json.field("fundingRateCap", contract.rateCap)
        json.field("fundingRateFloor", -contract.rateCap)
        // What is left until then, and when that is.
        json.field("nextFundingRateTime", next - scene.now)
        json.field("nextFundingRateDateTime", next)
    }

    /// What tells nothing about funding, the same for all.
    private static let constants: [(name: String, json: String)] = [
        ("maxOrderQty", "1000000"), ("marketMaxOrderQty", "1000000"), ("maxPrice", "1000000.0"), ("lotSize", "1"),
        ("tickSize", "0.1"), ("indexPriceTickSize", "0.01"), ("initialMargin", "0.008"), ("maintainMargin", "0.004"),
        ("maxRiskLimit", "250000"), ("minRiskLimit", "250000"), ("riskStep", "125000"), ("makerFeeRate", "0.0002"),
        ("takerFeeRate", "0.0006"), ("takerFixFee", "0"), ("makerFixFee", "0"), ("settlementFee", "null"),
        ("isDeleverage", "true"), ("markMethod", #""FairPrice""#), ("fairMethod", #""FundingRate""#),
        ("fundingBaseSymbol", #"".XBTINT8H""#), ("fundingQuoteSymbol", #"".USDTINT8H""#), ("settlementSymbol", #""""#),
        ("sourceExchanges", #"["okex","binance","kucoin","bybit"]"#), ("maxLeverage", "75"),
        ("premiumsSymbol1M", #"".XBTUSDTMPI""#), ("premiumsSymbol8H", #"".XBTUSDTMPI8H""#),
        ("fundingBaseSymbol1M", #"".XBTINT""#), ("fundingQuoteSymbol1M", #"".USDTINT""#), ("k", "490"), ("m", "300"),
        ("f", "1.3"), ("mmrLimit", "0.3"), ("mmrLevConstant", "125"), ("supportCross", "true"),
        ("crossRiskLimit", "1500000000.0"), ("orderPriceRange", "0.05"),
    ]
}
