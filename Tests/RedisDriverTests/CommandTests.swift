import Testing

@testable import RedisDriver

@Suite(.needsSharedRedis)
struct CommandTests {
    @Test func everyTypeOfReplyArrives() async throws {
        try await withSharedConnection { redis in
            let key = uniqueName("types")
            #expect(try await redis.send(["SET", "\(key)", "5"]) == .status("OK"))
            #expect(try await redis.send(["INCR", "\(key)"]) == .integer(6))
            #expect(try await redis.send(["GET", "\(key)"]) == .string(Array("6".utf8)))
            #expect(try await redis.send(["GET", "\(key):none"]) == .null)
            #expect(try await redis.send(["MGET", "\(key)", "\(key):none"]).elements?.map(\.int) == [6, nil])
            #expect(try await redis.send(["KEYS", "\(key):none"]) == .array([]))
            let nested = try await redis.send(["EVAL", "return {1, {'a', {}}, redis.error_reply('BAD luck')}", "0"])
            let expected: RedisReply = .array([
                .integer(1), .array([.string([97]), .array([])]), .error(code: "BAD", message: "luck"),
            ])
            #expect(nested == expected)
            _ = try await redis.send(["DEL", "\(key)"])
        }
    }

    @Test func payloadsAreBinarySafe() async throws {
        try await withSharedConnection { redis in
            let key = uniqueName("binary")
            let everyByte = (0..<4_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            for payload in [[], [0], Array("a\r\n$5\r\n".utf8), everyByte] {
                try await redis.set(key, payload, expire: .seconds(60))
                #expect(try await redis.get(key) == payload)
            }
            _ = try await redis.send(["DEL", "\(key)"])
        }
    }

    @Test func aKeyExpiresWhenItShould() async throws {
        try await withSharedConnection { redis in
            let key = uniqueName("expiry")
            try await redis.set(key, [1], expire: .milliseconds(1_500))
            let left = try await redis.send(["PTTL", "\(key)"]).int ?? -1
            #expect((1...1_500).contains(left))
            try await redis.set(key, [1], expire: .nanoseconds(1))
            #expect(try await eventually { try await redis.get(key) == nil })
            #expect(await failure { () throws(RedisError) in try await redis.set(key, [1], expire: .zero) } != nil)
        }
    }

    @Test func aServersErrorIsTyped() async throws {
        try await withSharedConnection { redis in
            let key = uniqueName("wrongtype")
            try await redis.set(key, [1], expire: .seconds(60))
            let error = await failure { () throws(RedisError) in try await redis.send(["LPUSH", "\(key)", "a"]) }
            #expect(error?.kind == .server(code: "WRONGTYPE"))
            #expect(error?.isTransient == false)
            let unknown = await failure { () throws(RedisError) in try await redis.send(["NOSUCHCOMMAND"]) }
            #expect(unknown?.kind == .server(code: "ERR"))
        }
    }

    @Test func aPipelineAnswersInOrderAndGoesOnAfterAnError() async throws {
        try await withSharedConnection { redis in
            let key = uniqueName("pipeline")
            var commands: [[RedisArgument]] = (0..<10_000).map { ["ECHO", RedisArgument($0)] }
            commands[5_000] = ["HSET", "\(key)", "too few"]
            let replies = try await redis.pipeline(commands)
            #expect(replies.count == 10_000)
            for (index, reply) in replies.enumerated() where index != 5_000 { try #require(reply.int == index) }
            guard case .error(code: "ERR", _) = replies[5_000] else {
                Issue.record("expected an error, not \(replies[5_000])")
                return
            }
            #expect(try await redis.pipeline([]).isEmpty)
        }
    }

    @Test func manyTasksShareOneConnection() async throws {
        try await withSharedConnection { redis in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<2_000 {
                    group.addTask {
                        let echo = try await redis.send(["ECHO", RedisArgument(number)])
                        #expect(echo.int == number)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func noWakeUpIsLostBetweenTasksThatWaitInTurn() async throws {
        try await withSharedConnection { redis in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        for number in 0..<10_000 {
                            let echo = try await redis.send(["ECHO", RedisArgument(number)])
                            try #require(echo.int == number)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func aTransactionStaysTogetherInAPipeline() async throws {
        try await withSharedConnection { redis in
            let key = uniqueName("multi")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        let replies = try await redis.pipeline([["MULTI"], ["INCR", "\(key)"], ["EXEC"]])
                        #expect(replies[2].elements?.count == 1)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await redis.send(["GETDEL", "\(key)"]).int == 100)
        }
    }

    @Test(
        arguments: [
            ["SUBSCRIBE", "a"], ["psubscribe", "a"], ["MONITOR"], ["SELECT", "1"], ["client", "reply", "off"], [], [""],
        ] as [[RedisArgument]])
    func modeChangingCommandsAreRefused(command: [RedisArgument]) async throws {
        try await withSharedConnection { redis in
            let error = await failure { () throws(RedisError) in try await redis.send(command) }
            #expect(error?.kind == .protocolViolation)
            let pong = try await redis.send(["PING"])
            #expect(pong == .status("PONG"))
        }
    }

    @Test func theQueueIsBounded() async throws {
        var configuration = try RedisTestServer.shared()
        configuration.commandLimit = 10
        configuration.byteLimit = 1_000
        try await withConnection(configuration) { redis in
            let many = Array(repeating: ["PING"] as [RedisArgument], count: 11)
            #expect(await failure { () throws(RedisError) in try await redis.pipeline(many) }?.kind == .overloaded)
            let large: [RedisArgument] = ["ECHO", RedisArgument([UInt8](repeating: 0, count: 1_000))]
            #expect(await failure { () throws(RedisError) in try await redis.send(large) }?.kind == .overloaded)
            for _ in 0..<50 {
                let replies = try await redis.pipeline(Array(many.dropLast()))
                #expect(replies.count == 10)
            }
        }
    }
}
