import NIOConcurrencyHelpers
import NIOCore

/// Messages from one client on their way to its handler. When it is full, the socket is not read; what came with the last
/// read still has a place, as long as it is not overfull.
final class WebSocketInbox: Sendable {
    private struct State {
        var messages = CircularBuffer<String>()
        var bytes = 0
        var waiter: CheckedContinuation<String?, Never>?
        var isFinished = false
    }

    private static let capacity = 32
    private let state = NIOLockedValueBox(State())
    private let maximumBytes: Int
    private let onRoom: @Sendable () -> Void

    /// - Parameters:
    ///   - longest: the most bytes that a message may have.
    ///   - onRoom: called when a full inbox has room again.
    init(longest: Int, onRoom: @escaping @Sendable () -> Void) {
        maximumBytes = 2 * Self.capacity * longest
        self.onRoom = onRoom
    }

    var hasRoom: Bool { state.withLockedValue { $0.messages.count < Self.capacity } }

    /// Whether more waits than twice as many messages of the greatest length. What comes uncompressed hardly gets there,
    /// for a read of the socket brings no more than 256 KiB.
    var isOverfull: Bool { state.withLockedValue { $0.bytes > maximumBytes } }

    func put(_ message: String) {
        let waiter = state.withLockedValue { state -> CheckedContinuation<String?, Never>? in
            guard !state.isFinished else { return nil }
            guard let waiter = state.waiter else {
                state.messages.append(message)
                state.bytes += message.utf8.count
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
                let (answer, hasRoomAgain) = state.withLockedValue { state -> (String??, Bool) in
                    if let message = state.messages.popFirst() {
                        state.bytes -= message.utf8.count
                        return (.some(message), state.messages.count == Self.capacity - 1)
                    }
                    if state.isFinished || Task.isCancelled { return (.some(nil), false) }
                    precondition(state.waiter == nil, "Only one task may read a client's messages")
                    state.waiter = continuation
                    return (nil, false)
                }
                if let answer { continuation.resume(returning: answer) }
                if hasRoomAgain { onRoom() }
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
