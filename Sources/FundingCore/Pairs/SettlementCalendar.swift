public import Foundation

/// Every coming payment of a pair up to a horizon, if its rates stayed as they are, and how deep the balance would go on
/// the way: legs that pay at different times may have to pay first what they receive later.
///
/// Amounts are fractions of the notional of one leg, seen from the position: negative is paid. A contract whose funding
/// accrues continuously has no payments; it moves the balance all the time.
public struct SettlementCalendar: Hashable, Sendable {
    /// What is known of a leg's contract.
    public struct Leg: Hashable, Sendable {
        /// The predicted rate, fraction per `interval`.
        public var rate: Double
        public var interval: FundingInterval
        public var isContinuous: Bool
        /// When the exchange says that the next payment falls due.
        public var nextFundingTime: Date?
        /// How good its predictions have been; those of another interval than the present one are left aside.
        public var scores: [PredictionScore.Horizon: PredictionScore]

        public init(
            rate: Double, interval: FundingInterval, isContinuous: Bool, nextFundingTime: Date?,
            scores: [PredictionScore.Horizon: PredictionScore] = [:]
        ) {
            self.rate = rate
            self.interval = interval
            self.isContinuous = isContinuous
            self.nextFundingTime = nextFundingTime
            self.scores = scores
        }

        public init(_ live: LiveRate, scores: [PredictionScore.Horizon: PredictionScore] = [:]) {
            self.init(
                rate: live.fundingRate, interval: live.interval, isContinuous: live.isContinuous,
                nextFundingTime: live.nextFundingTime, scores: scores)
        }
    }

    /// One payment of one leg.
    public struct Payment: Hashable, Sendable {
        public var time: Date
        public var side: PairSide
        /// What the position receives.
        public var amount: Double
        /// Where the amount is to be expected; only of a leg's next payment, and only where its predictions are known.
        public var band: ClosedRange<Double>?
    }

    /// In the order of time, the long leg first.
    public var payments: [Payment]
    /// What the position receives an hour from legs that accrue continuously.
    public var accrualPerHour: Double
    /// The balance at the horizon.
    public var total: Double
    /// The lowest balance on the way, 0 at the beginning included.
    public var worstBalance: Double

    /// No leg is looked ahead further than this many payments: a month of hourly ones.
    public static let mostPayments = 744

    /// - Parameter horizon: how far to look ahead of `now`, the end included.
    public init(long: Leg, short: Leg, now: Date, horizon: Duration) {
        let end = now.addingTimeInterval(horizon / .seconds(1))
        let legs: [(PairSide, Leg)] = [(.long, long), (.short, short)]
        payments = legs.flatMap { side, leg in leg.payments(of: side, after: now, upTo: end) }
            .sorted { ($0.time, $0.side == .long ? 0 : 1) < ($1.time, $1.side == .long ? 0 : 1) }
        accrualPerHour = legs.reduce(0) { sum, leg in
            guard leg.1.isContinuous else { return sum }
            return sum + leg.0.received(of: Annualising.hourlyRate(of: leg.1.rate, every: leg.1.interval))
        }
        (total, worstBalance) = Self.balance(payments, accrualPerHour, from: now, to: end)
    }

    /// Between two instants of payment the balance moves steadily, so that it is lowest at one of them or at the end.
    private static func balance(
        _ payments: [Payment], _ accrualPerHour: Double, from start: Date, to end: Date
    ) -> (total: Double, worst: Double) {
        var (paid, worst) = (0.0, 0.0)
        var rest = payments[...]
        func accrued(at time: Date) -> Double { accrualPerHour * time.timeIntervalSince(start) / 3600 }
        while let time = rest.first?.time {
            worst = min(worst, paid + accrued(at: time))
            while let payment = rest.first, payment.time == time {
                paid += payment.amount
                rest.removeFirst()
            }
            worst = min(worst, paid + accrued(at: time))
        }
        let total = paid + accrued(at: end)
        return (total, min(worst, total))
    }
}

extension SettlementCalendar.Leg {
    fileprivate func payments(of side: PairSide, after now: Date, upTo end: Date) -> [SettlementCalendar.Payment] {
        guard !isContinuous else { return [] }
        let next = NextFundingTime.resolve(stated: nextFundingTime, every: interval, now: now)
        let expected = ExpectedPayment(
            predicted: rate, every: interval, in: next.timeIntervalSince(now), scores: scores)
        return (0..<SettlementCalendar.mostPayments).lazy.map { next + Double($0) * interval.seconds }
            .prefix { $0 <= end }
            .map { time in
                SettlementCalendar.Payment(
                    time: time, side: side, amount: side.received(of: rate),
                    band: time == next ? expected.band.map { side.received(of: $0) } : nil)
            }
    }
}

extension PairSide {
    fileprivate func received(of band: ClosedRange<Double>) -> ClosedRange<Double> {
        let ends = (received(of: band.lowerBound), received(of: band.upperBound))
        return min(ends.0, ends.1)...max(ends.0, ends.1)
    }
}
