/// The events a consumer has not taken yet: any number of arrivals in bounded room.
///
/// Messages are limited, by number and by bytes, by dropping the oldest; the newest is always kept. The other events are
/// never dropped, yet cannot pile up either: where several interruptions follow each other with no message between, one
/// stands for all.
struct EventQueue {
    private let messageLimit: Int
    private let byteLimit: Int
    private var events = FIFO<RedisSubscriptionEvent>()
    /// What stands before the first message in `events`; at most three, as by `add`.
    private var leading: [RedisSubscriptionEvent] = []
    private var messages = 0
    /// Of their payloads.
    private var bytes = 0
    private var dropped = 0

    init(messageLimit: Int, byteLimit: Int) {
        precondition(messageLimit > 0, "a subscription needs room for a message")
        self.messageLimit = messageLimit
        self.byteLimit = byteLimit
    }

    mutating func append(_ event: RedisSubscriptionEvent) {
        guard event.isMessage else {
            if messages == 0 {
                Self.add(event, to: &leading)
            } else {
                addBehindMessages(event)
            }
            return
        }
        events.append(event)
        messages += 1
        bytes += event.size
        while messages > messageLimit || bytes > byteLimit && messages > 1 { dropOldest() }
    }

    mutating func next() -> RedisSubscriptionEvent? {
        if !leading.isEmpty { return leading.removeFirst() }
        if dropped > 0 {
            defer { dropped = 0 }
            return .overflowed(dropped: dropped)
        }
        guard let message = events.popFirst() else { return nil }
        messages -= 1
        bytes -= message.size
        moveControlsToFront()
        return message
    }

    /// After this, `events` begins with a message or is empty.
    private mutating func moveControlsToFront() {
        while let first = events.first, !first.isMessage {
            Self.add(first, to: &leading)
            _ = events.popFirst()
        }
    }

    private mutating func dropOldest() {
        bytes -= events.popFirst()?.size ?? 0
        messages -= 1
        dropped += 1
        moveControlsToFront()
    }

    private mutating func addBehindMessages(_ event: RedisSubscriptionEvent) {
        var tail: [RedisSubscriptionEvent] = []
        while let last = events.last, !last.isMessage {
            tail.insert(last, at: 0)
            events.removeLast()
        }
        Self.add(event, to: &tail)
        events.append(contentsOf: tail)
    }

    /// Adds to a run without messages. `interrupted, subscribed, interrupted` says no more than `interrupted`.
    private static func add(_ event: RedisSubscriptionEvent, to run: inout [RedisSubscriptionEvent]) {
        if event.isInterruption {
            if run.last?.isInterruption == true { return }
            if run.count >= 2, run[run.count - 2].isInterruption {
                run.removeLast()
                return
            }
        }
        run.append(event)
    }
}

extension RedisSubscriptionEvent {
    fileprivate var isMessage: Bool {
        if case .message = self { true } else { false }
    }

    fileprivate var size: Int {
        if case .message(_, let payload) = self { payload.count } else { 0 }
    }

    fileprivate var isInterruption: Bool {
        if case .interrupted = self { true } else { false }
    }
}
