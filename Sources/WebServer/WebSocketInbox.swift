import NIOConcurrencyHelpers
import NIOCore

/// Messages from one client on their way to its handler. When it is full, the socket is not read.
final class WebSocketInbox: Sendable {
    private struct State {
        var messages = CircularBuffer<String>()
        var waiter: CheckedContinuation<String?, Never>?
        var isFinished = false
    }

    private static let capacity = 32
    private let state = NIOLockedValueBox(State())
    private let onRoom: @Sendable () -> Void

    /// - Parameter onRoom: called when a full inbox has room again.
    init(onRoom: @escaping @Sendable () -> Void) {
        self.onRoom = onRoom
    }

    var hasRoom: Bool { state.withLockedValue { $0.messages.count < Self.capacity } }

    func put(_ message: String) {
        let waiter = state.withLockedValue { state -> CheckedContinuation<String?, Never>? in
            guard !state.isFinished else { return nil }
            guard let waiter = state.waiter else {
                state.messages.append(message)
                return nil
            }
            state.waiter = nil
            return waiter
        }
        waiter?.resume(returning: message)
    }

    /// The next message; nil once the client is gone and everything was read.
    func next() async -> String? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (answer, wasFull) = state.withLockedValue { state -> (String??, Bool) in
                    let wasFull = state.messages.count >= Self.capacity
                    if let message = state.messages.popFirst() { return (.some(message), wasFull) }
                    if state.isFinished || Task.isCancelled { return (.some(nil), false) }
                    precondition(state.waiter == nil, "Only one task may read a client's messages")
                    state.waiter = continuation
                    return (nil, false)
                }
                if let answer { continuation.resume(returning: answer) }
                if wasFull { onRoom() }
            }
        } onCancel: {
            finish()
        }
    }

    /// No more messages will come.
    func finish() {
        let waiter = state.withLockedValue { state -> CheckedContinuation<String?, Never>? in
            state.isFinished = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }
}
