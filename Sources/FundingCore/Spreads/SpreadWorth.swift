/// What a spread leaves after the costs of four fills, entering and leaving both legs as a taker, if its rates stay as
/// they are. All fractions are of one leg's notional; everything is nil where an exchange's fee is not known.
public struct SpreadWorth: Hashable, Sendable {
    /// 2·(fee(long) + fee(short)): fraction of notional for the whole round trip.
    public var roundTripFee: Double?
    /// The time the position is held, in hours.
    public var holdingHours: Double
    /// n·hours − fees: fraction of notional earned in that time.
    public var netReturn: Double?
    /// The same per year, in percent: netReturn / hours · 876 000.
    public var netAPR: Double?
    /// fees / n: hours until the carry has paid for the fills.
    public var breakEvenHours: Double?
    /// How many whole sync periods that takes: payments come at set times, not by the hour.
    public var breakEvenSettlements: Int?

    /// Beyond this nobody waits for a position to pay, and the number of payments means nothing.
    private static let longestWait = 87_600.0

    public init(
        _ spread: FundingSpread, fees: [ExchangeID: TradingFees], holdingHours: Double
    ) {
        var fee: Double?
        if let long = fees[spread.long.exchange]?.taker, let short = fees[spread.short.exchange]?.taker {
            fee = 2 * (long + short)
        }
        self.init(spread, roundTripFee: fee, holdingHours: holdingHours)
    }

    /// What is left of a spread that costs so much; a spread that does not pay never breaks even.
    public init(_ spread: FundingSpread, roundTripFee fee: Double?, holdingHours: Double) {
        self.holdingHours = holdingHours
        guard let fee else { return }
        let net = spread.hourlyCarry * holdingHours - fee
        roundTripFee = fee
        netReturn = net
        netAPR = net / holdingHours * 876_000
        guard spread.hourlyCarry > 0 else { return }
        let hours = max(0, fee / spread.hourlyCarry)
        guard hours <= Self.longestWait else { return }
        breakEvenHours = hours
        breakEvenSettlements = Int((hours / spread.syncPeriodHours).rounded(.up))
    }
}
