/// A result that one thread delivers and one task awaits; whoever delivers first wins.
///
/// The awaiting task's cancellation is such a delivery, so it returns promptly whatever the connection does.
final class Completion<Value: Sendable>: Sendable {
    typealias Outcome = Result<Value, RedisError>

    private enum State {
        case open
        case awaited(CheckedContinuation<Outcome, Never>)
        case settled(Outcome)
    }

    private let state = Lock(State.open)

    /// Whether the outcome is known, so that nobody waits for it any more.
    var isSettled: Bool {
        state.withLock { state in
            if case .settled = state { true } else { false }
        }
    }

    /// Waits for the outcome. May be called once.
    nonisolated(nonsending) func value() async throws(RedisError) -> Value {
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known: Outcome? = state.withLock { state in
                    switch state {
                    case .open:
                        state = .awaited(continuation)
                        return nil
                    case .settled(let outcome):
                        return outcome
                    case .awaited:
                        preconditionFailure("a completion has one waiter")
                    }
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            settle(.failure(RedisError(.cancelled, "the awaiting task was cancelled")))
        }
        return try outcome.get()
    }

    /// Delivers the outcome unless one was delivered before.
    func settle(_ outcome: Outcome) {
        let waiter: CheckedContinuation<Outcome, Never>? = state.withLock { state in
            switch state {
            case .open:
                state = .settled(outcome)
                return nil
            case .awaited(let continuation):
                state = .settled(outcome)
                return continuation
            case .settled:
                return nil
            }
        }
        waiter?.resume(returning: outcome)
    }
}
