import FundingJSON

/// Deribit's instruments, book summaries and tickers.
struct DeribitLists {
    private let request: SimulatedRequest
    private let scene: Scene
    private let reply: DeribitReply

    init(_ request: SimulatedRequest, _ scene: Scene, _ reply: DeribitReply) {
        self.request = request
        self.scene = scene
        self.reply = reply
    }

    private static let currencies = ["BTC", "ETH", "USDC", "USDT", "EURR"]

    func instruments() -> SimulatedAnswer {
        guard let currency = request.query["currency"], currency == "any" || Self.currencies.contains(currency) else {
            return reply.error(400, -32602, "Invalid params")
        }
        let isAsked = request.query["kind"] ?? "future" == "future" && request.query["expired"] != "true"
        return reply.result(reservingCapacity: 30_000) { json in
            json.beginArray()
            for contract in scene.contracts where isAsked && contract.isTrading(at: scene.now) {
                if currency == "any" || contract.settle == currency { writeInstrument(contract, to: &json) }
            }
            json.endArray()
        }
    }

    private func writeInstrument(_ contract: SimulatedContract, to json: inout JSONWriter) {
        var expiry = 32_503_708_800_000
        if case .dated(let time) = contract.kind { expiry = time }
        json.beginObject()
        json.field("tick_size", contract.isInverse ? 0.5 : 0.0001)
        json.key("tick_size_steps")
        json.raw("[]")
        json.field("taker_commission", 0.0005)
        json.field("settlement_period", contract.kind == .perpetual ? "perpetual" : "month")
        json.field("settlement_currency", contract.settle)
        json.field("quote_currency", contract.quote)
        json.field("price_index", "\(contract.base.lowercased())_\(contract.quote.lowercased())")
        json.field("min_trade_amount", contract.isInverse ? 10 : 1)
        json.field("max_liquidation_commission", 0.0075)
        json.field("max_leverage", 50)
        json.field("maker_commission", 0)
        json.field("kind", "future")
        json.field("is_active", true)
        json.field("instrument_name", contract.symbol)
        json.field("instrument_id", contract.id)
        json.field("instrument_type", contract.isInverse ? "reversed" : "linear")
        json.field("expiration_timestamp", expiry)
        json.field("creation_timestamp", contract.schedule.listedAt)
        json.field("counter_currency", contract.quote)
        json.field("contract_size", contract.isInverse ? 10 : 1)
        json.field("block_trade_tick_size", 0.01)
        json.field("block_trade_min_trade_amount", 200_000)
        json.field("block_trade_commission", 0.00025)
        json.field("base_currency", contract.base)
        json.field("state", "open")
        json.endObject()
    }

    /// By currency, or of one instrument.
    func summaries() -> SimulatedAnswer {
        var contracts = scene.contracts.filter { $0.isTrading(at: scene.now) }
        if request.query["instrument_name"] != nil {
            contracts = contracts.filter { $0.symbol == request.query["instrument_name"] }
            guard !contracts.isEmpty else { return reply.error(400, 13020, "instrument_not_found") }
        } else {
            guard let currency = request.query["currency"], Self.currencies.contains(currency) else {
                return reply.error(400, -32602, "Invalid params")
            }
            let isAsked = ["future", "any"].contains(request.query["kind"] ?? "any")
            contracts = isAsked ? contracts.filter { $0.settle == currency } : []
        }
        return reply.result(reservingCapacity: 20_000) { json in
            json.beginArray()
            for contract in contracts { writeSummary(of: contract, to: &json) }
            json.endArray()
        }
    }

    /// Dated futures lack the funding.
    private func writeSummary(of contract: SimulatedContract, to json: inout JSONWriter) {
        let digits = contract.priceDigits
        func price(_ factor: Double = 1) -> Double {
            DecimalText.rounded(scene.market.markPrice(of: contract, at: scene.now) * factor, digits: digits)
        }
        let ticker = DeribitTicker(contract, scene)
        let open = ticker.openInterest
        let volume = contract.isInverse ? open * 0.7 : open * 0.7 * price()
        json.beginObject()
        json.field("high", price(1.02))
        json.field("low", price(0.98))
        json.field("last", price(1.0001))
        json.field("instrument_name", contract.symbol)
        json.field("bid_price", price(0.9999))
        json.field("ask_price", price(1.0001))
        json.field("open_interest", open)
        json.field("mark_price", price())
        json.field("creation_timestamp", scene.now)
        json.field("price_change", -1.2032)
        json.field("volume", DecimalText.rounded(volume / price(), digits: 8))
        json.field("estimated_delivery_price", ticker.index)
        json.field("base_currency", contract.base)
        json.field("quote_currency", contract.quote)
        json.field("volume_usd", volume.rounded())
        json.field("volume_notional", volume.rounded())
        if contract.kind == .perpetual { ticker.writeFunding(to: &json) }
        json.field("mid_price", price())
        json.endObject()
    }

    func ticker() -> SimulatedAnswer {
        guard let contract = scene.contract(request.query["instrument_name"]), contract.isTrading(at: scene.now) else {
            return reply.error(400, 13020, "instrument_not_found")
        }
        return reply.result { DeribitTicker(contract, scene).write(to: &$0) }
    }
}
