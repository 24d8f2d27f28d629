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

/// Wires the backfiller's parts.
struct Build {
    private let settings: BackfillerSettings
    private let logger: Logger
    private let pool: PostgresPool
    /// For the heartbeat alone: work that waits for a connection must not look as if the backfiller were gone.
    private let beats: PostgresPool
    private let redis: RedisConnection
    private let http = HTTPFetcher(userAgent: ServiceProcess.userAgent)
    private let stores: BackfillStores
    private let events: EventPublisher

    init(_ settings: BackfillerSettings, _ logger: Logger) throws {
        guard let postgres = settings.postgres, let redis = settings.redis else {
            preconditionFailure("A backfiller that stores was built without its stores.")
        }
        self.settings = settings
        self.logger = logger
        // Nobody waits for an answer here: while much is fetched, workers take their turn.
        pool = PostgresPool(postgres, size: 6, acquireTimeout: .seconds(30)) { try await HistoryStore.prepare($0) }
        beats = PostgresPool(postgres, size: 1)
        self.redis = RedisConnection(redis, name: "funding-backfiller")
        events = EventPublisher(self.redis)
        stores = BackfillStores(
            history: HistoryStore(pool), jobs: BackfillJobStore(pool), locks: BackfillLocks(postgres),
            heartbeats: HeartbeatStore(beats), announcer: SettlementAnnouncer(events, logger)
        )
    }

    /// Serves until told to end.
    func serve(followsSettlements: Bool) async throws {
        try await StartUp.waitForSchema(pool, logger)
        let fetchers = fetchers()
        let reporter = reporter(screen: nil)
        let service = Backfiller(
            fetchers, stores, runner(fetchers, reporter), settings, onlySweeps: !followsSettlements,
            instance: instance, logger
        )
        try await ServiceProcess.run(
            [service], logger, signs: SignsOfLife(status: { reporter.status }), closing: close)
    }

    /// Fills the window once. Returns whether everything that could be fetched is there.
    func once() async throws -> Bool {
        try await StartUp.waitForSchema(pool, logger)
        let fetchers = fetchers()
        let window = settings.window.range(at: Date())
        try await stores.history.ensurePartitions(during: window)
        let known = try await stores.history.contracts(feeds: fetchers.map(\.adapter.profile.feed), symbols: nil)
        guard !known.isEmpty else {
            logger.error("no contracts are known: the collector lists them, run it first")
            await close()
            return false
        }
        let job = OneShot(
            runner(fetchers, reporter(screen: ProgressScreen())), stores,
            BackfillRequest(
                requestedBy: "command line", days: settings.window.wholeDays, window: window,
                exchanges: Array(Set(fetchers.map(\.adapter.profile.exchange))), symbols: settings.symbols,
                gapsOnly: settings.gapsOnly, rereads: settings.rereads
            ), instance: instance
        )
        try await ServiceProcess.run([job], logger, closing: close)
        return job.isWhole
    }

    private func runner(_ fetchers: [HistoryFetcher], _ reporter: ProgressReporter) -> JobRunner {
        JobRunner(fetchers: fetchers, stores: stores, reporter: reporter, logger: logger)
    }

    private func reporter(screen: ProgressScreen?) -> ProgressReporter {
        ProgressReporter(jobs: stores.jobs, events: events, screen: screen, logger: logger)
    }

    private func fetchers() -> [HistoryFetcher] {
        let ledger = RedisBudgetLedger(redis)
        return settings.adapters.map { adapter in
            let base = settings.bases[adapter.profile.feed]
            let gate = HostGate(adapter.profile, base: base, use: settings.budgetUse, ledger: ledger)
            return HistoryFetcher(adapter, base: base, gate: gate) { [http] request throws(HTTPFetchError) in
                try await http.fetch(request)
            }
        }
    }

    private func close() async {
        await stores.locks.close()
        await http.close()
        await redis.close()
        await pool.close()
        await beats.close()
    }

    private var instance: String { "\(ProcessInfo.processInfo.hostName):\(getpid())" }
}
