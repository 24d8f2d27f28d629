import FundingJSON

/// What an exchange sees when it answers: its contracts and the market at a time, maybe distorted by a fault.
struct Scene: Sendable {
    /// Wrong numbers that are well-formed, as faults make them.
    struct Distortion: Sendable, Equatable {
        /// Rates are multiplied by this.
        var rateFactor = 1.0
        /// Rates are the text `NaN`.
        var ratesAreNaN = false
        /// Every other contract is missing.
        var isHalved = false
        /// This share of the contracts, always the same ones, shows the rate 0 now.
        var zeroShare = 0.0
    }

    let market: Market
    let contracts: [SimulatedContract]
    /// Milliseconds since 1970.
    let now: Int
    let distortion: Distortion

    init(of feed: String, in universe: Universe, at now: Int, distortion: Distortion = Distortion()) {
        market = universe.market
        self.now = now
        self.distortion = distortion
        let all = universe.contracts[feed] ?? []
        contracts = distortion.isHalved ? all.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element) : all
    }

    func contract(_ symbol: String?) -> SimulatedContract? {
        contracts.first { $0.symbol == symbol }
    }

    /// The running estimate for the coming payment, per the contract's interval.
    func rate(of contract: SimulatedContract) -> Double {
        rate(of: contract, at: now)
    }

    /// What is paid, or at a future time will be, by the interval in force then: the estimate of its last moment.
    func rate(of contract: SimulatedContract, at time: Int) -> Double {
        // What was paid before is history and stays.
        if time >= now, isZeroed(contract) { return 0 }
        // At the very moment of a change the payment still belongs to the interval before.
        let hours = contract.schedule.lastHours(at: time == now ? time : time - 1)
        return market.rate(of: contract, hours: hours, at: time) * distortion.rateFactor
    }

    private static let stormKey = Noise.key("zero storm")

    private func isZeroed(_ contract: SimulatedContract) -> Bool {
        distortion.zeroShare > 0 && market.noise.uniform(contract.key ^ Self.stormKey) < distortion.zeroShare
    }

    /// A rate as a text of decimals.
    func rateText(_ rate: Double, digits: Int, trimmed: Bool = false, keepsPoint: Bool = false) -> String {
        guard !distortion.ratesAreNaN else { return "NaN" }
        return DecimalText.text(rate, digits: digits, trimmed: trimmed, keepsPoint: keepsPoint)
    }
}

extension JSONWriter {
    /// Writes a rate as a number, or as the text `NaN` if the scene says so, for JSON has no such number.
    mutating func field(_ key: StaticString, rate: Double, in scene: Scene) {
        if scene.distortion.ratesAreNaN { field(key, "NaN") } else { field(key, rate) }
    }
}
