import Foundation
import Testing

@testable import RedisDriver

/// The Redis the tests share, and where to find a program for those of their own.
enum RedisTestServer {
    static let environment = ProcessInfo.processInfo.environment
    static let isRequired = environment["CI"] != nil || environment["FUNDING_TEST_REQUIRED"] == "1"
    static let hasShared = isRequired || environment["FUNDING_TEST_REDIS_URL"] != nil
    static let hasProgram = isRequired || program != nil

    /// The address of the shared server.
    static func shared() throws -> RedisConfiguration {
        try RedisConfiguration(
            url: #require(environment["FUNDING_TEST_REDIS_URL"], "FUNDING_TEST_REDIS_URL is missing"))
    }

    /// The path of `redis-server`.
    static let program: String? = {
        if let path = environment["FUNDING_TEST_REDIS_SERVER"] { return path }
        let folders = (environment["PATH"] ?? "").split(separator: ":")
        return folders.map { "\($0)/redis-server" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }()
}

extension Trait where Self == ConditionTrait {
    static var needsSharedRedis: Self {
        .enabled(if: RedisTestServer.hasShared, "set FUNDING_TEST_REDIS_URL to a Redis server")
    }

    static var needsRedisServerProgram: Self {
        .enabled(if: RedisTestServer.hasProgram, "redis-server is not in PATH")
    }
}

/// Runs `body` with a connection to the shared server and closes it afterwards.
func withSharedConnection(_ body: (RedisConnection) async throws -> Void) async throws {
    try await withConnection(RedisTestServer.shared(), body)
}

/// Runs `body` with a fresh connection and closes it afterwards.
func withConnection(
    _ configuration: RedisConfiguration, name: String = "test", _ body: (RedisConnection) async throws -> Void
) async throws {
    let connection = RedisConnection(configuration, name: name)
    do {
        try await connection.waitUntilConnected(timeout: .seconds(10))
        try await body(connection)
    } catch {
        await connection.close()
        throw error
    }
    await connection.close()
}

/// Waits until the condition holds, and says whether it did in time.
func eventually(within limit: Duration = .seconds(15), _ condition: () async throws -> Bool) async rethrows -> Bool {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        await pause(.milliseconds(5))
    }
    return try await condition()
}

/// Lets other tasks run for a while; a cancelled task goes on at once.
private func pause(_ time: Duration) async {
    do { try await Task.sleep(for: time) } catch { await Task.yield() }
}

/// A key or channel no other test uses.
func uniqueName(_ stem: String) -> String {
    "test:\(stem):\(UUID().uuidString)"
}

/// The error a Redis call throws; nil if it succeeds.
func failure<Value>(of call: () async throws(RedisError) -> Value) async -> RedisError? {
    do {
        _ = try await call()
        return nil
    } catch {
        return error
    }
}
