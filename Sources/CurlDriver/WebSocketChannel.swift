/// What a WebSocket's reader and the engine's thread have in common: events that wait to be read, frames that wait to
/// be sent, and how it ended. Both queues are bounded.
final class WebSocketChannel: Sendable {
    typealias Event = WebSocketConnection.Event
    typealias Outcome = Result<Event, WebSocketError>

    /// One call of `next()` that may have to wait.
    final class Reader: @unchecked Sendable {
        // Unchecked: both are only touched under the channel's lock.
        fileprivate var isCancelled = false
        fileprivate var continuation: CheckedContinuation<Outcome, Never>?
    }

    /// What the thread is to do; taken all at once.
    struct Orders {
        var frames: [[UInt8]] = []
        /// The code of the close frame to send.
        var closing: Int?
        /// Whether there is room to read again.
        var resumesReading = false
    }

    private struct State {
        var events = EventQueue()
        var readers: [Reader] = []
        var orders = Orders()
        var unsentBytes = 0
        var isPaused = false
        var ending: WebSocketError?
        var isGone = false
        var closers: [CheckedContinuation<Void, Never>] = []
        var traffic = WebSocketTraffic()
    }

    /// How much may wait to be sent before `send` refuses.
    static let unsentLimit = 1 << 20

    private let display: String
    private let limit: (bytes: Int, events: Int)
    private let state = Locked(State())

    init(display: String, limit: (bytes: Int, events: Int)) {
        self.display = display
        self.limit = limit
    }

    var traffic: WebSocketTraffic { state.withLock { $0.traffic } }

    // MARK: - For the reader

    /// The next event if there is one already, and whether reading may go on now.
    func nextAtHand() -> (event: Event, resumesReading: Bool)? {
        state.withLock { state in
            guard let event = state.events.popFirst() else { return nil }
            return (event, resumeReading(in: &state))
        }
    }

    /// The next event, or the end behind the last one. `resume` is called when reading may go on.
    func next(for reader: Reader, resume: @Sendable () -> Void) async -> Outcome {
        await withCheckedContinuation { continuation in
            let (outcome, resumesReading): (Outcome?, Bool) = state.withLock { state in
                if reader.isCancelled { return (.failure(cancellation), false) }
                if let event = state.events.popFirst() {
                    return (.success(event), resumeReading(in: &state))
                }
                if let ending = state.ending { return (.failure(ending), false) }
                reader.continuation = continuation
                state.readers.append(reader)
                return (nil, false)
            }
            if resumesReading { resume() }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }

    /// Ends one wait; nothing is lost by it.
    func cancel(_ reader: Reader) {
        let continuation = state.withLock { state in
            reader.isCancelled = true
            state.readers.removeAll { $0 === reader }
            return reader.takeContinuation()
        }
        continuation?.resume(returning: .failure(cancellation))
    }

    private func resumeReading(in state: inout State) -> Bool {
        guard state.isPaused, state.events.bytes <= limit.bytes / 2, state.events.count <= limit.events / 2 else {
            return false
        }
        state.isPaused = false
        state.orders.resumesReading = true
        return true
    }

    /// Leaves a frame for the thread.
    ///
    /// - Returns: why not, if the connection has ended or the server takes too little.
    func post(_ frame: [UInt8]) -> WebSocketError? {
        state.withLock { state in
            if let ending = state.ending { return ending }
            guard state.unsentBytes == 0 || state.unsentBytes + frame.count <= Self.unsentLimit else {
                return WebSocketError(
                    kind: .overloaded, message: "\(display): \(state.unsentBytes) bytes wait to be sent already")
            }
            state.unsentBytes += frame.count
            state.orders.frames.append(frame)
            return nil
        }
    }

    /// Asks the thread to close, unless that has begun.
    func requestClose(_ code: Int) {
        state.withLock { state in
            if state.ending == nil, state.orders.closing == nil { state.orders.closing = code }
        }
    }

    /// Waits until the socket is gone; `begin` is called once the wait is sure to end.
    func waitUntilGone(_ begin: @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            let isGone = state.withLock { state in
                if !state.isGone { state.closers.append(continuation) }
                return state.isGone
            }
            if isGone { continuation.resume() } else { begin() }
        }
    }

    private var cancellation: WebSocketError {
        WebSocketError(kind: .cancelled, message: "\(display): the task was cancelled")
    }

    // MARK: - For the thread

    /// What there is to do.
    func takeOrders() -> Orders {
        state.withLock { state in
            defer { state.orders = Orders() }
            return state.orders
        }
    }

    /// Notes that a frame from `post` is with the system.
    func noteSent(bytes: Int) {
        state.withLock { $0.unsentBytes -= bytes }
    }

    /// Hands over what came in, and counts it; true if that is enough for now.
    func deliver(_ events: [Event], wireBytes: Int) -> Bool {
        var woken: [(CheckedContinuation<Outcome, Never>, Event)] = []
        let isPaused = state.withLock { state in
            state.traffic.bytesReceived += wireBytes
            for event in events {
                if case .message = event { state.traffic.messagesReceived += 1 }
                if !state.readers.isEmpty, let reader = state.readers.removeFirst().takeContinuation() {
                    woken.append((reader, event))
                } else {
                    state.events.append(event)
                }
            }
            if !state.isPaused, state.events.bytes >= limit.bytes || state.events.count >= limit.events {
                state.isPaused = true
                state.traffic.pauses += 1
            }
            return state.isPaused
        }
        for (reader, event) in woken { reader.resume(returning: .success(event)) }
        return isPaused
    }

    /// Puts the end behind what waits to be read, or in its place. Only the first end counts.
    func finish(_ error: WebSocketError, discardingQueue: Bool = false) {
        let readers = state.withLock { state in
            guard state.ending == nil else { return [CheckedContinuation<Outcome, Never>]() }
            state.ending = error
            if discardingQueue { state.events = EventQueue() }
            defer { state.readers = [] }
            return state.readers.compactMap { $0.takeContinuation() }
        }
        for reader in readers { reader.resume(returning: .failure(error)) }
    }

    /// Tells those who wait for it that the socket is gone.
    func noteGone() {
        let closers = state.withLock { state in
            state.isGone = true
            defer { state.closers = [] }
            return state.closers
        }
        for closer in closers { closer.resume() }
    }
}

extension WebSocketChannel.Reader {
    /// The continuation, for whoever asks first.
    fileprivate func takeContinuation() -> CheckedContinuation<WebSocketChannel.Outcome, Never>? {
        defer { continuation = nil }
        return continuation
    }
}

/// Events in the order they came.
private struct EventQueue {
    private var events: [WebSocketConnection.Event] = []
    private var first = 0
    private(set) var bytes = 0

    var count: Int { events.count - first }

    mutating func append(_ event: WebSocketConnection.Event) {
        events.append(event)
        bytes += event.size
    }

    mutating func popFirst() -> WebSocketConnection.Event? {
        guard first < events.count else { return nil }
        let event = events[first]
        // Lets go of the message here already.
        events[first] = .pong
        first += 1
        bytes -= event.size
        if first == events.count {
            events.removeAll(keepingCapacity: first <= 4096)
            first = 0
        } else if first >= 4096 {
            events.removeFirst(first)
            first = 0
        }
        return event
    }
}

extension WebSocketConnection.Event {
    fileprivate var size: Int {
        if case .message(let bytes) = self { bytes.count } else { 0 }
    }
}
