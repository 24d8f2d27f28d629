import FundingCore
import PostgresDriver
import RedisDriver

/// Hears every event; of a rates event it looks at once whether Postgres already has what it tells of.
actor EventWitness {
    struct Heard: Sendable {
        var event: RatesEvent
        /// The feed's sequence in Postgres at the moment of hearing; nil if Postgres did not answer.
        var committed: Int?
    }

    private(set) var heard: [Heard] = []
    /// What was told of contracts' terms, in its order.
    private(set) var contracts: [ContractsEvent] = []
    private(set) var unreadable = 0
    private var isSubscribed = false
    private let subscription: RedisSubscription
    private let pool: PostgresPool
    private let redis: PrivateRedis
    private var listening: Task<Void, Never>?

    /// Returns when the subscription stands.
    init(_ suite: Suite) async throws {
        redis = suite.redis
        subscription = RedisSubscription(
            try RedisConfiguration(url: suite.redis.url), name: "witness", channels: [Channels.contracts],
            patterns: [Channels.allRates]
        )
        pool = PostgresPool(
            try PostgresConfiguration(url: suite.postgres.url(), applicationName: "witness"), size: 1
        )
        listening = Task { await listen() }
        try await eventually("the witness listens") { isSubscribed }
    }

    private func listen() async {
        for await event in subscription.events {
            switch event {
            case .subscribed: isSubscribed = true
            case .message(Channels.contracts, let payload): hear(contracts: payload)
            case .message(_, let payload): await hear(payload)
            case .interrupted, .overflowed: break
            }
        }
    }

    private func hear(_ payload: [UInt8]) async {
        do {
            let event = try RatesEvent(wire: payload)
            var committed: Int?
            do {
                committed = try await pool.query(
                    "SELECT rates_sequence FROM exchange_health WHERE feed = \(event.feed.rawValue)"
                ).first?.decode("rates_sequence")
            } catch {
                committed = nil
            }
            heard.append(Heard(event: event, committed: committed))
        } catch {
            unreadable += 1
        }
    }

    private func hear(contracts payload: [UInt8]) {
        do { contracts.append(try ContractsEvent(wire: payload)) } catch { unreadable += 1 }
    }

    /// The changes of one contract's terms.
    func changes(of symbol: String, feed: String) -> [TermsChange] {
        contracts.filter { $0.feed.rawValue == feed }.flatMap(\.changes).filter { $0.symbol == symbol }
    }

    /// Returns when everything published so far has been heard: Redis keeps the order.
    func catchUp() async throws {
        let before = unreadable
        try await redis.command("PUBLISH", "funding:rates:marker", "marker")
        try await eventually("the marker is heard", every: .milliseconds(20)) { unreadable > before }
    }

    /// The sequences heard of a feed, in their order, repetitions included.
    func sequences(of feed: String) -> [Int] {
        heard.filter { $0.event.feed.rawValue == feed }.map(\.event.sequence)
    }

    /// Events that were heard before their rows could be read.
    var premature: [String] {
        heard.filter { heard in heard.committed.map { $0 < heard.event.sequence } ?? false }
            .map { "\($0.event.feed) \($0.event.sequence)" }
    }

    func end() async {
        await subscription.close()
        await listening?.value
        await pool.close()
    }
}
