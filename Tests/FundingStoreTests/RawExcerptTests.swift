import Foundation
import FundingCore
import FundingStore
import RedisDriver
import TestSupport
import Testing

/// What exchanges said, kept in Redis.
@Suite(.needsRedis)
struct RawExcerptTests {
    private let early = RawExcerpt(
        request: "tickers", receivedAt: Date(timeIntervalSince1970: 1.5e9), text: #"{"a":"ü"}"#)

    @Test func aWholePollForgetsWhatIsNoLongerListedAndAPartDoesNot() async throws {
        let redis = RedisConnection(try TestRedis.configuration(), name: "excerpt-tests")
        try await redis.waitUntilConnected(timeout: .seconds(10))
        let store = RawExcerptStore(redis)
        try await store.keep(["A": [early], "B": [early, early]], of: "excerpts", isComplete: true)
        #expect(try await store.excerpts(of: "B", on: "excerpts") == [early, early])
        try await store.keep(["A": []], of: "excerpts", isComplete: false)
        #expect(try await store.excerpts(of: "A", on: "excerpts") == [])
        #expect(try await store.excerpts(of: "B", on: "excerpts")?.count == 2)
        try await store.keep(["A": [early]], of: "excerpts", isComplete: true)
        #expect(try await store.excerpts(of: "B", on: "excerpts") == nil)
        #expect(try await redis.send(["TTL", "funding:raw:excerpts"]).int ?? 0 > 3000)
        _ = try await redis.send(["DEL", "funding:raw:excerpts"])
        await redis.close()
    }

    @Test func whatIsTooLongIsCut() {
        let long = RawExcerpt(
            request: "r", receivedAt: early.receivedAt, bytes: Array(repeating: UInt8(ascii: "x"), count: 2001))
        #expect(long.text == String(repeating: "x", count: 2000) + "…")
        let fitting = RawExcerpt(request: "r", receivedAt: early.receivedAt, bytes: Array(#"{"a":1}"#.utf8))
        #expect(fitting.text == #"{"a":1}"#)
    }
}
