import FundingStore
import PostgresDriver
import RedisDriver

/// The API's connections: whoever holds up one kind of work holds up no other.
struct Stores: Sendable {
    private enum Limits {
        /// One reads the rates and one the spreads, the others are for probes that meet them reading.
        static let modelConnections = 4
        static let requestConnections = 4
        /// Whoever has waited for a connection for so long is told to come again.
        static let requestPatience = Duration.milliseconds(900)
        static let primaryConnections = 2
    }

    /// For the read model.
    let model: PostgresPool
    /// For requests that read.
    let requests: PostgresPool
    /// For what the operator asks of other processes: never a replica.
    let primary: PostgresPool
    let redis: RedisConnection

    init(_ databases: APISettings.Databases, _ redis: RedisConfiguration) {
        model = PostgresPool(databases.model, size: Limits.modelConnections)
        requests = PostgresPool(
            databases.requests, size: Limits.requestConnections, acquireTimeout: Limits.requestPatience)
        primary = PostgresPool(
            databases.primary, size: Limits.primaryConnections, acquireTimeout: Limits.requestPatience)
        self.redis = RedisConnection(redis, name: "funding-api-cache")
    }

    func close() async {
        for pool in [model, requests, primary] { await pool.close() }
        await redis.close()
    }
}
