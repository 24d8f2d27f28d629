/// What the builder dexs list: stocks, commodities, indices and currencies, shares of companies that are not public yet,
/// and coins, many of which Hyperliquid's own dex has too.
struct HyperliquidBuilders {
    private let assets: [Asset]

    init(_ assets: [Asset]) {
        self.assets = assets
    }

    /// Contracts that trade, of all builders together.
    private static let count = 150

    func contracts(feed: String, at now: Int) -> [SimulatedContract] {
        HyperliquidDex.builders.enumerated().flatMap { place, dex in
            listed(by: dex.name).enumerated().map { number, asset in
                let spelling = asset.spellings["H"] ?? asset.name
                // Nothing is paid where the multiplier is 0.
                let cap = dex.fundingMultiplier == "0.0" ? 0 : 0.04
                let terms = SimulatedContract.Terms(quote: "USD", settle: dex.collateral.name, rateCap: cap)
                var contract = SimulatedContract(
                    "\(dex.name):\(spelling)", of: asset, code: "H", feed: feed,
                    id: HyperliquidDex.number(ofDex: place + 1, contract: number), terms
                )
                contract.schedule = FundingSchedule(from: contract.schedule.listedAt, everyHours: 1)
                if asset.name == Self.delisted {
                    contract.schedule.change(toHours: nil, at: now - 40 * .millisecondsOfDay)
                }
                return contract
            }
        }
    }

    private static let delisted = "SMSN"

    private func listed(by dex: String) -> [Asset] {
        switch dex {
        case "xyz":
            // A delisted one among them keeps its place.
            stocks(40) + [invented(Self.delisted, .stock, 62)] + commodities + indices(["XYZ100": 25_400]) + currencies
        case "flx": stocks(4) + commodities.prefix(2) + assets.largest(3)
        case "vntl":
            [("ANTHROPIC", 410.0), ("OPENAI", 820), ("SPACEX", 610)].map { invented($0, .stock, $1) }
                + indices(["MAG7": 655, "SEMIS": 402, "ROBOT": 118, "BIOTECH": 96, "DEFENSE": 231])
        case "km":
            stocks(12) + commodities.prefix(3) + indices(["US500": 6720, "USTECH": 25_300]) + currencies.prefix(1)
        default: coins
        }
    }

    /// As many as are wanting: how many stocks there are is the asset table's affair.
    private var coins: [Asset] {
        let others = ["xyz", "flx", "vntl", "km"].flatMap { listed(by: $0) }.count { $0.name != Self.delisted }
        return assets.filter { $0.kind == .coin && $0.spellings["Hx"] == nil }.largest(Self.count - others)
    }

    private func stocks(_ count: Int) -> [Asset] { assets.largest(count, .stock).map { spelled($0, $0.name) } }

    private var commodities: [Asset] {
        [("XAU", "GOLD"), ("XAG", "SILVER"), ("COPPER", "COPPER"), ("XPT", "PLATINUM"), ("XPD", "PALLADIUM")]
            .compactMap { name, spelling in assets.named(name).map { spelled($0, spelling) } }
    }

    private var currencies: [Asset] {
        [("EURUSD", "EUR"), ("GBPUSD", "GBP")].compactMap { name, spelling in
            assets.named(name).map { spelled($0, spelling) }
        }
    }

    private func indices(_ prices: KeyValuePairs<String, Double>) -> [Asset] {
        prices.map { invented($0, .index, $1) }
    }

    private func spelled(_ asset: Asset, _ spelling: String) -> Asset {
        var asset = asset
        asset.spellings["H"] = spelling
        return asset
    }

    /// An asset that nobody else lists; the table's, if someone does.
    private func invented(_ name: String, _ kind: Asset.Kind, _ dollars: Double) -> Asset {
        if let known = assets.named(name), known.kind == kind { return spelled(known, name) }
        return Asset(
            name: name, kind: kind, price: .dollars(dollars), rank: assets.count, spellings: ["H": name],
            priceKey: Noise.key("price", name), rateKey: Noise.key("rate", name)
        )
    }
}
