import NIOConcurrencyHelpers
import NIOCore

/// What waits for one client, filled from any thread and emptied by its event loop while the socket takes it.
///
/// Bytes count as queued from the moment they are handed over until the socket has taken the frame's last one.
final class WebSocketOutbox: Sendable {
    /// Something to write.
    enum Item: Sendable {
        case frame(ByteBuffer)
        case close(code: Int?, reason: String)
    }

    private struct State {
        var items = CircularBuffer<Item>()
        var queuedBytes = 0
        var isOpen = true
        var isScheduled = false
    }

    private let limit: Int
    private let state = NIOLockedValueBox(State())

    /// - Parameter limit: the most bytes that may wait behind others.
    init(limit: Int) {
        self.limit = limit
    }

    var queuedBytes: Int { state.withLockedValue(\.queuedBytes) }

    /// Those of them that are still here and that the channel has not been given.
    var heldBytes: Int { state.withLockedValue { Self.heldBytes($0) } }

    var isOpen: Bool { state.withLockedValue(\.isOpen) }

    /// Queues a frame. If others wait and it would exceed the limit, the queue is dropped and the client closed with
    /// 1013; a frame that meets an empty queue is taken at any size, for it shows no slowness.
    ///
    /// - Returns: whether the event loop must be woken.
    func put(_ frame: ByteBuffer) -> Bool {
        state.withLockedValue { state in
            guard state.isOpen else { return false }
            let size = frame.readableBytes
            if state.queuedBytes > 0, state.queuedBytes + size > limit {
                Self.drop(&state)
                state.isOpen = false
                state.items.append(.close(code: 1013, reason: "reading too slowly"))
            } else {
                state.queuedBytes += size
                state.items.append(.frame(frame))
            }
            return Self.schedule(&state)
        }
    }

    /// Queues a close frame behind what waits, or in its place; the first close wins.
    ///
    /// - Returns: whether the event loop must be woken.
    func close(_ code: Int?, _ reason: String, droppingQueue: Bool = false) -> Bool {
        state.withLockedValue { state in
            guard state.isOpen else { return false }
            if droppingQueue { Self.drop(&state) }
            state.isOpen = false
            state.items.append(.close(code: code, reason: reason))
            return Self.schedule(&state)
        }
    }

    /// The next item; nil if there is none or the socket takes no frames now.
    func take(isWritable: Bool) -> Item? {
        state.withLockedValue { state in
            if case .frame = state.items.first, !isWritable {
                state.isScheduled = false
                return nil
            }
            guard let item = state.items.popFirst() else {
                state.isScheduled = false
                return nil
            }
            return item
        }
    }

    /// The socket has taken that many bytes.
    func flushed(_ bytes: Int) {
        state.withLockedValue { $0.queuedBytes -= bytes }
    }

    /// The connection is gone.
    func end() {
        state.withLockedValue { state in
            Self.drop(&state)
            state.isOpen = false
        }
    }

    private static func drop(_ state: inout State) {
        state.queuedBytes -= heldBytes(state)
        state.items.removeAll()
    }

    private static func heldBytes(_ state: State) -> Int {
        var bytes = 0
        for case .frame(let frame) in state.items { bytes += frame.readableBytes }
        return bytes
    }

    private static func schedule(_ state: inout State) -> Bool {
        defer { state.isScheduled = true }
        return !state.isScheduled
    }
}
