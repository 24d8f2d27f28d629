import Testing

@testable import RedisDriver

@Suite(.needsSharedRedis)
struct SubscriptionTests {
    @Test func tenThousandMessagesKeepTheirOrder() async throws {
        let channel = uniqueName("order")
        let configuration = try RedisTestServer.shared()
        let subscription = RedisSubscription(configuration, name: "order", channels: [channel], bufferLimit: 20_000)
        let log = EventLog(subscription)
        #expect(await eventually { log.subscriptions() == 1 })
        try await withSharedConnection { redis in
            for chunk in 0..<10 {
                let commands: [[RedisArgument]] = (0..<1_000).map {
                    ["PUBLISH", "\(channel)", RedisArgument(chunk * 1_000 + $0)]
                }
                let replies = try await redis.pipeline(commands)
                #expect(replies.allSatisfy { $0 == .integer(1) })
            }
        }
        #expect(await eventually { log.all.count >= 10_001 })
        #expect(log.all.first == .subscribed)
        #expect(log.payloads == (0..<10_000).map { Array(String($0).utf8) })
        await subscription.close()
        await log.end()
    }

    @Test func patternsAndChannelsNameTheChannelOfEachMessage() async throws {
        let stem = uniqueName("pattern")
        let subscription = RedisSubscription(
            try RedisTestServer.shared(), name: "pattern", channels: ["\(stem):x", "\(stem):x", "\(stem):y"],
            patterns: ["\(stem).*", "\(stem).*"])
        let log = EventLog(subscription)
        #expect(await eventually { log.all == [.subscribed] })
        let binary: [UInt8] = [0, 255, 13, 10]
        try await withSharedConnection { redis in
            let receivers = [
                try await redis.publish("\(stem):x", binary), try await redis.publish("\(stem).a", []),
                try await redis.publish("\(stem):y", [1]), try await redis.publish("\(stem):none", [1]),
            ]
            #expect(receivers == [1, 1, 1, 0])
        }
        let expected: [RedisSubscriptionEvent] = [
            .subscribed, .message(channel: "\(stem):x", payload: binary), .message(channel: "\(stem).a", payload: []),
            .message(channel: "\(stem):y", payload: [1]),
        ]
        #expect(await eventually { log.all.count == 4 })
        #expect(log.all == expected)
        await subscription.close()
    }

    @Test func aSlowConsumerKeepsTheNewestAndKnowsHowManyItLost() async throws {
        let channel = uniqueName("slow")
        let configuration = try RedisTestServer.shared()
        let subscription = RedisSubscription(configuration, name: "slow", channels: [channel], bufferLimit: 100)
        var events = subscription.events.makeAsyncIterator()
        #expect(await events.next() == .subscribed)
        try await withSharedConnection { redis in
            let commands: [[RedisArgument]] = (1...5_000).map { ["PUBLISH", "\(channel)", RedisArgument($0)] }
            _ = try await redis.pipeline(commands)
        }
        var dropped = 0
        var next = 1
        while next <= 5_000, let event = await events.next() {
            switch event {
            case .overflowed(let count):
                dropped += count
                next += count
            case .message(_, let payload):
                // A message is exactly the one that follows what was delivered or reported as dropped.
                try #require(payload == Array(String(next).utf8))
                next += 1
            default:
                Issue.record("unexpected \(event)")
            }
        }
        #expect(dropped > 0)
        await subscription.close()
        #expect(await events.next() == nil)
    }

    @Test func heartbeatsLeaveAQuietSubscriptionAlone() async throws {
        var configuration = try RedisTestServer.shared()
        configuration.heartbeatInterval = .milliseconds(20)
        configuration.heartbeatTimeout = .seconds(5)
        let stem = uniqueName("quiet")
        let listeners = [
            RedisSubscription(configuration, name: "quiet-c", channels: ["\(stem):a", "\(stem):b"]),
            RedisSubscription(configuration, name: "quiet-p", channels: [], patterns: ["\(stem)*"]),
        ]
        let logs = listeners.map { EventLog($0) }
        #expect(await eventually { logs.allSatisfy { $0.subscriptions() == 1 } })
        try await withSharedConnection { redis in
            // The time of some twenty probes each.
            try await Task.sleep(for: .milliseconds(500))
            let receivers = try await redis.publish("\(stem):b", [7])
            #expect(receivers == 2)
        }
        #expect(await eventually { logs.allSatisfy { $0.payloads == [[7]] } })
        #expect(logs.map(\.shape) == ["SM", "SM"])
        for listener in listeners { await listener.close() }
    }

    @Test func cancellingTheConsumerEndsItsLoop() async throws {
        let subscription = RedisSubscription(
            try RedisTestServer.shared(), name: "cancel", channels: [uniqueName("cancel")])
        let events = subscription.events
        let consumer = Task {
            var count = 0
            for await _ in events { count += 1 }
            return count
        }
        consumer.cancel()
        #expect(await consumer.value <= 1)
        await subscription.close()
    }
}
