public import Foundation

/// The unit prices of contracts at their settlements: how far two legs have come apart when it counted.
///
/// A pair that is long on one and short on the other loses when the short leg's unit grows dearer in terms of the long
/// one's. With q = unit price(short) / unit price(long), its worst divergence is the largest q(later)/q(earlier) − 1 over
/// any two moments of the window: what a position could have lost, entered at the worst moment and left at the worst.
public struct MarkHistory: Sendable {
    /// A price and the hour since 1970 it belongs to.
    private struct Point {
        var hour: Int32
        var price: Float
    }

    private static let windowHours: Int32 = 720
    /// Fewer moments than these do not tell.
    private static let leastPoints = 10

    private var points: [Int: [Point]] = [:]

    public init() {}

    /// Takes over a settlement's mark price per unit of the base asset; of one hour the last counts.
    public mutating func insert(_ unitPrice: Double, of id: Int, at time: Date) {
        let hour = Int32((time.timeIntervalSince1970 / 3600).rounded())
        let point = Point(hour: hour, price: Float(unitPrice))
        var known = points[id] ?? []
        // Nearly always the latest.
        var index = known.endIndex
        while index > 0, known[index - 1].hour > hour { index -= 1 }
        if index > 0, known[index - 1].hour == hour {
            known[index - 1] = point
        } else {
            known.insert(point, at: index)
        }
        points[id] = known
    }

    /// Lets go of what is older than 30 days.
    public mutating func evict(at now: Date) {
        let first = Int32((now.timeIntervalSince1970 / 3600).rounded(.down)) - Self.windowHours
        for id in points.keys {
            points[id]?.removeAll { $0.hour < first }
            if points[id]?.isEmpty == true { points[id] = nil }
        }
    }

    /// A fraction, 0 if the legs never came apart that way; nil if fewer than ten hours have a price of both.
    public func worstDivergence(long: Int, short: Int) -> Double? {
        guard let longs = points[long], let shorts = points[short] else { return nil }
        var (worst, lowest) = (Float(0), Float.infinity)
        var (l, s, count) = (0, 0, 0)
        while l < longs.count, s < shorts.count {
            if longs[l].hour < shorts[s].hour {
                l += 1
            } else if longs[l].hour > shorts[s].hour {
                s += 1
            } else {
                let ratio = shorts[s].price / longs[l].price
                lowest = min(lowest, ratio)
                worst = max(worst, ratio / lowest - 1)
                (l, s, count) = (l + 1, s + 1, count + 1)
            }
        }
        return count < Self.leastPoints ? nil : Double(worst)
    }
}
