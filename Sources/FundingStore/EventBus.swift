public import FundingCore
public import RedisDriver

/// Publishes events. An event is a hint: if it is lost, readers find the rows by their sequence.
public struct EventPublisher: Sendable {
    private let redis: RedisConnection

    public init(_ redis: RedisConnection) { self.redis = redis }

    public func publish(_ event: RatesEvent) async throws {
        _ = try await redis.publish(Channels.rates(event.exchange), event.encoded())
    }
}

/// What a reader of events has to react to.
public enum BusEvent: Sendable {
    case rates(RatesEvent)
    /// Messages may have been missed: read the tables again.
    case resynchronise(reason: String)
    /// Redis is out of reach: nothing will be heard until `resynchronise`.
    case interrupted(reason: String)
    /// A message that is not what its channel promises.
    case unreadable(channel: String, reason: String)
}

extension RedisSubscriptionEvent {
    /// The event in the suite's words.
    public var busEvent: BusEvent {
        switch self {
        case .subscribed: return .resynchronise(reason: "subscribed")
        case .overflowed(let dropped): return .resynchronise(reason: "\(dropped) messages were dropped")
        case .interrupted(let reason): return .interrupted(reason: reason)
        case .message(let channel, let payload):
            do {
                return .rates(try RatesEvent(wire: payload))
            } catch {
                return .unreadable(channel: channel, reason: "\(error)")
            }
        }
    }
}
