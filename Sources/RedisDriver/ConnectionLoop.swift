import CHiredis
import Glibc

/// The thread of one connection object: connects, logs in, waits in `poll(2)`, and connects again after a loss.
///
/// Unchecked: `phase` and `backoff` belong to the loop's thread; other threads only reach `control`, the wake
/// descriptor and the latch, which are safe to share.
final class ConnectionLoop: @unchecked Sendable {
    private typealias Instant = ContinuousClock.Instant

    private enum Phase {
        case waiting(until: Instant)
        case connecting(Link, Handshake?, by: Instant)
        case ready(Link, since: Instant)
    }

    private struct Control {
        var isClosing = false
        var isSignalled = false
    }

    /// Opens when the thread has nothing left to do.
    let finished = Latch()
    private let configuration: RedisConfiguration
    private let name: String
    private let role: any ConnectionRole
    private let wakeDescriptor = WakeDescriptor()
    private let control = Lock(Control())
    private var phase = Phase.waiting(until: .now)
    private var backoff = ReconnectBackoff()

    init(_ configuration: RedisConfiguration, name: String, role: any ConnectionRole) {
        self.configuration = configuration
        self.name = name
        self.role = role
    }

    func start() {
        LoopThread.start(name: name) { self.run() }
    }

    /// Makes the loop look at its role's inbox.
    func wake() {
        let isFirst = control.withLock { control in
            defer { control.isSignalled = true }
            return !control.isSignalled
        }
        if isFirst { wakeDescriptor.signal() }
    }

    /// Makes the thread end soon.
    func requestClose() {
        control.withLock { $0.isClosing = true }
        wakeDescriptor.signal()
    }

    // MARK: - On the loop's thread

    private func run() {
        while !control.withLock({ $0.isClosing }) {
            let now = Instant.now
            advance(now)
            role.service(readyLink, now: now)
            // The role may have dropped the link; its loss is then handled before anything waits.
            if let link = openedLink, !link.isOpen { continue }
            waitForEvents()
        }
        openedLink?.drop(RedisError(.closed, "the connection was closed"))
        role.closed()
        finished.open()
    }

    private var openedLink: Link? {
        switch phase {
        case .waiting: nil
        case .connecting(let link, _, _), .ready(let link, _): link
        }
    }

    private var readyLink: Link? {
        if case .ready(let link, _) = phase { link } else { nil }
    }

    private func advance(_ now: Instant) {
        switch phase {
        case .waiting(let until):
            if now >= until { open() }
        case .connecting(let link, let handshake, let limit):
            advanceLogin(link, handshake, by: limit, now)
        case .ready(let link, let since):
            if !link.isOpen {
                backoff.connectionEnded(after: now - since)
                lost(link.failure)
            }
        }
    }

    private func open() {
        do {
            let link = try Link(to: configuration.address)
            phase = .connecting(link, nil, by: .now + configuration.connectTimeout)
        } catch {
            lost(error)
        }
    }

    private func advanceLogin(_ link: Link, _ begun: Handshake?, by limit: Instant, _ now: Instant) {
        guard link.isOpen else { return lost(link.failure) }
        guard link.isEstablished, now < limit else {
            if now >= limit {
                link.drop(RedisError(.connect, "not connected within \(configuration.connectTimeout)"))
                lost(link.failure)
            }
            return
        }
        guard let begun else {
            let handshake = Handshake()
            handshake.begin(on: link, configuration, name: name)
            phase = .connecting(link, handshake, by: limit)
            return
        }
        switch begun.outcome {
        case .pending:
            break
        case .ready:
            phase = .ready(link, since: now)
            role.connected(link)
        case .failed(let error):
            link.drop(error)
            lost(error)
        }
    }

    private func lost(_ failure: RedisError?) {
        let reason = failure ?? RedisError(.connectionLost, "the connection ended")
        phase = .waiting(until: .now + backoff.delay(fraction: .random(in: 0...1)))
        role.disconnected(reason)
    }

    private var phaseDeadline: Instant? {
        switch phase {
        case .waiting(let until): until
        case .connecting(_, _, let limit): limit
        case .ready: nil
        }
    }

    private func waitForEvents() {
        var watched = [pollfd(fd: wakeDescriptor.descriptor, events: Int16(POLLIN), revents: 0)]
        if let interest = openedLink?.interest { watched.append(interest) }
        let deadlines = [phaseDeadline, role.nextDeadline(readyLink)].compactMap { $0 }
        let count = poll(&watched, nfds_t(watched.count), Self.milliseconds(until: deadlines.min()))
        // Interrupted or timed out: the loop's next turn sees what is due.
        guard count > 0 else { return }
        if watched[0].revents != 0 {
            // In this order: a signal between the two would else be taken back while it still counts as given.
            wakeDescriptor.drain()
            control.withLock { $0.isSignalled = false }
        }
        if watched.count == 2, watched[1].revents != 0 { openedLink?.handle(watched[1].revents) }
    }

    /// The time left in whole milliseconds, rounded up so that the deadline has passed afterwards; -1 for ever.
    private static func milliseconds(until deadline: Instant?) -> Int32 {
        guard let deadline else { return -1 }
        let left = deadline - .now
        if left <= .zero { return 0 }
        return Int32(min(left / .milliseconds(1) + 1, 60_000))
    }
}
