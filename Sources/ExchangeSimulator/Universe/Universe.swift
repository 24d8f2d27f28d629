/// Everything the exchanges know: their contracts, and the one market behind all of them. A value: a script changes a
/// copy, `reset` takes the original again.
struct Universe: Sendable {
    let market: Market
    private(set) var contracts: [String: [SimulatedContract]]

    /// - Parameter now: what dated contracts and delistings are counted from, in milliseconds since 1970.
    init(
        seed: UInt64, exchanges: [any PlayedExchange], at now: Int, assets: [Asset] = Asset.list(from: AssetTable.text)
    ) {
        market = Market(seed: seed, assets: assets)
        contracts = Dictionary(uniqueKeysWithValues: exchanges.map { ($0.feed, $0.contracts(of: assets, at: now)) })
    }

    /// How many perpetuals trade at all exchanges together.
    func liveContracts(at now: Int) -> Int {
        contracts.values.reduce(0) { $0 + $1.count { $0.isLive(at: now) } }
    }

    func lists(_ symbol: String, on feed: String) -> Bool {
        contracts[feed]?.contains { $0.symbol == symbol } ?? false
    }

    /// Changes a contract as a script says; what concerns a whole exchange, or an unknown contract, changes nothing.
    mutating func perform(_ script: Script, at time: Int) {
        guard let symbol = script.symbol,
            let index = contracts[script.feed]?.firstIndex(where: { $0.symbol == symbol })
        else { return }
        switch script.change {
        case .interval(let hours): contracts[script.feed]?[index].schedule.change(toHours: hours, at: time)
        case .delist: contracts[script.feed]?[index].schedule.change(toHours: nil, at: time)
        case .relist: contracts[script.feed]?[index].schedule.resume(at: time)
        case .multiplier(let units, let base): contracts[script.feed]?[index].redenominate(to: units, base: base)
        case .zeroStorm, .clockSkew, .ban: break
        }
    }

    /// The quarterly expiries after a time: the last Fridays of March, June, September and December, 08:00 UTC.
    static func quarterlyExpiries(after now: Int, count: Int) -> [Int] {
        var expiries: [Int] = []
        var day = now.floored(to: .millisecondsOfDay)
        while expiries.count < count {
            day += .millisecondsOfDay
            let date = CivilDate(of: day)
            let isLastFriday = date.weekday == 5 && CivilDate(of: day + 7 * .millisecondsOfDay).month != date.month
            if isLastFriday, date.month.isMultiple(of: 3) { expiries.append(day + 8 * .millisecondsOfHour) }
        }
        return expiries
    }
}
