import CurlDriver
import Foundation
import FundingAlerts
import FundingCore
import FundingRuntime
import FundingStore
import Logging
import PostgresDriver
import RedisDriver
import ServiceLifecycle

/// Wires the scanner's parts.
struct Build {
    private let logger: Logger
    private let pool: PostgresPool
    private let redis: RedisConnection
    private let http = HTTPFetcher(userAgent: ServiceProcess.userAgent)
    private let election: LeaderElection
    private let services: [any Service]

    init(_ settings: ScannerSettings, _ logger: Logger) {
        guard let postgres = settings.postgres, let redis = settings.redis else {
            preconditionFailure("A scanner was built without its stores.")
        }
        self.logger = logger
        let pool = PostgresPool(postgres, size: 6) {
            try await SpreadStores.prepare($0)
            try await StatisticsStore.prepare($0)
        }
        self.pool = pool
        self.redis = RedisConnection(redis, name: "funding-scanner")
        let instance = "\(ProcessInfo.processInfo.hostName):\(getpid())"
        election = LeaderElection(ScannerLease(postgres, holder: instance), logger)
        let live = LiveSettings(SettingsStore(pool), logger)
        let alertStore = AlertStore(pool)
        let statistics = StatisticsKeeper(StatisticsStore(pool), HistoryStore(pool), logger)
        let alerts = AlertKeeper(alertStore, TermsStore(pool), election, live, statistics, logger)
        let stores = SpreadStores(pool)
        let spreads = SpreadKeeper(
            stores, judge: statistics, consumer: alerts, election: election, settings: live,
            events: EventPublisher(self.redis), logger)
        let upkeep = SpreadUpkeep(spreads, stores, election: election, settings: live, logger)
        // Told of each change in this order.
        let consumers: [any MarketConsumer] = [statistics, spreads, upkeep, alerts]
        // They end in reverse: first the follower, so that what it has begun to write is still the leader's.
        services = [
            ScannerHeartbeat(HeartbeatStore(pool), instance: instance, logger), election,
            AlertCourier(alertStore, AlertSender(http, settings.channels), election, live, logger), upkeep, spreads,
            StatisticsService(
                statistics, StatisticsStore(pool), PredictionStore(pool), EventPublisher(self.redis), election, logger),
            MarketFollower(pool, events: redis, settings: live, consumers: consumers, logger),
        ]
    }

    /// Serves until told to end.
    func serve() async throws {
        try await StartUp.waitForSchema(pool, logger)
        let signs = SignsOfLife(status: { [election] in election.token == nil ? "standing by" : "leading" })
        try await ServiceProcess.run(services, logger, signs: signs, closing: close)
    }

    private func close() async {
        await http.close()
        await redis.close()
        await pool.close()
    }
}
