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
    var events: EventPublisher
}

/// Wires the collector's parts.
struct Build {
    private let settings: CollectorSettings
    private let logger: Logger
    private let pool: PostgresPool
    private let postgres: PostgresConfiguration
    private let redis: RedisConnection
    private let fetcher = HTTPFetcher(userAgent: userAgent)
    private let stores: CollectorStores

    init(_ settings: CollectorSettings, _ logger: Logger) throws {
        guard let postgres = settings.postgres, let redis = settings.redis else {
            preconditionFailure("A collector that stores was built without its stores.")
        }
        self.settings = settings
        self.logger = logger
        self.postgres = postgres
        pool = PostgresPool(postgres, size: 5) { try await SnapshotStore.prepare($0) }
        self.redis = RedisConnection(redis, name: "funding-collector")
        stores = CollectorStores(
            snapshots: SnapshotStore(pool), health: FeedHealthStore(pool), heartbeats: HeartbeatStore(pool),
            events: EventPublisher(self.redis)
        )
    }

    /// Collects until told to end.
    func serve() async throws {
        try await prepare()
        let collector = Collector(
            runners(), FeedLeases(postgres, holder: instance), stores, instance: instance, logger
        )
        do {
            try await ServiceProcess.run([collector], logger)
        } catch {
            await close()
            throw error
        }
        await close()
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
        for profile in settings.adapters.map(\.profile) {
            try await stores.health.register(
                profile.feed, exchange: profile.exchange, name: profile.name, kind: profile.kind.rawValue,
                pollPeriod: settings.pollInterval / .seconds(1)
            )
        }
    }

    private func runners() -> [FeedID: FeedRunner] {
        var runners: [FeedID: FeedRunner] = [:]
        for (place, adapter) in settings.adapters.enumerated() {
            let poller = ExchangePoller(adapter, base: settings.bases[adapter.profile.feed]) {
                [fetcher] request throws(HTTPFetchError) in try await fetcher.fetch(request)
            }
            let schedule = PollSchedule.staggered(
                place, of: settings.adapters.count, every: settings.pollInterval, within: .seconds(5)
            )
            runners[adapter.profile.feed] = FeedRunner(poller, stores, schedule, logger)
        }
        return runners
    }

    private func close() async {
        await fetcher.close()
        await redis.close()
        await pool.close()
    }

    private var instance: String { "\(ProcessInfo.processInfo.hostName):\(getpid())" }
}
