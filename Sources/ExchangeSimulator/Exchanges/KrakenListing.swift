/// Makes Kraken's contracts: their symbols, and what each of them is.
struct KrakenListing {
    private typealias Listing = SimulatedKraken.Listing

    let feed: String
    let now: Int
    private(set) var contracts: [SimulatedContract] = []

    init(feed: String, now: Int) {
        self.feed = feed
        self.now = now
    }

    /// - Parameters:
    ///   - spelling: the base as Kraken writes it, if it is not the asset's name.
    ///   - expiry: when a dated contract ends.
    mutating func add(
        _ asset: Asset, _ code: String, as spelling: String? = nil, expiry: Int? = nil, isInverse: Bool = false
    ) {
        let isInverse = isInverse || code == Listing.inverse
        let base = spelling ?? Self.spellings[asset.name] ?? asset.name
        var asset = asset
        asset.spellings[code] = base
        var symbol = (isInverse ? "I_" : "F_") + base + "USD"
        symbol = (expiry == nil ? "P" : "F") + symbol
        if let expiry { symbol += "_" + CivilDate(of: expiry).digits }
        let terms = SimulatedContract.Terms(
            quote: "USD", settle: isInverse ? base : "USD", isInverse: isInverse,
            kind: expiry.map { .dated(expiry: $0) } ?? .perpetual, rateCap: 0.0025
        )
        var contract = SimulatedContract(symbol, of: asset, code: code, feed: feed, id: contracts.count, terms)
        contract.schedule = FundingSchedule(from: contract.schedule.listedAt, everyHours: 1)
        if code == Listing.closed || code == Listing.suspended {
            contract.schedule.change(toHours: nil, at: now - 20 * .millisecondsOfDay)
        }
        contracts.append(contract)
    }

    /// Kraken's old name of Bitcoin.
    private static let spellings = ["BTC": "XBT"]
}

extension SimulatedContract {
    /// The code under which Kraken lists it.
    var krakenListing: String? { asset.spellings.keys.first { $0.hasPrefix(SimulatedKraken.Listing.linear) } }
}

/// What Kraken says of a contract's funding at a time.
struct KrakenFunding {
    /// Fixed since the hour began, paid at its end.
    let fraction: Double
    /// For the hour after.
    let nextFraction: Double
    /// When the running hour ends.
    let paidAt: Int
    private let price: Double
    private let isInverse: Bool

    init(_ contract: SimulatedContract, _ scene: Scene) {
        paidAt = contract.schedule.nextPayment(after: scene.now)
        fraction = DecimalText.rounded(scene.rate(of: contract, at: paidAt), digits: 12)
        nextFraction = DecimalText.rounded(scene.rate(of: contract, at: paidAt + .millisecondsOfHour), digits: 12)
        // Amounts are fixed by the index of the moment, not of now.
        price = scene.market.indexPrice(of: contract, at: paidAt - .millisecondsOfHour)
        isInverse = contract.isInverse
    }

    var amount: Double { Self.amount(fraction, price, isInverse: isInverse) }
    var nextAmount: Double { Self.amount(nextFraction, price, isInverse: isInverse) }

    /// Dollars per unit of the base, or units of the base per dollar.
    static func amount(_ fraction: Double, _ price: Double, isInverse: Bool) -> Double {
        isInverse ? fraction / price : fraction * price
    }
}
