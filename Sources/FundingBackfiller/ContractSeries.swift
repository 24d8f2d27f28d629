import Foundation
import FundingCore

/// A contract's settlements while they are being fetched: those that are stored and those that have come, in whatever
/// order pages bring them.
///
/// An interval is known only beside its neighbours, and the neighbour of a page's last row stands on another page. So with
/// every page all points are worked out anew, and those that came out differently are stored again: in the end the rows
/// are the same, however the pages lay and however often the work was cut off.
struct ContractSeries {
    /// From before the window, so that its first point has a neighbour.
    private let earlier: [SettledPoint]
    private let ledger: IntervalLedger
    private let symbol: String
    /// As the table has them, or will have them once what was returned last is written.
    private var kept: [Date: SettledPoint]
    private var fetched: [Date: FundingSettlement] = [:]
    /// How many of the settlements that came have no interval yet, for want of neighbours: they are no points.
    private(set) var unread = 0
    /// Stored intervals are as stated where the exchange states them; everywhere else they were worked out.
    private var statesIntervals = false

    /// - Parameter stored: ascending; points before `start` are neighbours only.
    init(_ symbol: String, stored: [SettledPoint], from start: Date, ledger: IntervalLedger) {
        self.symbol = symbol
        self.ledger = ledger
        earlier = stored.filter { $0.fundingTime < start }
        kept = Dictionary(
            stored.lazy.filter { $0.fundingTime >= start }.map { ($0.fundingTime, $0) }, uniquingKeysWith: { $1 })
    }

    /// Takes in a page.
    /// - Returns: the points that have to be written, ascending: new ones, revised ones, and those whose interval is
    ///   understood only now.
    mutating func add(_ settlements: [FundingSettlement]) -> [SettledPoint] {
        for settlement in settlements {
            fetched[settlement.slot] = settlement
            if settlement.interval != nil { statesIntervals = true }
        }
        let known = kept.values.filter { fetched[$0.fundingTime] == nil }.map(settlement)
        let all = SettledPoint.points(of: Array(fetched.values) + known, after: earlier, ledger: ledger)
        unread = fetched.count + known.count - all.count
        var changed: [SettledPoint] = []
        for var point in all {
            let old = kept[point.fundingTime]
            point.markPrice = point.markPrice ?? old?.markPrice
            // When it was paid is kept as it was first stated.
            point.settledAt = old?.settledAt ?? point.settledAt
            guard point != old else { continue }
            kept[point.fundingTime] = point
            changed.append(point)
        }
        return changed
    }

    /// Every stored settlement was among those that came.
    var hasComeAgain: Bool { kept.keys.allSatisfy { fetched[$0] != nil } }

    /// All points within the window that the table has now, ascending.
    var points: [(time: Date, interval: FundingInterval)] {
        kept.values.map { (time: $0.fundingTime, interval: $0.interval) }.sorted { $0.time < $1.time }
    }

    private func settlement(_ point: SettledPoint) -> FundingSettlement {
        FundingSettlement(
            symbol, settledAt: point.settledAt, rate: point.fundingRate, every: statesIntervals ? point.interval : nil,
            markPrice: point.markPrice
        )
    }
}
