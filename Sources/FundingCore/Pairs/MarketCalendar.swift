public import Foundation

/// When which exchange pays next, and for how many of its contracts.
public struct MarketCalendar: Hashable, Sendable {
    /// Contracts of one exchange that pay at the same time.
    public struct Entry: Hashable, Sendable {
        public var exchange: ExchangeID
        public var time: Date
        public var contracts: Int
    }

    /// In the order of time, then of exchanges.
    public var entries: [Entry]
    /// Contracts whose funding accrues all the time, by exchange: they have no entry.
    public var continuous: [ExchangeID: Int]

    /// - Parameters:
    ///   - rates: those not listed any more are left out.
    ///   - horizon: how far to look ahead of `now`, the end included.
    public init(_ rates: some Sequence<LiveRate>, now: Date, horizon: Duration) {
        let end = now.addingTimeInterval(horizon / .seconds(1))
        var counts: [Date: [ExchangeID: Int]] = [:]
        continuous = [:]
        for rate in rates where rate.isActive {
            guard !rate.isContinuous else {
                continuous[rate.contract.exchange, default: 0] += 1
                continue
            }
            let next = NextFundingTime.resolve(stated: rate.nextFundingTime, every: rate.interval, now: now)
            if next <= end { counts[next, default: [:]][rate.contract.exchange, default: 0] += 1 }
        }
        entries = counts.sorted { $0.key < $1.key }.flatMap { time, exchanges in
            exchanges.sorted { $0.key.rawValue < $1.key.rawValue }.map { exchange, contracts in
                Entry(exchange: exchange, time: time, contracts: contracts)
            }
        }
    }
}
