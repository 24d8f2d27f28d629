import Foundation

/// The market's time: that of the machine, or faster.
struct MarketClock: Sendable {
    private let start: Int
    private let scale: Double

    /// - Parameter scale: how many milliseconds pass in the market for each of the machine's, from now on.
    init(scale: Double) {
        start = Self.wallTime
        self.scale = scale
    }

    var now: SimulatedTime {
        let wall = Self.wallTime
        return SimulatedTime(market: start + Int(Double(wall - start) * scale), wall: wall)
    }

    private static var wallTime: Int { Int(Date().timeIntervalSince1970 * 1000) }
}
