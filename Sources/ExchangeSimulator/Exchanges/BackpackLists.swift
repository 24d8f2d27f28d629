import FundingJSON

/// Backpack's lists of all markets: terms, prices with rates, open interest.
struct BackpackLists {
    private typealias Listing = SimulatedBackpack.Listing

    private let scene: Scene

    init(_ scene: Scene) { self.scene = scene }

    // MARK: - Terms

    /// - Parameter types: the one market type that is asked for; nil: all of them.
    func markets(types: String?) -> SimulatedAnswer {
        .written(reservingCapacity: 700 * scene.contracts.count) { json in
            json.beginArray()
            for contract in scene.contracts {
                let type = contract.isSpot ? "SPOT" : "PERP"
                if types == nil || types == type { write(contract, type, to: &json) }
            }
            if types == nil || types == "PREDICTION" { writePrediction(to: &json) }
            json.endArray()
        }
    }

    private func write(_ contract: SimulatedContract, _ type: String, to json: inout JSONWriter) {
        let digits = contract.priceDigits
        let code = contract.listing
        json.beginObject()
        json.field("symbol", contract.symbol)
        json.field("baseSymbol", contract.base)
        json.field("quoteSymbol", "USDC")
        json.field("marketType", type)
        if code == Listing.share { json.field("rwaMarketType", "STOCK") }
        json.field("orderBookState", code == Listing.closed ? "Closed" : contract.id % 20 == 7 ? "PostOnly" : "Open")
        json.field("visible", contract.isTrading(at: scene.now) || code == Listing.closed)
        writeFilters(digits, to: &json)
        // Spot markets have one too.
        json.field("fundingInterval", contract.schedule.lastHours(at: scene.now) * .millisecondsOfHour)
        let bound = DecimalText.text(contract.rateCap * 10_000, digits: 2, trimmed: true)
        json.field("fundingRateUpperBound", contract.isSpot ? nil : bound)
        json.field("fundingRateLowerBound", contract.isSpot ? nil : "-" + bound)
        json.field("openInterestLimit", contract.isSpot ? "0" : "4000000")
        writeMargin("imfFunction", contract.isSpot ? nil : "0.02", to: &json)
        writeMargin("mmfFunction", contract.isSpot ? nil : "0.0125", to: &json)
        json.field("createdAt", InstantText.seconds(contract.schedule.listedAt) + ".104233")
        json.endObject()
    }

    private func writeFilters(_ digits: Int, to json: inout JSONWriter) {
        let tick = digits == 1 ? "0.1" : DecimalText.text(0, digits: digits - 1) + "1"
        json.key("filters")
        json.beginObject()
        json.key("price")
        json.beginObject()
        json.field("tickSize", tick)
        json.field("minPrice", tick)
        json.field("maxPrice", String?.none)
        json.endObject()
        json.key("quantity")
        json.beginObject()
        json.field("stepSize", "0.01")
        json.field("minQuantity", "0.01")
        json.field("maxQuantity", String?.none)
        json.endObject()
        json.endObject()
    }

    private func writeMargin(_ name: StaticString, _ base: String?, to json: inout JSONWriter) {
        json.key(name)
        guard let base else { return json.null() }
        json.beginObject()
        json.field("type", "sqrt")
        json.field("base", base)
        json.field("factor", "0.0001275")
        json.endObject()
    }

    /// A bet on an outcome: it has a price, but no funding.
    private func writePrediction(to json: inout JSONWriter) {
        json.beginObject()
        json.field("symbol", "BTC_ABOVE_100K_USDC_PREDICTION")
        json.field("baseSymbol", "BTC_ABOVE_100K")
        json.field("quoteSymbol", "USDC")
        json.field("marketType", "PREDICTION")
        json.field("orderBookState", "Open")
        json.field("visible", true)
        json.field("fundingInterval", Int?.none)
        json.endObject()
    }

    // MARK: - Prices

    /// An array, whatever is asked for.
    func markPrices(of symbol: String?) -> SimulatedAnswer {
        let market = scene.market
        return rows(of: symbol) { contract, json in
            let next = contract.schedule.nextPayment(after: scene.now)
            json.field("fundingRate", BackpackRate.text(scene.rate(of: contract), in: scene))
            json.field(
                "indexPrice", quoting: market.indexPrice(of: contract, at: scene.now), digits: contract.priceDigits + 2)
            json.field(
                "markPrice", quoting: market.markPrice(of: contract, at: scene.now), digits: contract.priceDigits)
            json.field("nextFundingTimestamp", next)
            json.field("symbol", contract.symbol)
        }
    }

    /// In units of the base; the time is in microseconds, unlike all others.
    func openInterest(of symbol: String?) -> SimulatedAnswer {
        rows(of: symbol) { contract, json in
            let units = scene.market.openInterestUnits(of: contract, at: scene.now)
            json.field("openInterest", contract.isTrading(at: scene.now) ? DecimalText.text(units, digits: 5) : nil)
            json.field("symbol", contract.symbol)
            json.field("timestamp", scene.now * 1000)
        }
    }

    private func rows(
        of symbol: String?, _ write: (SimulatedContract, inout JSONWriter) -> Void
    ) -> SimulatedAnswer {
        .written(reservingCapacity: 180 * scene.contracts.count) { json in
            json.beginArray()
            for contract in scene.contracts where !contract.isSpot && (symbol ?? contract.symbol) == contract.symbol {
                json.beginObject()
                write(contract, &json)
                json.endObject()
            }
            json.endArray()
        }
    }
}

extension SimulatedContract {
    fileprivate var isSpot: Bool { listing == SimulatedBackpack.Listing.spot }

    /// The code under which its own spelling stands.
    fileprivate var listing: String? {
        asset.spellings.keys.first { $0.hasPrefix(SimulatedBackpack.Listing.perpetual) }
    }
}
