import FundingJSON

/// A market as Pacifica's `/info` and `/info/prices` show it.
struct PacificaMarket {
    private let contract: SimulatedContract
    private let scene: Scene

    init(_ contract: SimulatedContract, _ scene: Scene) {
        self.contract = contract
        self.scene = scene
    }

    /// What was fixed at the last full hour for the payment at the next, and what is estimated for the one after. A
    /// payment's rate is the market's estimate of the moment it is fixed.
    private var rates: (coming: Double, next: Double) {
        let hour = scene.now.floored(to: .millisecondsOfHour)
        return (scene.rate(of: contract, at: hour), scene.rate(of: contract))
    }

    /// The rate that was paid at a full hour: fixed an hour before.
    static func paidRate(of contract: SimulatedContract, at payment: Int, in scene: Scene) -> Double {
        scene.rate(of: contract, at: payment - .millisecondsOfHour)
    }

    private static let digits = 8

    /// A market that trades no more is gone from both lists.
    func writeTerms(to json: inout JSONWriter) {
        guard contract.isTrading(at: scene.now) else { return }
        json.beginObject()
        json.field("symbol", contract.symbol)
        json.field("tick_size", "0.000001")
        json.field("min_tick", "0")
        json.field("max_tick", "10000000")
        json.field("lot_size", "0.0001")
        json.field("max_leverage", contract.asset.rank < 10 ? 50 : 10)
        json.field("isolated_only", false)
        json.field("min_order_size", "10")
        json.field("max_order_size", "1000000")
        json.field("funding_rate", scene.rateText(rates.coming, digits: Self.digits, trimmed: true))
        json.field("next_funding_rate", scene.rateText(rates.next, digits: Self.digits, trimmed: true))
        json.field("created_at", contract.schedule.listedAt)
        json.field("instrument_type", "perpetual")
        json.field("base_asset", contract.base)
        json.field("execution_modes", contract.asset.kind == .coin ? ["orderbook"] : ["orderbook", "rfq"])
        json.endObject()
    }

    func writePrices(to json: inout JSONWriter) {
        let mark = scene.market.markPrice(of: contract, at: scene.now)
        let index = scene.market.indexPrice(of: contract, at: scene.now)
        let yesterday = scene.market.markPrice(of: contract, at: scene.now - .millisecondsOfDay)
        let units = scene.market.openInterestUnits(of: contract, at: scene.now)
        json.beginObject()
        json.field("funding", scene.rateText(rates.coming, digits: Self.digits, trimmed: true))
        json.field("mark", DecimalText.text(mark, digits: 8, trimmed: true))
        json.field("mid", DecimalText.text(mark * 1.00002, digits: 8, trimmed: true))
        json.field("next_funding", scene.rateText(rates.next, digits: Self.digits, trimmed: true))
        json.field("open_interest", DecimalText.text(units, digits: 5, trimmed: true))
        json.field("oracle", DecimalText.text(index, digits: 8, trimmed: true))
        json.field("symbol", contract.symbol)
        json.field("timestamp", scene.now)
        json.field("volume_24h", DecimalText.text(units * mark * 1.7, digits: 5, trimmed: true))
        json.field("yesterday_price", DecimalText.text(yesterday, digits: 8, trimmed: true))
        json.endObject()
    }

    // MARK: - The spot market

    static let spotTerms = """
        {"symbol":"SOL-USDC","tick_size":"0.01","min_tick":"0","max_tick":"1000000","lot_size":"0.001","max_leverage":1,\
        "isolated_only":false,"min_order_size":"10","max_order_size":"1000000","funding_rate":"0",\
        "next_funding_rate":"0","created_at":1776615970246,"instrument_type":"spot","base_asset":"SOL",\
        "execution_modes":["orderbook"]}
        """

    static func spotPrices(at now: Int) -> String {
        #"{"funding":"0","mark":"0","mid":"0","next_funding":"0","open_interest":"0","oracle":"0","#
            + #""symbol":"SOL-USDC","timestamp":\#(now),"volume_24h":"0","yesterday_price":"-1"}"#
    }
}
