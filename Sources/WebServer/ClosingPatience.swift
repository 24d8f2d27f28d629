/// How long a client that is being closed may take to read what is on its way to it, the close frame last.
struct ClosingPatience {
    /// At most as many times as long as a closing handshake may take, however much is left.
    static let handshakes = 12

    private let end: ContinuousClock.Instant
    private var unsentBytes: Int

    /// - Parameter handshake: how long a closing handshake may take.
    init(_ handshake: Duration, unsentBytes: Int, at now: ContinuousClock.Instant) {
        end = now + handshake * Self.handshakes
        self.unsentBytes = unsentBytes
    }

    /// Whether the client has taken some of it since it was looked last, and so has as long as a handshake once more.
    mutating func lasts(unsentBytes: Int, at now: ContinuousClock.Instant) -> Bool {
        defer { self.unsentBytes = unsentBytes }
        return unsentBytes < self.unsentBytes && now < end
    }
}
