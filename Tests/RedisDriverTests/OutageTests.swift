import Testing

@testable import RedisDriver

@Suite(.needsRedisServerProgram)
struct OutageTests {
    @Test func aRestartIsReportedAndHealed() async throws {
        let server = try PrivateRedisServer()
        let configuration = try server.configuration()
        let redis = RedisConnection(configuration, name: "restart")
        let subscription = RedisSubscription(configuration, name: "restart-s", channels: ["c"], patterns: ["p*"])
        let log = EventLog(subscription)
        #expect(await eventually { log.subscriptions() == 1 })
        try await redis.waitUntilConnected(timeout: .seconds(10))
        #expect(try await redis.publish("c", [1]) == 1)
        #expect(await eventually { log.shape.hasSuffix("SM") })

        server.kill()
        #expect(await eventually { log.shape.hasSuffix("SMI") })
        #expect(await eventually { !redis.isConnected })
        #expect(subscription.failure?.isTransient == true)
        let clock = ContinuousClock()
        var refusal: RedisError?
        let taken = await clock.measure {
            refusal = await failure { () throws(RedisError) in try await redis.send(["PING"]) }
        }
        #expect(refusal?.kind == .connect)
        #expect(refusal?.isTransient == true)
        #expect(taken < .seconds(2))

        try server.start()
        try await redis.waitUntilConnected(timeout: .seconds(10))
        #expect(await eventually { log.shape.hasSuffix("SMIS") })
        #expect(subscription.failure == nil)
        #expect(try await redis.publish("p1", [2]) == 1)
        #expect(await eventually { log.shape.hasSuffix("SMISM") })
        await redis.close()
        await subscription.close()
    }

    @Test func aCommandUnderWayIsReportedLostNotRepeated() async throws {
        let server = try PrivateRedisServer()
        var configuration = try server.configuration()
        configuration.commandTimeout = .seconds(20)
        let redis = RedisConnection(configuration, name: "lost")
        try await redis.waitUntilConnected(timeout: .seconds(10))
        async let lost = failure { () throws(RedisError) in try await redis.send(["BLPOP", "list", "0"]) }
        try await withConnection(try server.configuration()) { other in
            let isBlocked = try await eventually {
                try await other.send(["INFO", "clients"]).text?.contains("blocked_clients:1") == true
            }
            #expect(isBlocked)
        }
        server.kill()
        #expect(await lost?.kind == .connectionLost)
        await redis.close()
    }

    @Test func aFrozenServerTimesOutAndIsLeft() async throws {
        let server = try PrivateRedisServer()
        let redis = RedisConnection(try server.configuration(), name: "frozen")
        try await redis.waitUntilConnected(timeout: .seconds(10))
        server.freeze()
        let clock = ContinuousClock()
        var error: RedisError?
        let taken = await clock.measure {
            error = await failure { () throws(RedisError) in try await redis.send(["PING"]) }
        }
        #expect(error?.kind == .timedOut)
        #expect(taken >= .milliseconds(480) && taken < .seconds(3))
        #expect(await eventually { !redis.isConnected })
        let waiting = await failure { () throws(RedisError) in
            try await redis.waitUntilConnected(timeout: .milliseconds(200))
        }
        #expect(waiting?.kind == .timedOut)
        server.thaw()
        try await redis.waitUntilConnected(timeout: .seconds(15))
        #expect(try await redis.send(["PING"]) == .status("PONG"))
        await redis.close()
    }

    @Test func anIdleConnectionNoticesAFrozenServer() async throws {
        let server = try PrivateRedisServer()
        let redis = RedisConnection(try server.configuration(), name: "idle")
        try await redis.waitUntilConnected(timeout: .seconds(10))
        server.freeze()
        #expect(await eventually(within: .seconds(5)) { !redis.isConnected })
        server.thaw()
        #expect(await eventually { redis.isConnected })
        await redis.close()
    }

    @Test func aSubscriptionNoticesAFrozenServer() async throws {
        let server = try PrivateRedisServer()
        let subscription = RedisSubscription(try server.configuration(), name: "frozen-s", channels: ["c"])
        let log = EventLog(subscription)
        #expect(await eventually { log.subscriptions() == 1 })
        let before = log.shape
        server.freeze()
        let clock = ContinuousClock()
        let frozenAt = clock.now
        #expect(await eventually(within: .seconds(5)) { log.shape == before + "I" })
        #expect(clock.now - frozenAt < .seconds(3))
        server.thaw()
        #expect(await eventually { log.shape == before + "IS" })
        await subscription.close()
    }

    @Test func theStandardLimitsNoticeADeadServerWithinFifteenSeconds() throws {
        let configuration = try RedisConfiguration(url: "redis://localhost")
        #expect(configuration.heartbeatInterval + configuration.heartbeatTimeout <= .seconds(12))
        #expect(configuration.heartbeatInterval + configuration.commandTimeout <= .seconds(12))
    }

    @Test func aSlowCommandAmongAnsweredOnesKeepsTheConnection() async throws {
        let server = try PrivateRedisServer()
        var configuration = try server.configuration()
        configuration.commandTimeout = .seconds(2)
        try await withConnection(configuration) { redis in
            let late = await failure { () throws(RedisError) in
                try await redis.pipeline((0..<40).map { _ in ["BLPOP", "none", "0.1"] })
            }
            #expect(late?.kind == .timedOut)
            #expect(redis.isConnected)
        }
    }

    @Test func anAbsentServerIsReportedOnce() async throws {
        let server = try PrivateRedisServer()
        server.kill()
        let configuration = try server.configuration()
        let redis = RedisConnection(configuration, name: "absent")
        let subscription = RedisSubscription(configuration, name: "absent-s", channels: ["c"])
        let log = EventLog(subscription)
        #expect(await eventually { log.shape == "I" })
        let error = await failure { () throws(RedisError) in
            try await redis.waitUntilConnected(timeout: .milliseconds(500))
        }
        #expect(error?.kind == .timedOut)
        #expect(error?.message.contains("refused") == true)
        #expect(await failure { () throws(RedisError) in try await redis.send(["PING"]) }?.kind == .connect)
        #expect(log.shape == "I")
        try server.start()
        #expect(await eventually { log.shape == "IS" })
        await redis.close()
        await subscription.close()
    }
}
