import TestSupport
import Testing

extension Trait where Self == ConditionTrait {
    /// The test needs a Postgres server.
    static var needsPostgres: Self {
        .enabled(if: TemporaryDatabase.isAvailable, "FUNDING_TEST_DATABASE_URL is not set")
    }

    /// The test needs a Redis server.
    static var needsRedis: Self {
        .enabled(if: TestRedis.isAvailable, "FUNDING_TEST_REDIS_URL is not set")
    }
}
