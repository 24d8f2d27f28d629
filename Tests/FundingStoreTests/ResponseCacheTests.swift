import FundingStore
import RedisDriver
import TestSupport
import Testing

/// Answers that are kept in Redis.
@Suite(.needsRedis)
struct ResponseCacheTests {
    private func withRedis(_ body: (RedisConnection) async throws -> Void) async throws {
        let redis = RedisConnection(try TestRedis.configuration(), name: "cache-tests")
        try await redis.waitUntilConnected(timeout: .seconds(10))
        do { try await body(redis) } catch {
            await redis.close()
            throw error
        }
        await redis.close()
    }

    @Test func twoDatabasesShareNoAnswersAndEachDropsItsOwn() async throws {
        try await withRedis { redis in
            let one = ResponseCache(redis, of: "api@[::1]:5432/one*")
            let other = ResponseCache(redis, of: "api@[::1]:5432/other")
            for number in 0..<1200 { try await one.keep([1], as: "\(number)", for: .seconds(60)) }
            try await other.keep([2], as: "0", for: .seconds(60))
            #expect(try await one.value(of: "0") == [1])
            #expect(try await other.value(of: "0") == [2])
            #expect(try await one.serverFacts().answers == 1200)
            #expect(try await one.serverFacts().version != nil)
            #expect(try await one.clear() == 1200)
            #expect(try await one.value(of: "0") == nil)
            #expect(try await other.clear() == 1)
        }
    }

    @Test func whatIsKeptEnds() async throws {
        try await withRedis { redis in
            let cache = ResponseCache(redis, of: "ends")
            try await cache.keep([1], as: "soon", for: .milliseconds(20))
            try await eventually { try await cache.value(of: "soon") == nil }
        }
    }
}
