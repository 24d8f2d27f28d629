import FundingJSON

/// What a contract's mark price and rate are at a moment, as `premiumIndex` and the stream tell it.
struct BinanceMark {
    private let contract: SimulatedContract
    private let scene: Scene
    private let form: BinanceForm
    private let isPerpetual: Bool
    private let isAlive: Bool
    /// A dead contract shows the last moment of its life.
    private let time: Int

    init(_ contract: SimulatedContract, _ scene: Scene, _ form: BinanceForm) {
        self.contract = contract
        self.scene = scene
        self.form = form
        isPerpetual = contract.kind == .perpetual
        isAlive = contract.isTrading(at: scene.now)
        time = isAlive ? scene.now : contract.schedule.epochs.last?.start ?? scene.now
    }

    static func pair(of contract: SimulatedContract) -> String { contract.base + contract.quote }

    private var rate: String {
        guard isPerpetual else { return form.noRate }
        return isAlive ? scene.rateText(scene.rate(of: contract), digits: 8) : "0.00000000"
    }

    private var next: Int {
        if case .dated = contract.kind { return 0 }
        return contract.schedule.nextPayment(after: scene.now)
    }

    private var settlePrice: Double { isAlive ? scene.market.indexPrice(of: contract, at: time - 60_000) : 0 }

    func writePremium(to json: inout JSONWriter) {
        json.beginObject()
        json.field("symbol", contract.symbol)
        if form.namesPairs { json.field("pair", Self.pair(of: contract)) }
        json.field("markPrice", quoting: scene.market.markPrice(of: contract, at: time), digits: 8)
        json.field("indexPrice", quoting: scene.market.indexPrice(of: contract, at: time), digits: 8)
        json.field("estimatedSettlePrice", quoting: settlePrice, digits: 8)
        json.field("lastFundingRate", rate)
        json.field("interestRate", isPerpetual ? "0.00010000" : form.noRate)
        json.field("nextFundingTime", next)
        json.field("time", scene.now - scene.now % 1000)
        json.endObject()
    }

    func writeUpdate(to json: inout JSONWriter) {
        json.beginObject()
        json.field("e", "markPriceUpdate")
        json.field("E", scene.now)
        json.field("s", contract.symbol)
        let mark = scene.market.markPrice(of: contract, at: time)
        json.field("p", quoting: mark, digits: 8)
        if form.market != nil { json.field("ap", quoting: mark, digits: 8) }
        json.field("P", quoting: settlePrice, digits: 8)
        json.field("i", quoting: scene.market.indexPrice(of: contract, at: time), digits: 8)
        json.field("r", rate)
        json.field("T", next)
        if let market = form.market { json.field("st", market) }
        json.endObject()
    }
}
