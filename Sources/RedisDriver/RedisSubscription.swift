/// A connection that only listens. It subscribes in the background, and again by itself after every loss.
///
/// Redis delivers a message at most once, so after each `subscribed` event the consumer should read what it may have
/// missed from where it is stored. A dead server is noticed at the latest after the configuration's
/// `heartbeatInterval + heartbeatTimeout`, even if it keeps the connection open.
public final class RedisSubscription: Sendable {
    private let buffer: EventBuffer
    private let role: SubscriptionRole
    private let loop: ConnectionLoop

    /// Starts connecting in the background.
    /// - Parameters:
    ///   - name: names the thread and, in `CLIENT LIST`, the client.
    ///   - channels: exact names; together with `patterns` at least one is needed.
    ///   - patterns: Redis glob patterns such as `funding.*`.
    ///   - bufferLimit: most messages kept for a slow consumer; beyond it the oldest are dropped and counted.
    ///   - bufferBytes: the same for their payloads together. What one message takes is always kept.
    public init(
        _ configuration: RedisConfiguration, name: String, channels: [String], patterns: [String] = [],
        bufferLimit: Int = 4096, bufferBytes: Int = 8 << 20
    ) {
        buffer = EventBuffer(messageLimit: bufferLimit, byteLimit: bufferBytes)
        role = SubscriptionRole(
            configuration, channels: Self.distinct(channels), patterns: Self.distinct(patterns),
            bufferLimit: bufferLimit, buffer: buffer)
        loop = ConnectionLoop(configuration, name: name, role: role)
        loop.start()
    }

    deinit {
        loop.requestClose()
    }

    /// What happens, for one consumer. It ends after `close()`, and when the consuming task is cancelled.
    /// Whoever holds the sequence keeps the subscription open.
    public var events: RedisSubscriptionEvents {
        RedisSubscriptionEvents(subscription: self)
    }

    /// Why there is no subscription at the moment; nil while there is one, and until the first attempt has failed.
    public var failure: RedisError? { role.failure }

    /// Ends the subscription and its thread. Events that wait can still be taken. May be called again.
    public func close() async {
        loop.requestClose()
        await loop.finished.wait()
    }

    nonisolated(nonsending) fileprivate func nextEvent() async -> RedisSubscriptionEvent? {
        await buffer.next()
    }

    private static func distinct(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }
}

/// The events of one subscription, to be consumed by one task.
public struct RedisSubscriptionEvents: AsyncSequence, Sendable {
    public typealias Element = RedisSubscriptionEvent
    public typealias Failure = Never

    fileprivate let subscription: RedisSubscription

    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let subscription: RedisSubscription

        /// The next event, taken on the caller's actor: a hop would cost more than the taking.
        nonisolated(nonsending) public mutating func next() async -> RedisSubscriptionEvent? {
            await subscription.nextEvent()
        }

        public mutating func next(isolation actor: isolated (any Actor)?) async -> RedisSubscriptionEvent? {
            await subscription.nextEvent()
        }
    }

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(subscription: subscription)
    }
}
