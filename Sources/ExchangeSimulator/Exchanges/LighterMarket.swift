import FundingJSON

/// A market as Lighter's `orderBookDetails` and `orderBooks` show it.
struct LighterMarket {
    private let contract: SimulatedContract
    private let scene: Scene

    init(_ contract: SimulatedContract, _ scene: Scene) {
        self.contract = contract
        self.scene = scene
    }

    func write(hasDetails: Bool, to json: inout JSONWriter) {
        json.beginObject()
        json.field("symbol", contract.symbol)
        json.field("market_id", contract.id)
        json.field("market_type", "perp")
        json.field("base_asset_id", 0)
        json.field("quote_asset_id", 0)
        json.field("status", contract.isTrading(at: scene.now) ? "active" : "inactive")
        json.field("taker_fee", "0.0000")
        json.field("is_taker_fee_enabled", true)
        json.field("maker_fee", "0.0000")
        json.field("is_maker_fee_enabled", true)
        json.field("liquidation_fee", "1.0000")
        json.field("min_base_amount", "0.0050")
        json.field("min_quote_amount", "10.000000")
        json.field("order_quote_limit", "281474976.710655")
        json.field("supported_size_decimals", 4)
        json.field("supported_price_decimals", contract.priceDigits)
        json.field("supported_quote_decimals", 6)
        if hasDetails { writeDetails(to: &json) }
        json.endObject()
    }

    /// An inactive market keeps its price and its open interest.
    private func writeDetails(to json: inout JSONWriter) {
        let isAlive = contract.isTrading(at: scene.now)
        let time = isAlive ? scene.now : contract.schedule.epochs.last?.start ?? scene.now
        let digits = contract.priceDigits
        let mark = scene.market.markPrice(of: contract, at: time)
        let yesterday = scene.market.markPrice(of: contract, at: time - .millisecondsOfDay)
        let coins = DecimalText.rounded(scene.market.openInterestUnits(of: contract, at: time), digits: 4)
        json.field("size_decimals", 4)
        json.field("price_decimals", digits)
        json.field("quote_multiplier", 1)
        json.field("default_initial_margin_fraction", 500)
        json.field("min_initial_margin_fraction", 200)
        json.field("maintenance_margin_fraction", 120)
        json.field("closeout_margin_fraction", 80)
        json.field("mark_price", quoting: mark, digits: digits)
        json.field("index_price", quoting: scene.market.indexPrice(of: contract, at: time), digits: digits)
        json.field("last_trade_price", DecimalText.rounded(mark * 1.0001, digits: digits))
        json.field("daily_trades_count", isAlive ? 42_807 : 0)
        json.field("daily_base_token_volume", isAlive ? DecimalText.rounded(coins * 3, digits: 4) : 0)
        json.field("daily_quote_token_volume", isAlive ? DecimalText.rounded(coins * 3 * mark, digits: 6) : 0)
        json.field("daily_price_low", DecimalText.rounded(min(mark, yesterday) * 0.99, digits: digits))
        json.field("daily_price_high", DecimalText.rounded(max(mark, yesterday) * 1.01, digits: digits))
        json.field("daily_price_change", (mark / yesterday - 1) * 100)
        json.field("open_interest", coins)
        json.key("daily_chart")
        json.raw("{}")
        json.key("market_config")
        json.raw(
            """
            {"market_margin_mode":0,"insurance_fund_account_index":281474976710655,"liquidation_mode":0,\
            "force_reduce_only":false,"trading_hours":"","funding_fee_discounts_enabled":false,"hidden":false,\
            "rfq_enabled":true}
            """
        )
        json.field("strategy_index", 2)
    }
}
