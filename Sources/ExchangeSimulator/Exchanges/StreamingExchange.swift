import FundingJSON

/// How one exchange pushes: what it accepts, how it answers, what it sends when. Pure, like `PlayedExchange`.
protocol StreamingExchange: PlayedExchange {
    /// The state of a socket opened under this path with this query, and what is said first; nil: there is no such path,
    /// or the exchange lets no one in that way.
    func open(_ request: SimulatedRequest, in scene: Scene) -> StreamOpening?

    /// Takes a message and answers it. A text that is no JSON, such as a bare `ping`, arrives as a JSON string.
    func receive(_ message: JSONView, on session: inout StreamSession, in scene: Scene) -> [[UInt8]]

    /// What is pushed now; called every `pushPeriod` while the socket is open. Data is of the session's topics alone, for
    /// a fault silences some by taking them away; heartbeats need none.
    func push(to session: inout StreamSession, in scene: Scene) -> [[UInt8]]

    /// Milliseconds between two pushes.
    var pushPeriod: Int { get }

    /// What the server asks of a client to prove that it lives.
    var liveness: StreamLiveness { get }
}

/// How an exchange makes sure that a client is still there.
struct StreamLiveness: Sendable, Hashable {
    /// Milliseconds between two control pings; nil: none are sent.
    var pingPeriod: Int?
    /// Milliseconds between two heartbeats of the exchange's own, made by `push`, are its own affair. This is how long a
    /// client may be silent (no message, no pong) before it is cut; nil: for ever.
    var maximumSilence: Int?
}

/// A socket that was let in.
struct StreamOpening: Sendable {
    var session: StreamSession
    /// Sent at once: a greeting.
    var greeting: [[UInt8]] = []
}

/// What an exchange remembers of one socket.
struct StreamSession: Sendable {
    var path: String
    var query: [String: String] = [:]
    /// What is subscribed to, in the order of subscribing.
    var topics: [String] = []
    /// Topics that have had their snapshot, and what was pushed last on them: for exchanges that push changes only.
    var memory: [String: String] = [:]
    /// Messages pushed so far: a sequence for exchanges that count.
    var count = 0
    /// When the exchange last sent a heartbeat of its own, in milliseconds since 1970.
    var heartbeatAt = 0

    init(path: String, query: [String: String] = [:]) {
        self.path = path
        self.query = query
    }

    /// Adds topics that are not there yet.
    mutating func subscribe(_ new: [String]) {
        for topic in new where !topics.contains(topic) { topics.append(topic) }
    }

    mutating func unsubscribe(_ old: [String]) {
        topics.removeAll(where: old.contains)
        for topic in old { memory[topic] = nil }
    }
}
