import Foundation

/// Which readings belong to the kept path of a feed's predicted rates: where a rate has moved, and at most one a minute
/// of a contract.
public struct RatePath: Sendable {
    private struct Point {
        var minute: Int
        var rate: Double
    }

    private var latest: [String: Point] = [:]

    public init() {}

    /// The symbols among `snapshots` that are worth a point now. They count as kept from then on: a point that is lost
    /// with a failed write is made up for by the next move.
    public mutating func points(of snapshots: [FundingSnapshot]) -> Set<String> {
        var due: Set<String> = []
        for snapshot in snapshots {
            let symbol = snapshot.contract.symbol
            let minute = Int((snapshot.observedAt.timeIntervalSince1970 / 60).rounded(.down))
            if let point = latest[symbol], point.minute >= minute || point.rate == snapshot.fundingRate { continue }
            latest[symbol] = Point(minute: minute, rate: snapshot.fundingRate)
            due.insert(symbol)
        }
        return due
    }
}
