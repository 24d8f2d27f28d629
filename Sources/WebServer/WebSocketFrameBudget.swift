/// How many frames a client may send that are no messages: pings, pongs, and the pieces of a message after its first.
///
/// Whoever hears the messages counts those. What is between them costs a client next to nothing, and never reaches him.
struct WebSocketFrameBudget {
    /// A client that was quiet may send at once what it may send in so many seconds: sixty messages of the greatest
    /// length, each in sixteen pieces.
    static let burstSeconds = 5

    private let perSecond: Double
    private var left: Double
    private var updatedAt: ContinuousClock.Instant

    private var most: Double { perSecond * Double(Self.burstSeconds) }

    init(perSecond: Int, at now: ContinuousClock.Instant) {
        self.perSecond = Double(perSecond)
        left = Double(perSecond * Self.burstSeconds)
        updatedAt = now
    }

    /// - Returns: whether one more may come now.
    mutating func take(at now: ContinuousClock.Instant) -> Bool {
        if now > updatedAt {
            left = min(most, left + (now - updatedAt) / .seconds(1) * perSecond)
            updatedAt = now
        }
        guard left >= 1 else { return false }
        left -= 1
        return true
    }
}
