import Foundation
import FundingJSON

/// A contract as MEXC's three lists show it. Who stops trading leaves them all; some are in one list and not in another.
struct MEXCContract {
    private let contract: SimulatedContract
    private let scene: Scene

    init(_ contract: SimulatedContract, _ scene: Scene) {
        self.contract = contract
        self.scene = scene
    }

    private var peculiarity: String? { contract.asset.spellings[SimulatedMEXC.peculiarity] }

    /// Coins in one contract, a power of ten worth some dollars; dollars in an inverse one.
    private var size: Double {
        guard !contract.isInverse else { return contract.asset.name == "BTC" ? 100 : 10 }
        guard case .dollars(let price) = contract.asset.price else { return 1 }
        return pow(10, log10(5 / (price * contract.units)).rounded())
    }

    // MARK: - Numbers

    private static let rateDigits = 6

    static func rate(of contract: SimulatedContract, at time: Int, in scene: Scene) -> Double {
        DecimalText.rounded(scene.rate(of: contract, at: time), digits: rateDigits)
    }

    /// The smallest prices have all the digits there are.
    private func rounded(_ price: Double) -> Double {
        DecimalText.rounded(price, digits: contract.priceDigits < 8 ? contract.priceDigits : 12)
    }

    var fairPrice: Double { rounded(scene.market.markPrice(of: contract, at: scene.now)) }

    var indexPrice: Double { rounded(scene.market.indexPrice(of: contract, at: scene.now)) }

    // MARK: - Rows

    func writeDetail(to json: inout JSONWriter) {
        guard contract.isTrading(at: scene.now), peculiarity != "index" else { return }
        let states = ["paused": 4, "offline": 3, "completed": 2]
        let opening = peculiarity == "announced" ? scene.now + .millisecondsOfDay : contract.schedule.listedAt
        json.beginObject()
        json.field("symbol", contract.symbol)
        json.field("displayName", contract.symbol)
        json.field("displayNameEn", contract.symbol + " PERPETUAL")
        json.field("positionOpenType", 3)
        json.field("baseCoin", contract.base)
        json.field("quoteCoin", contract.quote)
        json.field("settleCoin", contract.settle)
        json.field("contractSize", size)
        json.field("priceScale", contract.priceDigits)
        for constant in Self.constants {
            json.key(constant.name)
            json.raw(constant.json)
        }
        json.field("state", peculiarity.flatMap { states[$0] } ?? 0)
        json.field("isNew", false)
        json.field("isHot", contract.asset.rank < 5)
        json.field("isHidden", peculiarity == "hidden")
        // False on most contracts that anybody may trade.
        json.field("apiAllowed", contract.key.isMultiple(of: 4))
        json.field("futureType", 1)
        json.field("openingTime", opening)
        json.field("createTime", contract.schedule.listedAt)
        json.field("conceptPlate", plates)
        json.endObject()
    }

    private var plates: [String] {
        switch contract.asset.kind {
        case .stock: ["mc-trade-zone-Stock", "mc-trade-zone-tradfi"]
        case .commodity: ["mc-trade-zone-tradfi", "mc-trade-zone-metals"]
        default: contract.asset.rank < 10 ? ["mc-trade-zone-mainly"] : []
        }
    }

    func writeRate(to json: inout JSONWriter) {
        guard contract.isTrading(at: scene.now), peculiarity != "announced" else { return }
        json.beginObject()
        json.field("symbol", contract.symbol)
        json.field("fundingRate", rate: Self.rate(of: contract, at: scene.now, in: scene), in: scene)
        json.field("maxFundingRate", contract.rateCap)
        json.field("minFundingRate", -contract.rateCap)
        json.field("collectCycle", contract.schedule.lastHours(at: scene.now))
        json.field("nextSettleTime", contract.schedule.nextPayment(after: scene.now))
        json.field("timestamp", scene.now)
        json.field("idxPrice", indexPrice)
        json.field("fairPrice", fairPrice)
        json.endObject()
    }

    func writeTicker(to json: inout JSONWriter) {
        guard contract.isTrading(at: scene.now), peculiarity != "announced" else { return }
        json.beginObject()
        writeTickerFields(to: &json)
        json.endObject()
    }

    /// The list's fields, which the stream pushes as well.
    func writeTickerFields(to json: inout JSONWriter) {
        let fair = fairPrice
        let dollars = scene.market.openInterestUSD(of: contract, at: scene.now)
        let held = contract.isInverse ? dollars / size : dollars / (fair * size)
        json.field("symbol", contract.symbol)
        json.field("lastPrice", peculiarity == "index" ? 0 : fair)
        json.field("bid1", rounded(fair * 0.9999))
        json.field("ask1", rounded(fair * 1.0001))
        json.field("volume24", Int((held * 1.7).rounded()))
        json.field("amount24", DecimalText.rounded(dollars * 1.7, digits: 4))
        json.field("holdVol", Int(held.rounded()))
        json.field("lower24Price", rounded(fair * 0.98))
        json.field("high24Price", rounded(fair * 1.02))
        json.field("riseFallRate", -0.0176)
        json.field("riseFallValue", rounded(fair * -0.0176))
        json.field("indexPrice", indexPrice)
        json.field("fairPrice", fair)
        json.field("fundingRate", rate: Self.rate(of: contract, at: scene.now, in: scene), in: scene)
        json.field("maxBidPrice", rounded(fair * 1.1))
        json.field("minAskPrice", rounded(fair * 0.9))
        json.field("timestamp", scene.now.floored(to: 1000))
    }

    /// What tells nothing about funding, the same for all.
    private static let constants: [(name: String, json: String)] = [
        ("minLeverage", "1"), ("maxLeverage", "200"), ("volScale", "0"), ("amountScale", "4"), ("priceUnit", "0.1"),
        ("volUnit", "1"), ("minVol", "1"), ("maxVol", "1000000"), ("bidLimitPriceRate", "0.1"),
        ("askLimitPriceRate", "0.1"), ("takerFeeRate", "0.0002"), ("makerFeeRate", "0"),
        ("maintenanceMarginRate", "0.004"), ("initialMarginRate", "0.008"), ("riskBaseVol", "10000"),
        ("riskIncrVol", "10000"), ("riskIncrMmr", "0.004"), ("riskIncrImr", "0.004"), ("riskLevelLimit", "10"),
        ("priceCoefficientVariation", "0.1"), ("indexOrigin", #"["BINANCE","BYBIT","OKX","MEXC"]"#),
        ("riskLimitType", #""BY_VOLUME""#),
    ]
}
