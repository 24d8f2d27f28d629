import FundingCore
import FundingRuntime
import WebServer

/// How often one client may read: a bucket of requests for each address, refilled steadily.
final class ReadLimit: Sendable {
    /// Programs on the same machine are the operator's own: they get this many times as much.
    static let loopbackFactor = 10.0
    /// Beyond so many addresses, those with a full bucket are forgotten.
    private static let mostClients = 10_000

    private let perMinute: Int
    private let buckets = Lock<[String: (bucket: TokenBucket, usedAt: ContinuousClock.Instant)]>([:])

    /// - Parameter perMinute: 0 for no limit.
    init(perMinute: Int) {
        self.perMinute = perMinute
    }

    /// Takes one request from a client's bucket.
    func decision(for address: String, isLoopback: Bool, at now: ContinuousClock.Instant) -> TokenBucket.Decision {
        guard perMinute > 0 else { return .granted }
        let capacity = Double(perMinute) * (isLoopback ? Self.loopbackFactor : 1)
        return buckets.withLock { buckets in
            if buckets.count >= Self.mostClients, buckets[address] == nil {
                buckets = buckets.filter { now - $0.value.usedAt < .seconds(60) }
                // All are busy: whoever this is, a table without end would cost more than the limit saves.
                if buckets.count >= Self.mostClients { buckets = [:] }
            }
            var bucket =
                buckets[address]?.bucket
                ?? TokenBucket(capacity: capacity, refillPerSecond: capacity / 60, at: now)
            let decision = bucket.take(at: now)
            buckets[address] = (bucket, now)
            return decision
        }
    }

    /// Stands before everything under `/api`; probes and pages are not counted.
    var middleware: WebRouter.Middleware {
        { [self] request, next in
            guard request.segments.first == "api" else { return try await next(request) }
            switch decision(for: request.remoteAddress, isLoopback: request.isLoopbackPeer, at: .now) {
            case .granted: return try await next(request)
            case .wait(let time):
                let seconds = Int((time / .seconds(1)).rounded(.up))
                throw WebError(
                    status: 429, code: "rate_limited",
                    message: "More than \(perMinute) requests a minute; try again in \(seconds) s",
                    headers: [WebError.Header("Retry-After", "\(max(1, seconds))")]
                )
            }
        }
    }
}
