public import FundingCore
public import RedisDriver

/// Publishes events. An event is a hint: if it is lost, readers find the rows by their sequence.
public struct EventPublisher: Sendable {
    private let redis: RedisConnection

    public init(_ redis: RedisConnection) { self.redis = redis }

    public func publish(_ event: RatesEvent) async throws {
        _ = try await redis.publish(Channels.rates(event.exchange), event.encoded())
    }

    public func publish(_ event: ContractsEvent) async throws {
        _ = try await redis.publish(Channels.contracts, event.encoded())
    }

    public func publish(_ event: SettlementsEvent) async throws {
        _ = try await redis.publish(Channels.settlements, event.encoded())
    }

    public func publish(_ event: ArbitrageEvent) async throws {
        _ = try await redis.publish(Channels.arbitrage, event.encoded())
    }

    public func publish(_ event: StatisticsEvent) async throws {
        _ = try await redis.publish(Channels.statistics, event.encoded())
    }

    public func publish(_ event: BackfillEvent) async throws {
        _ = try await redis.publish(Channels.backfill, event.encoded())
    }

    public func publish(_ event: SettingsEvent) async throws {
        _ = try await redis.publish(Channels.settings, event.encoded())
    }
}

/// What a reader of events has to react to.
public enum BusEvent: Sendable {
    case rates(RatesEvent)
    case contracts(ContractsEvent)
    case settlements(SettlementsEvent)
    case settings(SettingsEvent)
    case backfill(BackfillEvent)
    case statistics(StatisticsEvent)
    case arbitrage(ArbitrageEvent)
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
                return try BusEvent(payload, on: channel)
            } catch {
                return .unreadable(channel: channel, reason: "\(error)")
            }
        }
    }
}

extension BusEvent {
    fileprivate init(_ payload: [UInt8], on channel: String) throws {
        switch channel {
        case Channels.contracts: self = .contracts(try ContractsEvent(wire: payload))
        case Channels.settlements: self = .settlements(try SettlementsEvent(wire: payload))
        case Channels.settings: self = .settings(try SettingsEvent(wire: payload))
        case Channels.backfill: self = .backfill(try BackfillEvent(wire: payload))
        case Channels.statistics: self = .statistics(try StatisticsEvent(wire: payload))
        case Channels.arbitrage: self = .arbitrage(try ArbitrageEvent(wire: payload))
        default: self = .rates(try RatesEvent(wire: payload))
        }
    }
}
