import Foundation
import FundingCore
import FundingRuntime
import WebServer

/// How often one client may ask: a bucket of requests for each address and kind of request, refilled steadily.
final class ClientLimits: Sendable {
    /// Requests a minute and client; 0 for no limit.
    struct Rates: Sendable, Equatable {
        var read = 600
        var heavy = 60
        var admin = 30

        static let none = Rates(read: 0, heavy: 0, admin: 0)
    }

    /// What a bucket is for.
    enum Kind: String, Sendable {
        case read, heavy, admin
    }

    /// What a client may still ask, for the fields of the answer.
    struct Standing: Sendable, Equatable {
        var kind: Kind
        var perMinute: Int
        var remaining: Int
        /// Seconds until the bucket is full again.
        var reset: Int
    }

    private struct Key: Hashable {
        var kind: Kind
        var network: String
        /// Whoever speaks for others from this machine has a bucket of another size than the machine's own programs.
        var isLoopback: Bool
    }

    /// Programs on the same machine are the operator's own: they get this many times as much.
    static let loopbackFactor = 10
    /// Beyond so many buckets, those that are full again are forgotten, and if none is, the half that was used longest ago.
    private static let mostBuckets = 10_000

    private let rates: Rates
    private let buckets = Lock<[Key: (bucket: TokenBucket, usedAt: ContinuousClock.Instant)]>([:])

    init(_ rates: Rates) {
        self.rates = rates
    }

    /// Takes one request out of a client's bucket.
    /// - Returns: nil where nothing is counted.
    /// - Throws: 429 with the seconds to wait.
    func take(
        _ access: Access, from address: String, isLoopback: Bool, at now: ContinuousClock.Instant = .now
    ) throws(WebError) -> Standing? {
        guard let kind = Self.kind(of: access) else { return nil }
        let perMinute = perMinute(kind) * (isLoopback ? Self.loopbackFactor : 1)
        guard perMinute > 0 else { return nil }
        let (decision, level) = draw(
            Key(kind: kind, network: Self.network(of: address), isLoopback: isLoopback), capacity: Double(perMinute),
            at: now)
        let refillPerSecond = Double(perMinute) / 60
        let standing = Standing(
            kind: kind, perMinute: perMinute, remaining: max(0, Int(level)),
            reset: Int(((Double(perMinute) - level) / refillPerSecond).rounded(.up)))
        guard case .wait(let time) = decision else { return standing }
        let seconds = max(1, Int((time / .seconds(1)).rounded(.up)))
        throw WebError(
            status: 429, code: "rate_limited",
            message: "More than \(perMinute) requests a minute; try again in \(seconds) s",
            headers: [WebError.Header("Retry-After", "\(seconds)")] + standing.fields.map { WebError.Header($0, $1) }
        )
    }

    private func draw(
        _ key: Key, capacity: Double, at now: ContinuousClock.Instant
    ) -> (TokenBucket.Decision, level: Double) {
        buckets.withLock { buckets in
            if buckets.count >= Self.mostBuckets, buckets[key] == nil {
                buckets = buckets.filter { now - $0.value.usedAt < .seconds(60) }
                if buckets.count >= Self.mostBuckets {
                    let times = buckets.values.map(\.usedAt).sorted()
                    let oldest = times[times.count / 2]
                    buckets = buckets.filter { $0.value.usedAt > oldest }
                }
            }
            var bucket =
                buckets[key]?.bucket ?? TokenBucket(capacity: capacity, refillPerSecond: capacity / 60, at: now)
            let decision = bucket.take(at: now)
            buckets[key] = (bucket, now)
            return (decision, bucket.level(at: now))
        }
    }

    /// Who counts as one client: an address of IPv4; of IPv6 the network, for one household has 2^64 addresses.
    static func network(of address: String) -> String {
        var bytes = in6_addr()
        guard address.contains(":"), inet_pton(AF_INET6, address, &bytes) == 1 else { return address }
        return withUnsafeBytes(of: bytes) { bytes in
            // An address of IPv4, mapped.
            let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
            return isMapped
                ? bytes.suffix(4).map { "\($0)" }.joined(separator: ".")
                : bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ":") + "/64"
        }
    }

    private static func kind(of access: Access) -> Kind? {
        switch access {
        case .open: nil
        case .read: .read
        case .heavy, .adminHeavy: .heavy
        case .admin, .adminRead: .admin
        }
    }

    private func perMinute(_ kind: Kind) -> Int {
        switch kind {
        case .read: rates.read
        case .heavy: rates.heavy
        case .admin: rates.admin
        }
    }
}

extension ClientLimits.Standing {
    /// The header fields that tell of it (RateLimit header fields for HTTP, draft-ietf-httpapi-ratelimit-headers-10).
    var fields: [(String, String)] {
        [
            ("RateLimit-Policy", "\"\(kind.rawValue)\";q=\(perMinute);w=60"),
            ("RateLimit", "\"\(kind.rawValue)\";r=\(remaining);t=\(reset)"),
        ]
    }
}
