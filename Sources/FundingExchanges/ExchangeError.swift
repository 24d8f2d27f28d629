import CurlDriver
public import FundingCore

/// A request that brought no usable answer.
public struct ExchangeError: Error, Sendable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
        /// No connection: name or route.
        case unreachable
        /// A host that cannot prove by its certificate who it is; nothing is sent to it.
        case untrusted
        case timedOut
        /// 429 or the exchange's own words for it.
        case rateLimited(retryAfter: Duration?)
        /// 418: the address is banned; nothing at all may be sent to this host until then.
        case banned(retryAfter: Duration?)
        /// 403, 451: this place or this address may not use the host; asking again soon does not help.
        case blocked
        /// 5xx.
        case unavailable(status: Int)
        /// Any other refusal, by HTTP status or by the exchange's own error code.
        case refused(code: Int)
        /// The body is not what the exchange documents: garbage, HTML, truncated, too large.
        case unreadable
    }

    public var feed: FeedID
    /// The request's label.
    public var request: String
    public var kind: Kind
    public var detail: String

    public init(feed: FeedID, request: String, kind: Kind, detail: String) {
        self.feed = feed
        self.request = request
        self.kind = kind
        self.detail = detail
    }

    /// Whether asking again within the same poll can help. The only place that decides.
    public var isTransient: Bool {
        switch kind {
        case .unreachable, .timedOut, .unavailable: true
        // A certificate is not replaced within seconds.
        case .untrusted, .rateLimited, .banned, .blocked, .refused, .unreadable: false
        }
    }

    public var description: String { "\(request): \(kind.label): \(detail)" }
}

extension ExchangeError.Kind {
    /// One word for logs, metrics and the health row.
    public var label: String {
        switch self {
        case .unreachable: "unreachable"
        case .untrusted: "untrusted"
        case .timedOut: "timed_out"
        case .rateLimited: "rate_limited"
        case .banned: "banned"
        case .blocked: "blocked"
        case .unavailable: "unavailable"
        case .refused: "refused"
        case .unreadable: "unreadable"
        }
    }

    /// How long nothing may be sent to the host after this.
    public var pause: Duration? {
        switch self {
        case .rateLimited(let stated): stated ?? .seconds(60)
        // Binance bans for two minutes at the least.
        case .banned(let stated): stated ?? .seconds(120)
        case .blocked: .seconds(600)
        case .unreachable, .untrusted, .timedOut, .unavailable, .refused, .unreadable: nil
        }
    }

    /// A pause as an exchange states it, at least a second and at most three days (the longest ban that Binance
    /// documents); nil for what is no length of time.
    static func statedPause(seconds: Double) -> Duration? {
        guard seconds.isFinite, seconds >= 0 else { return nil }
        return .seconds(min(max(seconds, 1), 3 * 86_400))
    }

    /// What an HTTP status means where the exchange says nothing of its own.
    static func meaning(ofStatus status: Int) -> ExchangeError.Kind {
        switch status {
        case 429: .rateLimited(retryAfter: nil)
        case 418: .banned(retryAfter: nil)
        case 403, 451: .blocked
        case 500...: .unavailable(status: status)
        default: .refused(code: status)
        }
    }
}

extension ExchangeError {
    init(feed: FeedID, request: String, fetch error: HTTPFetchError) {
        let kind: Kind =
            switch error.kind {
            case .timedOut: .timedOut
            case .tls: .untrusted
            case .bodyTooLarge, .truncated, .badEncoding: .unreadable
            default: .unreachable
            }
        self.init(feed: feed, request: request, kind: kind, detail: error.description)
    }
}
