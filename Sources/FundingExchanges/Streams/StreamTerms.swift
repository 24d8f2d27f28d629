/// The facts about a stream that are no code.
public struct StreamTerms: Sendable {
    /// What a client must say so that the exchange keeps the connection.
    public enum Heartbeat: Sendable, Hashable {
        /// Nothing: the exchange pings by control frames, which are answered without being asked for.
        case none
        /// This text, so often.
        case text(String, every: Duration)
        /// An empty ping frame, so often.
        case pingFrame(every: Duration)
    }

    /// Scheme and host that every path is appended to: `wss://stream.bybit.com`.
    public var host: String
    public var heartbeat: Heartbeat
    /// Nothing may be sent before the exchange's first message.
    public var awaitsGreeting: Bool
    /// The longest time without data after which a connection counts as dead, whatever else it still says.
    public var silence: Duration
    /// After how long a connection is replaced by a new one, before the exchange ends it.
    public var lifetime: Duration?
    /// How fast we may speak.
    public var messagesPerSecond: Double
    /// How often a connection may be opened.
    public var connectionsPerMinute: Double

    public init(
        host: String, heartbeat: Heartbeat = .none, awaitsGreeting: Bool = false, silence: Duration,
        lifetime: Duration? = nil, messagesPerSecond: Double, connectionsPerMinute: Double = 20
    ) {
        self.host = host
        self.heartbeat = heartbeat
        self.awaitsGreeting = awaitsGreeting
        self.silence = silence
        self.lifetime = lifetime
        self.messagesPerSecond = messagesPerSecond
        self.connectionsPerMinute = connectionsPerMinute
    }
}

/// Where to connect, as a ticket says.
public struct StreamAddress: Sendable, Hashable {
    /// The whole address, query and token included. Secret enough not to be logged.
    public var url: String
    /// Replaces the heartbeat of the terms.
    public var heartbeat: StreamTerms.Heartbeat?

    public init(_ url: String, heartbeat: StreamTerms.Heartbeat? = nil) {
        self.url = url
        self.heartbeat = heartbeat
    }

    /// Puts another scheme and host before path and query.
    mutating func moveHost(to base: String) {
        let host = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? url[...]
        url = base + (host.firstIndex { $0 == "/" || $0 == "?" }.map { host[$0...] } ?? "")
    }
}

/// One connection of a feed: what is subscribed to on it.
public struct StreamConnection: Sendable, Hashable {
    /// Tells connections of a feed apart, and names this one in logs and tables: `linear.1`.
    public var key: String
    /// Appended to the host; empty where a ticket gives the whole address.
    public var path: String
    /// The messages that subscribe to everything, in the order they are sent.
    public var subscriptions: [String]
    /// The contracts it brings news of.
    public var contracts: Int
    /// The channels that are pushed at a known rhythm, and how long each may be silent.
    public var rhythms: [String: Duration]

    public init(
        _ key: String, path: String, subscriptions: [String], contracts: Int, rhythms: [String: Duration] = [:]
    ) {
        self.key = key
        self.path = path
        self.subscriptions = subscriptions
        self.contracts = contracts
        self.rhythms = rhythms
    }
    /// Whether the two are one connection; how many contracts share a channel makes no difference.
    func subscribesLike(_ other: StreamConnection) -> Bool {
        key == other.key && path == other.path && subscriptions == other.subscriptions && rhythms == other.rhythms
    }
}
