import Foundation
import FundingCore
import RedisDriver
import TestSupport
import Testing

@testable import FundingStore

@Suite(.needsRedis, .timeLimit(.minutes(1)))
struct EventBusTests {
    @Test func anEventArrivesAsItWasPublished() async throws {
        let exchange = ExchangeID(rawValue: "test-\(UUID().uuidString.lowercased())")
        let sample = SampleFeed("bybit", exchange: exchange)
        let event = RatesEvent(
            feed: sample.feed, exchange: exchange, exchangeName: "Test \"é\"", sequence: 42,
            observedAt: sample.start.addingTimeInterval(0.5), batchID: "batch",
            changed: [
                RateChange(of: sample.snapshot(rate: -1.0 / 3, markPrice: nil)),
                RateChange(of: sample.snapshot("1000PEPEUSDT", openInterestUSD: nil)),
            ], absent: ["A"], removed: ["B", "C"])
        let configuration = try TestRedis.configuration()
        let subscription = RedisSubscription(configuration, name: "test", channels: [Channels.rates(exchange)])
        let connection = RedisConnection(configuration, name: "test")
        try await connection.waitUntilConnected(timeout: .seconds(10))
        var events = subscription.events.makeAsyncIterator()
        guard case .resynchronise = await events.next()?.busEvent else {
            Issue.record("the first event is not the subscription")
            return
        }
        try await EventPublisher(connection).publish(event)
        guard case .rates(let received) = await events.next()?.busEvent else {
            Issue.record("the event did not arrive")
            return
        }
        #expect(received == event)
        _ = try await connection.publish(Channels.rates(exchange), Array("{\"v\":2}".utf8))
        guard case .unreadable(let channel, _) = await events.next()?.busEvent else {
            Issue.record("an event of another version was taken for one of ours")
            return
        }
        #expect(channel == Channels.rates(exchange))
        await subscription.close()
        await connection.close()
    }

    @Test func whatMayHaveBeenMissedAsksForReading() {
        guard case .resynchronise(let reason) = RedisSubscriptionEvent.overflowed(dropped: 3).busEvent else {
            Issue.record("dropped messages must lead to reading the tables")
            return
        }
        #expect(reason.contains("3"))
        guard case .interrupted(let reason) = RedisSubscriptionEvent.interrupted(reason: "gone").busEvent else {
            Issue.record("an interruption must stay one")
            return
        }
        #expect(reason == "gone")
    }
}
