/// Hands events from the connection's thread to the one task that consumes them.
final class EventBuffer: Sendable {
    private struct State {
        var queue: EventQueue
        var isFinished = false
        var consumer: CheckedContinuation<RedisSubscriptionEvent?, Never>?
    }

    private let state: Lock<State>

    init(messageLimit: Int, byteLimit: Int) {
        state = Lock(State(queue: EventQueue(messageLimit: messageLimit, byteLimit: byteLimit)))
    }

    /// Adds events and wakes the consumer if it waits.
    func append(_ events: [RedisSubscriptionEvent]) {
        let handover = state.withLock { state -> (() -> Void)? in
            guard !state.isFinished else { return nil }
            for event in events { state.queue.append(event) }
            guard let consumer = state.consumer, let next = state.queue.next() else { return nil }
            state.consumer = nil
            return { consumer.resume(returning: next) }
        }
        handover?()
    }

    /// No event comes any more; those that wait can still be taken.
    func finish() {
        let consumer = state.withLock { state in
            state.isFinished = true
            defer { state.consumer = nil }
            return state.consumer
        }
        consumer?.resume(returning: nil)
    }

    /// The next event; nil after the last one, and when the consuming task is cancelled.
    nonisolated(nonsending) func next() async -> RedisSubscriptionEvent? {
        if Task.isCancelled { return nil }
        // Under load there mostly is one, and waiting is the dear part.
        if let event = state.withLock({ $0.queue.next() }) { return event }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known = state.withLock { state -> RedisSubscriptionEvent?? in
                    precondition(state.consumer == nil, "a subscription has one consumer")
                    if let event = state.queue.next() { return .some(event) }
                    if state.isFinished || Task.isCancelled { return .some(nil) }
                    state.consumer = continuation
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            let consumer = state.withLock { state in
                defer { state.consumer = nil }
                return state.consumer
            }
            consumer?.resume(returning: nil)
        }
    }
}
