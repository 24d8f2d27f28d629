/// Subscribes, passes messages on, and notices when the server has gone silent.
///
/// A subscribed connection cannot be asked with `PING`: hiredis never calls back. Instead the role subscribes once more
/// to the first of its own channels, which changes nothing at the server but must be confirmed. This probes the very
/// connection that matters, needs no second one, and no right to publish.
///
/// Unchecked: all that varies belongs to the loop's thread, except `lastFailure`, which is locked.
final class SubscriptionRole: ReplySink, ConnectionRole, @unchecked Sendable {
    private let configuration: RedisConfiguration
    private let channels: [String]
    private let patterns: [String]
    private let bufferLimit: Int
    private let buffer: EventBuffer
    private let lastFailure = Lock<RedisError?>(nil)

    private var confirmedChannels: Set<String> = []
    private var confirmedPatterns: Set<String> = []
    private var isSubscribed = false
    private var isInterruptionKnown = false
    /// Messages that came before the last confirmation; they are delivered behind it.
    private var early = FIFO<RedisSubscriptionEvent>()
    private var probedAt: Instant?
    /// What one reading of the socket brought; the consumer is woken once for all of it.
    private var arrived: [RedisSubscriptionEvent] = []

    init(
        _ configuration: RedisConfiguration, channels: [String], patterns: [String], bufferLimit: Int,
        buffer: EventBuffer
    ) {
        precondition(!(channels.isEmpty && patterns.isEmpty), "a subscription needs a channel or a pattern")
        self.configuration = configuration
        self.channels = channels
        self.patterns = patterns
        self.bufferLimit = bufferLimit
        self.buffer = buffer
    }

    /// Why there is no subscription at the moment; readable on any thread.
    var failure: RedisError? { lastFailure.withLock { $0 } }

    func connected(_ link: Link) {
        confirmedChannels = []
        confirmedPatterns = []
        probedAt = nil
        var isTaken = true
        if !channels.isEmpty { isTaken = link.subscribe(Self.command("SUBSCRIBE", channels), to: self) }
        if !patterns.isEmpty { isTaken = link.subscribe(Self.command("PSUBSCRIBE", patterns), to: self) && isTaken }
        if !isTaken { link.drop(RedisError(.connect, "hiredis refused to subscribe")) }
    }

    func disconnected(_ error: RedisError) {
        isSubscribed = false
        _ = early.removeAll()
        lastFailure.withLock { $0 = error }
        guard !isInterruptionKnown else { return }
        isInterruptionKnown = true
        arrived.append(.interrupted(reason: error.description))
    }

    func service(_ link: Link?, now: Instant) {
        passOn()
        guard let link, link.isOpen else { return }
        if let asked = probedAt, link.lastHeard < asked {
            if now - asked >= configuration.heartbeatTimeout {
                link.drop(RedisError(.connectionLost, "the server was silent for \(now - link.lastHeard)"))
            }
        } else if now - link.lastHeard >= configuration.heartbeatInterval {
            probedAt = now
            let probe =
                channels.isEmpty
                ? Self.command("PSUBSCRIBE", [patterns[0]]) : Self.command("SUBSCRIBE", [channels[0]])
            if !link.subscribe(probe, to: self) { link.drop(RedisError(.connectionLost, "hiredis refused a probe")) }
        }
    }

    func nextDeadline(_ link: Link?) -> Instant? {
        guard let link else { return nil }
        if let asked = probedAt, link.lastHeard < asked { return asked + configuration.heartbeatTimeout }
        return link.lastHeard + configuration.heartbeatInterval
    }

    func closed() {
        passOn()
        buffer.finish()
    }

    override func receive(_ reply: RedisReply?) {
        guard let parts = reply?.elements, parts.count >= 3 else { return }
        switch parts[0].text {
        case "message":
            deliver(parts[1], parts[2])
        case "pmessage" where parts.count >= 4:
            deliver(parts[2], parts[3])
        case "subscribe":
            if let channel = parts[1].text { confirmedChannels.insert(channel) }
            noteConfirmation()
        case "psubscribe":
            if let pattern = parts[1].text { confirmedPatterns.insert(pattern) }
            noteConfirmation()
        default:
            break
        }
    }

    private func deliver(_ channel: RedisReply, _ payload: RedisReply) {
        let name = String(decoding: channel.bytes ?? [], as: UTF8.self)
        let event = RedisSubscriptionEvent.message(channel: name, payload: payload.bytes ?? [])
        guard !isSubscribed else { return arrived.append(event) }
        early.append(event)
        // The consumer learns of it anyway: what comes before `subscribed` may have been missed.
        if early.count > bufferLimit { _ = early.popFirst() }
    }

    private func noteConfirmation() {
        guard !isSubscribed, confirmedChannels.count == channels.count, confirmedPatterns.count == patterns.count else {
            return
        }
        isSubscribed = true
        isInterruptionKnown = false
        lastFailure.withLock { $0 = nil }
        arrived.append(.subscribed)
        arrived.append(contentsOf: early.removeAll())
    }

    private func passOn() {
        guard !arrived.isEmpty else { return }
        buffer.append(arrived)
        arrived.removeAll(keepingCapacity: true)
    }

    private static func command(_ name: RedisArgument, _ names: [String]) -> [RedisArgument] {
        [name] + names.map { RedisArgument($0) }
    }
}
