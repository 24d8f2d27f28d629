import Foundation
public import RedisDriver

/// The Redis server of `FUNDING_TEST_REDIS_URL`, shared by all tests: use channels and keys of your own.
public enum TestRedis {
    private static var url: String? { ProcessInfo.processInfo.environment["FUNDING_TEST_REDIS_URL"] }

    /// Without a server, tests that need one are skipped, except where they must not be.
    public static var isAvailable: Bool { url != nil || TemporaryDatabase.isRequired }

    public static func configuration() throws -> RedisConfiguration {
        guard let url else { throw TestSupportError("FUNDING_TEST_REDIS_URL is not set") }
        return try RedisConfiguration(url: url)
    }
}
