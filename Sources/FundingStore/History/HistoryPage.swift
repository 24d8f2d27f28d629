import Foundation
import FundingCore
import PostgresDriver

/// What one write has to store: a row a contract and slot, in that order, so that no two writers wait for each other.
struct HistoryPage {
    /// A contract and the slots between which its rows of this page lie.
    struct Extent {
        var contractID: Int
        var first: Date
        var last: Date
    }

    typealias Row = (contractID: Int, point: SettledPoint)

    private(set) var rows: [Row]
    private(set) var extents: [Extent] = []

    /// Of several rows with the same contract and slot, the last one stands.
    init(_ points: [Row]) {
        rows = Self.isOrdered(points) ? points : Self.ordered(points)
        for row in rows {
            if let last = extents.indices.last, extents[last].contractID == row.contractID {
                extents[last].last = row.point.fundingTime
            } else {
                let slot = row.point.fundingTime
                extents.append(Extent(contractID: row.contractID, first: slot, last: slot))
            }
        }
    }

    /// The columns that `copyRows` fills.
    static let columns = "contract_id, funding_time, funding_rate, funding_interval_hours, mark_price, settled_at"

    /// The rows of the contracts that `isWanted` names.
    func copyRows(where isWanted: (Int) -> Bool) -> PostgresCopyRows {
        var copy = PostgresCopyRows(columns: 6, reservingRows: rows.count)
        for (contractID, point) in rows where isWanted(contractID) {
            copy.startRow()
            copy.append(Int32(contractID))
            copy.append(point.fundingTime)
            copy.append(point.fundingRate)
            copy.append(point.interval.hours)
            copy.append(point.markPrice)
            copy.append(point.settledAt)
        }
        return copy
    }

    private static func isOrdered(_ points: [Row]) -> Bool {
        zip(points, points.dropFirst()).allSatisfy { key($0) < key($1) }
    }

    private static func ordered(_ points: [Row]) -> [Row] {
        // Swift's sort is stable, so that the last one of equals is the last one given.
        let sorted = points.sorted { key($0) < key($1) }
        return sorted.indices.compactMap { place in
            let next = place + 1
            return next < sorted.count && key(sorted[next]) == key(sorted[place]) ? nil : sorted[place]
        }
    }

    private static func key(_ row: Row) -> (Int, Date) { (row.contractID, row.point.fundingTime) }
}
