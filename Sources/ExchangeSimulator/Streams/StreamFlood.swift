/// How many messages a flood still owes.
struct StreamFlood: Sendable {
    private var last: ContinuousClock.Instant?
    private var owed = 0.0
    /// Between two bursts.
    static let step = Duration.milliseconds(20)
    /// A client that does not keep up gets no more before it has read.
    static let maximumQueue = 4 << 20
    /// The most in one burst, so that a delayed one does not arrive all at once.
    private static let maximumBurst = 5000

    var isOn: Bool { last != nil }

    /// The messages due since the last call; nil ends the flood.
    mutating func due(_ perSecond: Double?, at now: ContinuousClock.Instant) -> Int {
        guard let perSecond else {
            self = StreamFlood()
            return 0
        }
        let elapsed = last.map { now - $0 } ?? .zero
        last = now
        owed = min(owed + elapsed / .seconds(1) * perSecond, Double(Self.maximumBurst))
        let count = Int(owed)
        owed -= Double(count)
        return count
    }
}
