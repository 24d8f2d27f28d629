/// When the next change of the grid may go out. The market moves many times a second, and a thousand clients take a frame of
/// it in some time: frames go out one after the other, and a crowd is given as long a rest after each as taking it took.
struct GridPace: Sendable {
    private enum Limits {
        /// Fewer clients than these take a frame in no time.
        static let crowd = 50
        /// How many of them must have taken a frame: somebody on a bad line delays nobody else.
        static let share = 0.9
        /// Longer than this no frame is waited for.
        static let taking = Duration.milliseconds(200)
    }

    private var sentAt: ContinuousClock.Instant?
    private var freeAt: ContinuousClock.Instant?

    /// Whether somebody has to look on whether the last frame has been taken.
    var isWaiting: Bool { sentAt != nil }

    /// A frame has gone out to so many clients.
    mutating func sent(to clients: Int, at now: ContinuousClock.Instant) {
        sentAt = clients < Limits.crowd ? nil : now
        freeAt = nil
    }

    /// Looks whether the last frame has been taken.
    /// - Parameter haveTaken: whether so large a share of the clients has nothing waiting.
    mutating func look(at now: ContinuousClock.Instant, haveTaken: (_ share: Double) -> Bool) {
        guard let sentAt else { return }
        if freeAt == nil, now - sentAt >= Limits.taking || haveTaken(Limits.share) {
            freeAt = now + min(now - sentAt, Limits.taking)
        }
        if let freeAt, now >= freeAt { self = GridPace() }
    }
}
