import FundingAlerts
import FundingRuntime
import PostgresDriver
import RedisDriver

/// What the scanner was told by its environment, checked.
struct ScannerSettings: Sendable {
    var postgres: PostgresConfiguration?
    var redis: RedisConfiguration?
    var channels: ChannelAddresses

    init(_ environment: inout Environment) {
        postgres = environment.value("DATABASE_URL") {
            try PostgresConfiguration(url: $0, applicationName: "funding-scanner")
        }
        redis = environment.value("REDIS_URL") { try RedisConfiguration(url: $0) }
        channels = ChannelAddresses(&environment)
    }
}
