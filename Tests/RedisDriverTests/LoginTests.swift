import Testing

@testable import RedisDriver

@Suite(.needsRedisServerProgram)
struct LoginTests {
    private func refusal(_ configuration: RedisConfiguration) async throws -> [RedisError.Kind?] {
        let redis = RedisConnection(configuration, name: "login")
        let waiting = await failure { () throws(RedisError) in
            try await redis.waitUntilConnected(timeout: .seconds(10))
        }
        let sending = await failure { () throws(RedisError) in try await redis.send(["PING"]) }
        #expect(!redis.isConnected)
        await redis.close()
        return [waiting?.kind, sending?.kind]
    }

    @Test func aRefusedLoginIsTyped() async throws {
        let server = try PrivateRedisServer(["--requirepass", "pass word", "--databases", "4"])
        try await withConnection(try server.configuration(login: ":pass%20word@")) { redis in
            let pong = try await redis.send(["PING"])
            #expect(pong == .status("PONG"))
        }
        let wrong = RedisError.Kind.server(code: "WRONGPASS")
        #expect(try await refusal(server.configuration(login: ":guess@")) == [wrong, wrong])
        #expect(try await refusal(server.configuration(login: "ann:pass@")) == [wrong, wrong])
        let missing = RedisError.Kind.server(code: "NOAUTH")
        #expect(try await refusal(server.configuration()) == [missing, missing])
        let outOfRange = RedisError.Kind.server(code: "ERR")
        #expect(
            try await refusal(server.configuration(login: ":pass%20word@", database: 9)) == [outOfRange, outOfRange])
    }

    @Test func anACLUserHasItsOwnRights() async throws {
        let server = try PrivateRedisServer([
            "--user", "ann", "on", ">s3cret", "~mine:*", "&mine.*", "+@all", "-client", "-ping",
        ])
        let configuration = try server.configuration(login: "ann:s3cret@")
        try await withConnection(configuration) { redis in
            try await redis.set("mine:1", [1])
            let error = await failure { () throws(RedisError) in try await redis.set("theirs", [1]) }
            #expect(error?.kind == .server(code: "NOPERM"))
            let whoAmI = try await redis.send(["ACL", "WHOAMI"])
            #expect(whoAmI.text == "ann")
        }
        let allowed = RedisSubscription(configuration, name: "allowed", channels: ["mine.a"])
        let log = EventLog(allowed)
        #expect(await eventually { log.shape == "S" })
        await allowed.close()
        let forbidden = RedisSubscription(configuration, name: "forbidden", channels: ["theirs"])
        #expect(await eventually { forbidden.failure?.kind == .server(code: "NOPERM") })
        await forbidden.close()
    }

    @Test func theURLChoosesTheDatabase() async throws {
        let server = try PrivateRedisServer()
        try await withConnection(try server.configuration(database: 3)) { redis in
            try await redis.set("key", [1])
        }
        try await withConnection(try server.configuration()) { redis in
            let stored = try await redis.get("key")
            #expect(stored == nil)
            let keyspace = try await redis.send(["INFO", "keyspace"]).text
            #expect(keyspace?.contains("db3:keys=1") == true)
        }
    }

    @Test func aUnixSocketServesBothKinds() async throws {
        let server = try PrivateRedisServer()
        let configuration = try RedisConfiguration(url: "redis+unix://\(server.socketPath)?db=2")
        let subscription = RedisSubscription(configuration, name: "unix", channels: ["c"])
        let log = EventLog(subscription)
        #expect(await eventually { log.subscriptions() == 1 })
        try await withConnection(configuration) { redis in
            let receivers = try await redis.publish("c", [1])
            #expect(receivers == 1)
            let client = try await redis.send(["CLIENT", "INFO"]).text
            #expect(client?.contains(" db=2 ") == true)
        }
        #expect(await eventually { log.payloads == [[1]] })
        await subscription.close()
    }

    @Test func aFullServerIsATransientRefusal() async throws {
        let server = try PrivateRedisServer(["--maxclients", "1"])
        try await withConnection(try server.configuration()) { _ in
            let second = RedisConnection(try server.configuration(), name: "second")
            let error = await failure { () throws(RedisError) in
                try await second.waitUntilConnected(timeout: .milliseconds(300))
            }
            #expect(error?.kind == .timedOut)
            #expect(error?.message.contains("limit of clients") == true)
            await second.close()
        }
    }
}
