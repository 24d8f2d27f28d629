@testable import RedisDriver

/// Consumes a subscription and remembers what came.
final class EventLog: Sendable {
    private let events = Lock<[RedisSubscriptionEvent]>([])
    private let consumer: Task<Void, Never>

    init(_ subscription: RedisSubscription) {
        let events = events
        let sequence = subscription.events
        consumer = Task {
            for await event in sequence { events.withLock { $0.append(event) } }
        }
    }

    var all: [RedisSubscriptionEvent] { events.withLock { $0 } }

    var payloads: [[UInt8]] {
        all.compactMap { event in
            if case .message(_, let payload) = event { payload } else { nil }
        }
    }

    /// The events without their details, one letter each: Subscribed, Message, Interrupted, Overflowed.
    var shape: String {
        String(
            all.map { event in
                switch event {
                case .subscribed: "S"
                case .message: "M"
                case .interrupted: "I"
                case .overflowed: "O"
                }
            })
    }

    func subscriptions() -> Int { all.count { $0 == .subscribed } }

    /// Waits for the sequence to end.
    func end() async {
        await consumer.value
    }
}
