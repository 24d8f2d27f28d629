/// How long an open WebSocket's server may be silent, and how long it may take nothing of what is sent.
struct WebSocketPatience {
    typealias Instant = ContinuousClock.Instant

    enum Verdict: Equatable {
        case wait
        /// The server has been silent for half of what is allowed: ask whether it lives.
        case ping
        case silent
        case stalled
    }

    /// nil for ever.
    let idleTimeout: Duration?
    let sendTimeout: Duration

    private var lastReceived: Instant
    private var hasPinged = false
    private var stalledSince: Instant?
    /// Whether reading pauses: silence is this side's doing then.
    private(set) var isPaused = false

    init(idleTimeout: Duration?, sendTimeout: Duration, at now: Instant) {
        self.idleTimeout = idleTimeout
        self.sendTimeout = sendTimeout
        lastReceived = now
    }

    /// Something came in.
    mutating func noteReceived(at now: Instant) {
        lastReceived = now
        hasPinged = false
    }

    /// Nothing goes out, though something should.
    mutating func noteBlocked(at now: Instant) {
        stalledSince = stalledSince ?? now
    }

    /// Something went out, or there is nothing more to send.
    mutating func noteSent() {
        stalledSince = nil
    }

    mutating func pause() {
        isPaused = true
    }

    mutating func resume(at now: Instant) {
        isPaused = false
        noteReceived(at: now)
    }

    /// When the verdict can change at the earliest; nil for never.
    var nextLook: Instant? {
        let stall = stalledSince.map { $0 + sendTimeout }
        guard let silence else { return stall }
        return min(stall ?? silence, silence)
    }

    private var silence: Instant? {
        guard !isPaused, let idleTimeout else { return nil }
        return lastReceived + (hasPinged ? idleTimeout : idleTimeout / 2)
    }

    /// What is to be done; a ping is asked for once.
    mutating func verdict(at now: Instant) -> Verdict {
        if let stalledSince, stalledSince + sendTimeout <= now { return .stalled }
        guard let silence, silence <= now else { return .wait }
        if hasPinged { return .silent }
        hasPinged = true
        return .ping
    }
}
