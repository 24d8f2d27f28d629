import FundingRuntime
import WebServer

/// One client's socket: hears and answers, pushes and pings, and breaks the rules as faults demand.
actor OpenStream {
    /// Where the socket belongs.
    struct Place: Sendable {
        var number: Int
        var feed: String
        var path: String
    }

    private var stream: PlayedStream
    private let client: WebSocketClient
    private let place: Place
    private let simulator: Lock<Simulator>
    private let clock: MarketClock
    /// What was pushed last, ready for the wire.
    private var lastFrames: [WebSocketFrame] = []
    private var flood = StreamFlood()
    /// A frame was begun that never ends: nothing can follow it.
    private var isStuck = false

    /// How soon a fault is noticed.
    private static let attention = Duration.milliseconds(100)

    init(
        _ stream: PlayedStream, of client: WebSocketClient, at place: Place, _ simulator: Lock<Simulator>,
        _ clock: MarketClock
    ) {
        self.stream = stream
        self.client = client
        self.place = place
        self.simulator = simulator
        self.clock = clock
    }

    /// Serves the client until it is gone or sent away.
    func run(greeting: [[UInt8]]) async {
        send(greeting.map { WebSocketFrame($0) })
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.listen() }
            group.addTask { await self.speak() }
            await group.next()
            group.cancelAll()
        }
    }

    private func listen() async {
        for await text in client.incoming { hear(text) }
    }

    private func hear(_ text: String) {
        let (scene, orders) = circumstances(on: .message)
        guard !orders.isSilent else { return }
        simulator.withLock { $0.countMessages(of: place.feed, received: 1) }
        send(stream.receive(text, in: scene, under: orders).map { WebSocketFrame($0) })
        if stream.hasTooManyTopics { client.close(code: 1008, reason: "too many topics") }
    }

    private func speak() async {
        let liveness = stream.exchange.liveness
        let pushPeriod = Duration.milliseconds(max(10, stream.exchange.pushPeriod))
        let pingPeriod = liveness.pingPeriod.map { Duration.milliseconds(max(10, $0)) }
        var nextPush = ContinuousClock.now + pushPeriod
        var nextPing = pingPeriod.map { ContinuousClock.now + $0 }
        while client.isOpen, !Task.isCancelled {
            let now = ContinuousClock.now
            let isPush = now >= nextPush
            let (scene, orders) = circumstances(on: isPush ? .push : .tick)
            client.isMute = orders.isSilent || isStuck
            if let code = orders.closeCode { return client.close(code: code, reason: orders.closeReason) }
            if isPush {
                push(in: scene, under: orders)
                nextPush = max(nextPush + pushPeriod, now)
            }
            if orders.hasHugeFrame { beginHugeFrame() }
            if let due = nextPing, let pingPeriod, now >= due {
                if !orders.isSilent, !isStuck { client.send(StreamFrames.ping) }
                nextPing = now + pingPeriod
            }
            if let limit = liveness.maximumSilence, !client.isMute, now - client.lastSign > .milliseconds(limit) {
                return client.cut()
            }
            repeatLast(orders, at: now)
            let wake = min(nextPush, nextPing ?? nextPush, now + (flood.isOn ? StreamFlood.step : Self.attention))
            do { try await Task.sleep(until: wake) } catch { return }
        }
    }

    private func circumstances(on moment: StreamMoment) -> (scene: Scene, orders: StreamOrders) {
        simulator.withLock {
            $0.circumstances(of: place.number, feed: place.feed, path: place.path, on: moment, at: clock.now)
        }
    }

    private func push(in scene: Scene, under orders: StreamOrders) {
        let frames = stream.push(in: scene, under: orders).map { WebSocketFrame($0) }
        if !frames.isEmpty { lastFrames = frames }
        send(frames)
        guard let garbage = orders.garbage, !orders.isSilent else { return }
        send([StreamFrames.garbage(garbage)])
    }

    private func repeatLast(_ orders: StreamOrders, at now: ContinuousClock.Instant) {
        let count = flood.due(orders.isSilent ? nil : orders.messagesPerSecond, at: now)
        guard count > 0, !lastFrames.isEmpty, client.queuedBytes < StreamFlood.maximumQueue else { return }
        send((0..<count).map { lastFrames[$0 % lastFrames.count] })
    }

    private func beginHugeFrame() {
        guard !isStuck else { return }
        send([StreamFrames.hugeBeginning])
        isStuck = true
    }

    private func send(_ frames: [WebSocketFrame]) {
        guard !isStuck, !frames.isEmpty else { return }
        for frame in frames { client.send(frame) }
        simulator.withLock { $0.countMessages(of: place.feed, sent: frames.count) }
    }
}
