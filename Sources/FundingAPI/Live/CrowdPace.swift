/// When the next news may go out to a crowd. The market moves many times a second, and a thousand clients take a frame of
/// it in some time: frames go out one after the other, and after each the crowd is given as long a rest as taking it took.
/// An exchange's poll waits for the frame before it, and for no rest.
struct CrowdPace: Sendable {
    private enum Limits {
        /// Fewer clients than these take a frame in no time.
        static let crowd = 50
        /// How many of them must have taken a frame: somebody on a bad line delays nobody else.
        static let share = 0.9
        /// Longer than this no frame is waited for.
        static let taking = Duration.milliseconds(200)
    }

    private enum Stage {
        case free
        case taking(since: ContinuousClock.Instant)
        case resting(until: ContinuousClock.Instant)
    }

    private var stage = Stage.free

    /// Whether somebody has to look how the crowd fares.
    var isWaiting: Bool {
        if case .free = stage { false } else { true }
    }

    func allows(isPoll: Bool) -> Bool {
        switch stage {
        case .free: true
        case .taking: false
        case .resting: isPoll
        }
    }

    /// A frame has gone out to so many clients.
    mutating func sent(to clients: Int, at now: ContinuousClock.Instant) {
        stage = clients < Limits.crowd ? .free : .taking(since: now)
    }

    /// Looks whether the last frame has been taken.
    /// - Parameter haveTaken: whether so large a share of the clients has nothing waiting.
    mutating func look(at now: ContinuousClock.Instant, haveTaken: (_ share: Double) -> Bool) {
        if case .taking(let since) = stage, now - since >= Limits.taking || haveTaken(Limits.share) {
            stage = .resting(until: now + min(now - since, Limits.taking))
        }
        if case .resting(let end) = stage, now >= end { stage = .free }
    }
}
