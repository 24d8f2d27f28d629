import Foundation
import Testing

@testable import RedisDriver

@Suite(.needsSharedRedis)
struct LifecycleTests {
    /// How many threads of this process carry the name.
    private func threads(named name: String) throws -> Int {
        let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")
        return tasks.count { task in
            // A thread may end between the listing and the reading.
            guard let file = FileManager.default.contents(atPath: "/proc/self/task/\(task)/comm") else { return false }
            return String(decoding: file, as: UTF8.self) == name + "\n"
        }
    }

    @Test func cancellingACommandReturnsAtOnceAndHarmsNoOther() async throws {
        var configuration = try RedisTestServer.shared()
        configuration.commandTimeout = .seconds(30)
        try await withConnection(configuration, name: "test-cancel") { redis in
            let key = uniqueName("cancel")
            let waiting = Task {
                await failure { () throws(RedisError) in try await redis.send(["BLPOP", "\(key)", "0"]) }
            }
            try await withSharedConnection { other in
                let isBlocked = try await eventually {
                    let clients = try await other.send(["CLIENT", "LIST"]).text ?? ""
                    return clients.split(separator: "\n").contains {
                        $0.contains("name=test-cancel ") && $0.contains("cmd=blpop")
                    }
                }
                #expect(isBlocked)
                // The server would keep the command for ever and its deadline is half a minute away.
                let clock = ContinuousClock()
                let taken = await clock.measure {
                    waiting.cancel()
                    #expect(await waiting.value?.kind == .cancelled)
                }
                #expect(taken < .seconds(10))
                _ = try await other.send(["RPUSH", "\(key)", "x"])
            }
            let echo = try await redis.send(["ECHO", "after"])
            #expect(echo.text == "after")
        }
    }

    @Test func aTaskCancelledBeforehandSendsNothing() async throws {
        try await withSharedConnection { redis in
            let key = uniqueName("never")
            let task = Task {
                while !Task.isCancelled { await Task.yield() }
                return await failure { () throws(RedisError) in try await redis.set(key, [1]) }
            }
            task.cancel()
            #expect(await task.value?.kind == .cancelled)
            let stored = try await redis.get(key)
            #expect(stored == nil)
        }
    }

    @Test func closingResolvesEverything() async throws {
        let configuration = try RedisTestServer.shared()
        let redis = RedisConnection(configuration, name: "closing-c")
        let subscription = RedisSubscription(configuration, name: "closing-s", channels: [uniqueName("close")])
        let log = EventLog(subscription)
        try await redis.waitUntilConnected(timeout: .seconds(10))
        let key = uniqueName("close")
        let waiting = Task {
            await failure { () throws(RedisError) in try await redis.send(["BLPOP", "\(key)", "9"]) }
        }
        try await Task.sleep(for: .milliseconds(50))
        async let first: Void = redis.close()
        async let second: Void = redis.close()
        _ = await (first, second)
        await subscription.close()
        await log.end()
        #expect(await waiting.value?.kind == .closed)
        #expect(await failure { () throws(RedisError) in try await redis.send(["PING"]) }?.kind == .closed)
        let wait = await failure { () throws(RedisError) in
            try await redis.waitUntilConnected(timeout: .seconds(1))
        }
        #expect(wait?.kind == .closed)
        await redis.close()
        #expect(try await eventually { try threads(named: "redis-closing-c") + threads(named: "redis-closing-s") == 0 })
    }

    @Test func fiftyOpenedAndClosedLeaveNoThread() async throws {
        let configuration = try RedisTestServer.shared()
        for round in 0..<50 {
            let redis = RedisConnection(configuration, name: "leak")
            let subscription = RedisSubscription(configuration, name: "leak", channels: ["c"])
            if round % 2 == 0 { try await redis.waitUntilConnected(timeout: .seconds(10)) }
            await redis.close()
            await subscription.close()
        }
        #expect(try await eventually { try threads(named: "redis-leak") == 0 })
    }

    @Test func forgottenConnectionsEndTheirThreads() async throws {
        let configuration = try RedisTestServer.shared()
        func open() async throws {
            let redis = RedisConnection(configuration, name: "forgotten")
            let subscription = RedisSubscription(configuration, name: "forgotten", channels: ["c"])
            try await redis.waitUntilConnected(timeout: .seconds(10))
            #expect(try threads(named: "redis-forgotten") == 2)
            withExtendedLifetime(subscription) {}
        }
        try await open()
        #expect(try await eventually { try threads(named: "redis-forgotten") == 0 })
    }
}
