/// What a subscription tells its consumer, in the order in which it happened.
public enum RedisSubscriptionEvent: Sendable, Equatable {
    /// All channels and patterns are confirmed, for the first time or again. Messages before it may have been missed;
    /// every message received since follows it.
    case subscribed
    /// A published message and the channel it was published to.
    case message(channel: String, payload: [UInt8])
    /// There is no connection: messages may be missed from here until the next `subscribed`, which always follows
    /// unless the subscription is closed. Also the first event if the first attempt to connect fails.
    case interrupted(reason: String)
    /// The consumer was too slow: so many of the oldest messages, which belong before the next one, were dropped.
    case overflowed(dropped: Int)
}
