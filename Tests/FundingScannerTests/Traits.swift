import TestSupport
import Testing

extension Trait where Self == ConditionTrait {
    /// The test needs a Postgres and a Redis server.
    static var needsServers: Self {
        .enabled(
            if: TemporaryDatabase.isAvailable && TestRedis.isAvailable,
            "FUNDING_TEST_DATABASE_URL or FUNDING_TEST_REDIS_URL is not set")
    }
}
