import Foundation

/// What everything costs and pays at any time, as a pure function of seed, contract and time. An asset has one price in
/// the world; exchanges differ from it by hundredths of a percent.
struct Market: Sendable {
    let noise: Noise
    private let assets: [String: Asset]

    init(seed: UInt64, assets: [Asset]) {
        noise = Noise(seed: seed)
        self.assets = Dictionary(uniqueKeysWithValues: assets.map { ($0.name, $0) })
    }

    private static let hour = Int.millisecondsOfHour
    private static let day = Int.millisecondsOfDay

    // MARK: - Prices

    /// Dollars for one unit of an asset; a ratio's own value for a ratio.
    func price(of asset: Asset, at time: Int) -> Double {
        switch asset.price {
        case .dollars(let reference): reference * exp(movement(of: asset, at: time))
        case .ratio(let numerator, let denominator):
            price(of: numerator, at: time) / price(of: denominator, at: time)
        }
    }

    /// Dollars for one unit of the asset of that name, which has to be in the table.
    func price(of name: String, at time: Int) -> Double {
        guard let asset = assets[name] else { preconditionFailure("the asset table has no \(name)") }
        return price(of: asset, at: time)
    }

    private static let everything = Noise.key("market")

    /// The whole market moves together, then each asset by itself, from months down to minutes.
    private func movement(of asset: Asset, at time: Int) -> Double {
        let market = Self.everything
        let key = asset.priceKey
        return 0.10 * noise.curve(market, period: 60 * Self.day, at: time)
            + 0.02 * noise.curve(market, period: Self.day, at: time)
            + 0.12 * noise.curve(key, period: 45 * Self.day, at: time)
            + 0.05 * noise.curve(key, period: 5 * Self.day, at: time)
            + 0.012 * noise.curve(key, period: 7 * Self.hour, at: time)
            + 0.002 * noise.curve(key, period: 11 * .millisecondsOfMinute, at: time)
    }

    /// What the underlying costs, in the contract's quote and per unit of its base.
    func indexPrice(of contract: SimulatedContract, at time: Int) -> Double {
        var price = price(of: contract.asset, at: time) * contract.units
        if contract.quote == "BTC", case .dollars = contract.asset.price { price /= self.price(of: "BTC", at: time) }
        return price * (1 + 0.0002 * noise.curve(contract.key ^ 1, period: 9 * .millisecondsOfMinute, at: time))
    }

    /// What positions are valued at: dearer than the index while longs pay.
    func markPrice(of contract: SimulatedContract, at time: Int) -> Double {
        let premium = 0.5 * eightHourRate(of: contract, at: time)
        let jitter = 0.0003 * noise.curve(contract.key ^ 2, period: 4 * .millisecondsOfMinute, at: time)
        return indexPrice(of: contract, at: time) * (1 + max(-0.01, min(0.01, premium)) + jitter)
    }

    // MARK: - Funding

    /// The running estimate for a payment of `hours` hours, within the contract's cap.
    func rate(of contract: SimulatedContract, hours: Int, at time: Int) -> Double {
        let rate = eightHourRate(of: contract, at: time) * Double(hours) / 8
        return max(-contract.rateCap, min(contract.rateCap, rate))
    }

    /// The rate that eight hours would cost, without cap: a small charge for longs, what the asset is in demand for
    /// anywhere, and what is particular to the contract. Small assets swing wider, a few very wide.
    func eightHourRate(of contract: SimulatedContract, at time: Int) -> Double {
        let asset = contract.asset.rateKey
        let luck = noise.uniform(asset)
        let size = min(1, Double(contract.asset.rank) / 300)
        let swing = 0.00015 + 0.0004 * size + 0.004 * size * luck * luck * luck * luck
        let common =
            0.5 * noise.curve(asset, period: 6 * Self.day, at: time)
            + 0.3 * noise.curve(asset, period: 20 * Self.hour, at: time)
            + 0.2 * noise.curve(asset, period: 3 * Self.hour, at: time)
        let own =
            0.4 * noise.curve(contract.key, period: 30 * Self.hour, at: time)
            + 0.1 * noise.curve(contract.key, period: 2 * Self.hour, at: time)
            + 0.05 * noise.curve(contract.key, period: 13 * .millisecondsOfMinute, at: time)
        return 0.00008 + swing * (common + own)
    }

    // MARK: - Open interest

    /// One side, in dollars. Falls with the asset's rank from billions to some hundred thousands.
    func openInterestUSD(of contract: SimulatedContract, at time: Int) -> Double {
        let rank = Double(contract.asset.rank + 1)
        let share = 0.2 + 0.8 * noise.uniform(contract.key ^ 3)
        let size = 6e9 / pow(rank, 1.6) + 250_000
        return size * share * exp(0.2 * noise.curve(contract.key ^ 4, period: 2 * Self.day, at: time))
    }

    /// The same in units of the base, as most exchanges count it.
    func openInterestUnits(of contract: SimulatedContract, at time: Int) -> Double {
        openInterestUSD(of: contract, at: time) / (price(of: contract.asset, at: time) * contract.units)
    }
}
