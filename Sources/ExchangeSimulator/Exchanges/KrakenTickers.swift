import FundingJSON

/// Kraken's `tickers`: everything that moves, of all contracts, with the indices between them.
struct KrakenTickers {
    private let scene: Scene

    init(_ scene: Scene) { self.scene = scene }

    func answer() -> SimulatedAnswer {
        SimulatedKraken.success("tickers", at: scene.now, reservingCapacity: 600 * scene.contracts.count) { json in
            for contract in scene.contracts {
                write(contract, to: &json)
                if contract.krakenListing == SimulatedKraken.Listing.inverse { writeIndices(contract, to: &json) }
            }
        }
    }

    private func write(_ contract: SimulatedContract, to json: inout JSONWriter) {
        let market = scene.market
        func price(_ value: Double) -> Double { DecimalText.rounded(value, digits: contract.krakenDigits) }
        let mark = market.markPrice(of: contract, at: scene.now)
        let open = market.markPrice(of: contract, at: scene.now - .millisecondsOfDay)
        let listing = contract.krakenListing
        let volume = KrakenTickers.openInterest(of: contract, scene) * 1.5
        json.beginObject()
        json.field("symbol", contract.symbol)
        json.field("last", price(mark))
        json.field("lastTime", InstantText.milliseconds(scene.now - contract.id * 60_000))
        json.field("tag", Self.tag(of: contract))
        json.field("pair", "\(contract.base):USD")
        json.field("markPrice", price(mark))
        json.field("bid", price(mark * 0.9999))
        json.field("bidSize", 4609)
        // Dated contracts may lack it.
        if contract.kind == .perpetual {
            json.field("ask", price(mark * 1.0001))
            json.field("askSize", 4609)
        }
        json.field("vol24h", DecimalText.rounded(volume, digits: 3))
        json.field("volumeQuote", DecimalText.rounded(contract.isInverse ? volume : volume * mark, digits: 4))
        json.field("openInterest", Self.openInterest(of: contract, scene))
        json.field("open24h", price(open))
        json.field("high24h", price(max(open, mark) * 1.01))
        json.field("low24h", price(min(open, mark) * 0.99))
        json.field("lastSize", 1272)
        if contract.isLive(at: scene.now) { writeFunding(contract, to: &json) }
        json.field("suspended", listing == SimulatedKraken.Listing.suspended)
        json.field("indexPrice", price(market.indexPrice(of: contract, at: scene.now)))
        json.field("postOnly", false)
        json.field("change24h", DecimalText.rounded((mark / open - 1) * 100, digits: 2))
        json.endObject()
    }

    /// Amounts; the fraction beside them is newer and not there for all, and for some it is there alone.
    private func writeFunding(_ contract: SimulatedContract, to json: inout JSONWriter) {
        let funding = KrakenFunding(contract, scene)
        let form = contract.id % 5
        if form != 4 {
            json.field("fundingRate", rate: funding.amount, in: scene)
            json.field("fundingRatePrediction", rate: funding.nextAmount, in: scene)
        }
        if form >= 3 {
            json.field("relativeFundingRate", rate: funding.fraction, in: scene)
            json.field("relativeFundingRatePrediction", rate: funding.nextFraction, in: scene)
        }
    }

    private func writeIndices(_ contract: SimulatedContract, to json: inout JSONWriter) {
        let index = scene.market.indexPrice(of: contract, at: scene.now)
        for (prefix, value) in [("in", index), ("rr", index * 0.999)] {
            json.beginObject()
            json.field("symbol", "\(prefix)_\(contract.base.lowercased())usd")
            json.field("last", DecimalText.rounded(value, digits: contract.krakenDigits))
            json.field("lastTime", InstantText.milliseconds(scene.now.floored(to: 1000)))
            json.endObject()
        }
    }

    static func tag(of contract: SimulatedContract) -> String { contract.kind == .perpetual ? "perpetual" : "quarter" }

    /// Units of the base, or dollars.
    static func openInterest(of contract: SimulatedContract, _ scene: Scene) -> Double {
        contract.isInverse
            ? scene.market.openInterestUSD(of: contract, at: scene.now).rounded()
            : DecimalText.rounded(scene.market.openInterestUnits(of: contract, at: scene.now), digits: 3)
    }
}
