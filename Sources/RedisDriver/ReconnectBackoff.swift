/// How long to wait before the next attempt to connect: full jitter under a limit that doubles up to five seconds.
struct ReconnectBackoff {
    static let first = Duration.milliseconds(100)
    static let cap = Duration.seconds(5)
    /// A connection that lived at least this long was a good one, so the next loss starts from the beginning.
    static let provenAfter = Duration.seconds(1)

    private var attempts = 0

    /// The delay after one more failure; `fraction` is a random number from 0 to 1.
    mutating func delay(fraction: Double) -> Duration {
        let limit = min(Self.cap, Self.first * (1 << min(attempts, 10)))
        attempts += 1
        return limit * fraction
    }

    mutating func connectionEnded(after lifetime: Duration) {
        if lifetime >= Self.provenAfter { attempts = 0 }
    }
}
