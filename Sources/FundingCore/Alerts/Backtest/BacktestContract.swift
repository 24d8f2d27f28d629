import Foundation

/// A contract with what it was paid: all that a backtest knows of the past.
public struct BacktestContract: Sendable {
    public var contract: Contract
    /// Ascending; up to 30 days before the backtest's window too, for what is compared with them.
    public var points: [SettledPoint]
    public var ledger: IntervalLedger
    /// Dollars for one unit of the base asset now; nil if unknown. Only pairs of about the same price are tested.
    public var unitPrice: Double?
    /// It is listed.
    public var isActive: Bool

    public init(
        contract: Contract, points: [SettledPoint], ledger: IntervalLedger, unitPrice: Double?, isActive: Bool
    ) {
        self.contract = contract
        self.points = points
        self.ledger = ledger
        self.unitPrice = unitPrice
        self.isActive = isActive
    }

    var subject: AlertContract {
        AlertContract(exchange: contract.exchange, symbol: contract.symbol, baseAsset: contract.baseAsset)
    }

    /// The settled rate at each of the 1,440 full hours up to a time, per hour; NaN where nothing was paid for.
    func hourlyRates(upTo end: Date) -> [Double] {
        let payments = SlidingStatistics(points)
        let last = HourlyRates.lastHour(at: end)
        return HourlyRates(of: payments, upTo: last - HourlyRates.hours).values
            + HourlyRates(of: payments, upTo: last).values
    }

    /// What a rule on a contract would have looked at: at each payment in the window, the rate that was paid.
    /// - Parameter needsZScore: it takes time, so only if it is asked for.
    func readings(during window: ClosedRange<Date>, needsZScore: Bool) -> [(time: Date, values: AlertValues)] {
        var past = SlidingStatistics()
        var readings: [(time: Date, values: AlertValues)] = []
        for point in points where point.fundingTime <= window.upperBound {
            if window.contains(point.fundingTime) {
                var values = AlertValues()
                values.fundingRate = point.fundingRate
                values.apr = Annualising.apr(of: point.fundingRate, every: point.interval)
                if needsZScore {
                    values.zScore =
                        ContractStatistics(
                            of: point.fundingRate, every: point.interval, in: past, listedAt: contract.listedAt,
                            now: point.fundingTime
                        ).zScore
                }
                readings.append((point.fundingTime, values))
            }
            if needsZScore { past.insert(CollectionOfOne(point), at: point.fundingTime) }
        }
        return readings
    }
}
