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

    /// Changes a contract's interval, or ends its trading with nil.
    /// - Returns: false if the feed lists no such contract.
    mutating func change(_ symbol: String, of feed: String, toHours hours: Int?, at time: Int) -> Bool {
        guard let index = contracts[feed]?.firstIndex(where: { $0.symbol == symbol }) else { return false }
        contracts[feed]?[index].schedule.change(toHours: hours, at: time)
        return true
    }

    /// Lets a contract trade again at the interval it had.
    mutating func relist(_ symbol: String, of feed: String, at time: Int) -> Bool {
        guard let contract = contracts[feed]?.first(where: { $0.symbol == symbol }) else { return false }
        return change(symbol, of: feed, toHours: contract.schedule.lastHours(at: time), at: time)
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
