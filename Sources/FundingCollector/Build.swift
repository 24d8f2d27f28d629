import CurlDriver
import Foundation
import FundingCore
import FundingExchanges
import FundingRuntime
import FundingStore
import Logging
import PostgresDriver
import RedisDriver
import ServiceLifecycle

/// Where the collector writes.
struct CollectorStores: Sendable {
    var snapshots: SnapshotStore
    var health: FeedHealthStore
    var heartbeats: HeartbeatStore
    var streams: StreamStore
    var events: EventPublisher
    var raw: RawExcerptStore

    init(over pool: PostgresPool, _ events: EventPublisher, raw: RawExcerptStore) {
        snapshots = SnapshotStore(pool)
        health = FeedHealthStore(pool)
        heartbeats = HeartbeatStore(pool)
        streams = StreamStore(pool)
        self.events = events
        self.raw = raw
    }
}

/// Wires the collector's parts.
struct Build {
    private let settings: CollectorSettings
    private let logger: Logger
    private let pool: PostgresPool
    /// For the collector's beats alone: rates that wait for a connection must not look as if Postgres were gone.
    private let beats: PostgresPool
    private let postgres: PostgresConfiguration
    private let redis: RedisConnection
    private let fetcher = HTTPFetcher(userAgent: ServiceProcess.userAgent)
    private let stores: CollectorStores
    /// Where this process and others that ask the same hosts keep their budgets together.
    private let ledger: RedisBudgetLedger

    init(_ settings: CollectorSettings, _ logger: Logger) throws {
        guard let postgres = settings.postgres, let redis = settings.redis else {
            preconditionFailure("A collector that stores was built without its stores.")
        }
        self.settings = settings
        self.logger = logger
        self.postgres = postgres
        pool = PostgresPool(postgres, size: 6) { try await SnapshotStore.prepare($0) }
        beats = PostgresPool(postgres, size: 1)
        self.redis = RedisConnection(redis, name: "funding-collector")
        ledger = RedisBudgetLedger(self.redis)
        stores = CollectorStores(over: pool, EventPublisher(self.redis), raw: RawExcerptStore(self.redis))
    }

    /// Collects until told to end.
    func serve() async throws {
        try await prepare()
        let collector = Collector(
            runners(), FeedLeases(postgres, holder: instance),
            CollectorStores(over: beats, stores.events, raw: stores.raw),
            instance: instance, logger
        )
        try await ServiceProcess.run(
            [collector], logger, signs: SignsOfLife(status: { await collector.status }), closing: close)
    }

    /// Polls every feed once. Returns whether all answered and were stored.
    func once() async throws -> Bool {
        try await prepare()
        let leases = FeedLeases(postgres, holder: instance)
        var allStored = true
        for (feed, runner) in runners() {
            guard let lease = try await leases.take(feed) else {
                logger.error("another collector polls this feed", metadata: ["feed": "\(feed)"])
                allStored = false
                continue
            }
            if try await !runner.pollOnce(lease) { allStored = false }
        }
        await leases.close()
        await close()
        return allStored
    }

    /// Waits for Postgres, refuses a schema that is not ours, and makes sure that every feed has its row.
    private func prepare() async throws {
        try await StartUp.waitForSchema(pool, logger)
        try await StartUp.insist(on: "the feeds' rows", logger) {
            try await stores.streams.maintainPaths(at: Date(), keptDays: StreamStore.keptDays)
            for profile in settings.adapters.map(\.profile) {
                try await stores.health.register(
                    profile.feed, exchange: profile.exchange, name: profile.name, kind: profile.kind.rawValue,
                    rateKind: profile.rateKind,
                    pollPeriod: (settings.schedules[profile.feed]?.period ?? settings.pollInterval) / .seconds(1)
                )
            }
        }
    }

    private func runners() -> [FeedID: FeedRunner] {
        let open: StreamClient.Open = { [fetcher] url throws(StreamEnd) in try await fetcher.openStream(url) }
        var runners: [FeedID: FeedRunner] = [:]
        for adapter in settings.adapters {
            let profile = adapter.profile
            let base = settings.bases[profile.feed]
            let gate = HostGate(profile, base: base, use: settings.budgetUse, ledger: ledger)
            let poller = ExchangePoller(adapter, base: base, gate: gate) {
                [fetcher] request throws(HTTPFetchError) in try await fetcher.fetch(request)
            }
            guard let schedule = settings.schedules[profile.feed] else {
                preconditionFailure("No schedule for \(profile.feed).")
            }
            runners[profile.feed] = FeedRunner(
                poller, stores, schedule, instance: instance, streamBase: settings.streamBases[profile.feed],
                open: settings.streams(profile.feed) ? open : nil, logger
            )
        }
        return runners
    }

    private func close() async {
        await fetcher.close()
        await redis.close()
        await pool.close()
        await beats.close()
    }

    private var instance: String { "\(ProcessInfo.processInfo.hostName):\(getpid())" }
}
