import FundingCore
import FundingJSON
import PostgresDriver
import RedisDriver

/// Hears what the scanner tells of spreads, and looks at once whether Postgres already has it.
actor SpreadWitness {
    private(set) var sequences: [Int] = []
    /// Those that told of a whole table.
    private(set) var wholes: [Int] = []
    private(set) var premature = 0
    private var isSubscribed = false
    private let subscription: RedisSubscription
    private let pool: PostgresPool
    private var listening: Task<Void, Never>?

    /// Returns when the subscription stands.
    init(_ suite: Suite) async throws {
        subscription = RedisSubscription(
            try RedisConfiguration(url: suite.redis.url), name: "spread-witness", channels: [Channels.arbitrage]
        )
        pool = PostgresPool(
            try PostgresConfiguration(url: suite.postgres.url(), applicationName: "spread-witness"), size: 1
        )
        listening = Task { await listen() }
        try await eventually("the witness listens") { isSubscribed }
    }

    private func listen() async {
        for await event in subscription.events {
            switch event {
            case .subscribed: isSubscribed = true
            case .message(_, let payload): await hear(payload)
            case .interrupted, .overflowed: break
            }
        }
    }

    private func hear(_ payload: [UInt8]) async {
        do {
            let root = try JSONDocument(payload).root
            let sequence = try (root["seq"]?.int).required("seq")
            let committed: Int = try await pool.query("SELECT generation FROM arbitrage_state")[0].decode("generation")
            if committed < sequence { premature += 1 }
            if root["whole"]?.bool == true { wholes.append(sequence) }
            sequences.append(sequence)
        } catch {
            premature += 1
        }
    }

    func end() async {
        await subscription.close()
        await listening?.value
        await pool.close()
    }
}
