import FundingStore
import PostgresDriver

/// Where the API reads.
struct ReadStores: Sendable {
    var pool: PostgresPool
    var rates: LiveRateStore
    var heartbeats: HeartbeatStore
    var streams: StreamStore
    var statistics: StatisticsStore
    var settings: SettingsStore
    var cycles: CycleReader

    init(_ pool: PostgresPool) {
        self.pool = pool
        rates = LiveRateStore(pool)
        heartbeats = HeartbeatStore(pool)
        streams = StreamStore(pool)
        statistics = StatisticsStore(pool)
        settings = SettingsStore(pool)
        cycles = CycleReader(pool)
    }
}
