import Foundation

extension SettledPoint {
    /// A contract's settlements, in any order and with duplicates, as points: snapped, one a slot, ascending, each with
    /// the interval it was paid for: the one the exchange states, else what the distances to its neighbours tell (see
    /// `IntervalReading`), so that 8h→4h→1h→8h is exact and a hole in a 4h series does not become a payment of 8 h.
    ///
    /// Of several settlements in one slot the one booked last is taken, the later given of two booked at once; what it
    /// leaves open, an earlier one may fill.
    ///
    /// The first of all is judged by what follows it. Whoever reads pages from the newest to the oldest hands the oldest
    /// settlement of a page over once more with the next page, which then holds the one before it. A single settlement
    /// of a contract of which nothing is known has no interval and is left out.
    /// - Parameters:
    ///   - settlements: of one contract.
    ///   - earlier: points known already, before or around the settlements, ascending: neighbours, not part of the result.
    ///   - ledger: tells what the neighbours leave open.
    public static func points(
        of settlements: [FundingSettlement], after earlier: [SettledPoint], ledger: IntervalLedger
    ) -> [SettledPoint] {
        let payments = merged(onePerSlot(of: settlements), with: earlier)
        let reading = IntervalReading(payments, ledger: ledger)
        var points: [SettledPoint] = []
        points.reserveCapacity(settlements.count)
        var previous: FundingInterval?
        for (index, payment) in payments.enumerated() {
            guard let interval = reading.interval(of: index, after: previous) else { continue }
            previous = interval
            guard let settlement = payment.settlement else { continue }
            points.append(
                SettledPoint(
                    fundingTime: payment.slot, settledAt: settlement.settledAt, fundingRate: settlement.fundingRate,
                    interval: interval, markPrice: settlement.markPrice
                )
            )
        }
        return points
    }

    private static func onePerSlot(of settlements: [FundingSettlement]) -> [Payment] {
        let payments = settlements.enumerated().map { order, settlement in
            (order, Payment(slot: settlement.slot, settlement: settlement))
        }.sorted { left, right in
            (left.1.slot, left.1.settlement?.settledAt ?? left.1.slot, left.0)
                < (right.1.slot, right.1.settlement?.settledAt ?? right.1.slot, right.0)
        }
        var kept: [Payment] = []
        kept.reserveCapacity(payments.count)
        for (_, payment) in payments {
            guard let last = kept.last, last.slot == payment.slot else {
                kept.append(payment)
                continue
            }
            kept[kept.count - 1] = payment.filled(from: last)
        }
        return kept
    }

    /// Both ascending; of a slot in both the settlement is kept.
    private static func merged(_ payments: [Payment], with earlier: [SettledPoint]) -> [Payment] {
        var merged: [Payment] = []
        merged.reserveCapacity(payments.count + earlier.count)
        var known = earlier[...]
        for payment in payments {
            while let point = known.first, point.fundingTime <= payment.slot {
                known.removeFirst()
                if point.fundingTime < payment.slot { merged.append(Payment(point)) }
            }
            merged.append(payment)
        }
        return merged + known.map(Payment.init)
    }
}

/// A payment in its slot: a settlement to be judged, or a neighbour whose interval is known.
struct Payment {
    var slot: Date
    var interval: FundingInterval?
    var settlement: FundingSettlement?

    init(slot: Date, settlement: FundingSettlement) {
        self.slot = slot
        self.interval = settlement.interval
        self.settlement = settlement
    }

    init(_ point: SettledPoint) {
        slot = point.fundingTime
        interval = point.interval
    }

    /// The payment, with what it leaves open taken from another report of it.
    func filled(from other: Payment) -> Payment {
        var filled = self
        filled.interval = interval ?? other.interval
        filled.settlement?.markPrice = settlement?.markPrice ?? other.settlement?.markPrice
        return filled
    }
}
