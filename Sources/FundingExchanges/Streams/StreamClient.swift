public import Foundation
public import FundingCore

/// Keeps a feed's stream: as many connections as its contracts need, each opened anew when it ends, with pauses that grow
/// and are drawn by lot, so that a hundred broken connections do not come back as one wave.
public actor StreamClient {
    /// Opens a WebSocket: the driver's, or a test's stand-in.
    public typealias Open = @Sendable (_ url: String) async throws(StreamEnd) -> any StreamSocket
    /// Asks the exchange by REST, with its manners.
    public typealias Ask = @Sendable (ExchangeRequest) async -> Result<Answer, ExchangeError>

    private enum Limit {
        /// After which the pauses begin anew.
        static let goodLife = Duration.seconds(60)
        /// How long an exchange is left alone that does not let us in, if it does not say.
        static let blocked = Duration.seconds(600)
    }

    private struct Kept {
        var connection: StreamConnection
        var task: Task<Void, Never>
    }

    private let stream: any ExchangeStream
    /// Replaces the scheme and host of every address.
    private let base: String?
    private let open: Open
    private let ask: Ask
    private let hear: @Sendable (StreamNews) -> Void
    private let clock = ContinuousClock()
    private let backoff = Backoff(base: .seconds(1), cap: .seconds(60))
    private var openings: TokenBucket
    /// The exchange lets none of the connections in before this.
    private var closedUntil: ContinuousClock.Instant?
    private var kept: [String: Kept] = [:]
    private var order: [String] = []
    /// As the last poll had them.
    private var contracts = StreamedContracts([])
    private var states: [String: StreamState] = [:]
    private var lines: [String: StreamLine] = [:]

    /// - Parameters:
    ///   - base: scheme and host that replace the terms' own, as the simulator needs it.
    ///   - hear: called for every piece of news, on any thread, one at a time for each connection.
    public init(
        _ stream: any ExchangeStream, base: String? = nil, open: @escaping Open, ask: @escaping Ask,
        hear: @escaping @Sendable (StreamNews) -> Void
    ) {
        self.stream = stream
        self.base = base
        self.open = open
        self.ask = ask
        self.hear = hear
        let perMinute = stream.terms.connectionsPerMinute
        openings = TokenBucket(
            capacity: max(1, perMinute / 2), refillPerSecond: perMinute / 2 / 60, at: ContinuousClock().now
        )
    }

    // MARK: - What is streamed

    /// Streams these contracts from now on, and reads messages by their present terms. Connections whose subscriptions are
    /// the same go on undisturbed.
    public func follow(_ snapshots: [FundingSnapshot]) async {
        let now = Dictionary(snapshots.map { ($0.contract.symbol, $0) }) { first, _ in first }
        let known = Set(order)
        // In the order of first sight: a new listing does not shift the contracts between connections.
        order.removeAll { now[$0] == nil }
        order += snapshots.map(\.contract.symbol).filter { !known.contains($0) }
        contracts = StreamedContracts(order.compactMap { now[$0] })
        if Set(order) != known { plan() }
        for line in lines.values { await line.follow(contracts) }
    }

    /// Opens the connections that the contracts need, and ends those that they no longer do.
    private func plan() {
        let wanted = stream.connections(for: contracts)
        for (key, old) in kept where !wanted.contains(where: { $0.subscribesLike(old.connection) }) {
            old.task.cancel()
            kept[key] = nil
            lines[key] = nil
            states[key] = nil
        }
        for connection in wanted {
            if kept[connection.key] == nil {
                states[connection.key] = StreamState(connection)
                kept[connection.key] = Kept(connection: connection, task: Task { await self.keep(connection) })
            } else {
                states[connection.key]?.contracts = connection.contracts
            }
        }
    }

    /// Ends all connections, and waits until they are closed.
    public func stop() async {
        let ending = kept.values.map(\.task)
        kept = [:]
        order = []
        for task in ending { task.cancel() }
        for task in ending { await task.value }
        states = [:]
    }

    /// How the connections fare, sorted by key.
    public func connections() async -> [StreamState] {
        for (key, line) in lines { await readMeter(of: line, key) }
        return states.values.sorted { $0.key < $1.key }
    }

    // MARK: - One connection

    private func keep(_ connection: StreamConnection) async {
        var failures = 0
        while !Task.isCancelled {
            do {
                try await waitForTurn(connection.key)
            } catch {
                return
            }
            let begun = clock.now
            let end = await live(connection)
            guard !Task.isCancelled, end.kind != .cancelled else { return }
            if end.kind == .renewed || clock.now - begun > Limit.goodLife { failures = 0 }
            var pause = backoff.delay(afterAttempt: failures, draw: .random(in: 0...1))
            if end.kind == .renewed { pause = .zero } else { failures += 1 }
            if end.kind == .blocked {
                pause += end.pause ?? Limit.blocked
                closedUntil = max(closedUntil ?? clock.now, clock.now + pause)
            }
            states[connection.key]?.end(end, reopenedIn: pause)
            do { try await clock.sleep(for: pause) } catch { return }
        }
    }

    /// Opens no more connections in a minute than the exchange allows, and none while it lets nobody in: what it told one
    /// connection holds for all.
    private func waitForTurn(_ key: String) async throws {
        while true {
            if let closedUntil, closedUntil > clock.now {
                states[key]?.wait(closedUntil - clock.now)
                // By lot, for otherwise all would come back at once.
                try await clock.sleep(until: closedUntil + backoff.delay(afterAttempt: 0, draw: .random(in: 0...1)))
            } else if case .wait(let duration) = openings.take(at: clock.now) {
                try await clock.sleep(for: duration)
            } else {
                return
            }
        }
    }

    private func live(_ connection: StreamConnection) async -> StreamEnd {
        do throws(StreamEnd) {
            let address = try await address(of: connection)
            let socket = try await open(address.url)
            if Task.isCancelled {
                await socket.close()
                return StreamEnd(.cancelled, "stopped")
            }
            let line = StreamLine(
                stream, connection, contracts, heartbeat: address.heartbeat ?? stream.terms.heartbeat, over: socket,
                hear
            )
            lines[connection.key] = line
            states[connection.key]?.open()
            let end = await line.serve()
            await readMeter(of: line, connection.key)
            if lines[connection.key] === line { lines[connection.key] = nil }
            return end
        } catch {
            return error
        }
    }

    /// Unless another connection has taken its place.
    private func readMeter(of line: StreamLine, _ key: String) async {
        let meter = await line.meter
        if lines[key] === line { states[key]?.meter = meter }
    }

    private func address(of connection: StreamConnection) async throws(StreamEnd) -> StreamAddress {
        guard let ticket = stream.ticket else {
            return StreamAddress((base ?? stream.terms.host) + connection.path)
        }
        do {
            var address = try stream.address(in: await ask(ticket).get())
            if let base { address.moveHost(to: base) }
            return address
        } catch let error as ExchangeError {
            throw StreamEnd(error.kind.pause == nil ? .unreachable : .blocked, "\(error)", pause: error.kind.pause)
        } catch {
            throw StreamEnd(.unreadable, (error as? Rejection)?.reason ?? "\(error)")
        }
    }
}

/// How one connection fares.
public struct StreamState: Sendable, Hashable {
    /// Tells the connections of a feed apart.
    public let key: String
    /// How many contracts it brings news of.
    public internal(set) var contracts: Int
    public private(set) var isOpen = false
    /// Times it was opened.
    public private(set) var openings = 0
    public private(set) var lastEnd: StreamEnd?
    public private(set) var lastEndAt: Date?
    public private(set) var reopensAt: Date?
    /// Of the current connection, or of the last one.
    public internal(set) var meter: StreamMeter?

    init(_ connection: StreamConnection) {
        key = connection.key
        contracts = connection.contracts
    }

    mutating func open() {
        isOpen = true
        openings += 1
        reopensAt = nil
    }

    mutating func end(_ end: StreamEnd, reopenedIn pause: Duration) {
        isOpen = false
        lastEnd = end
        lastEndAt = Date()
        wait(pause)
    }

    mutating func wait(_ pause: Duration) { reopensAt = Date().addingTimeInterval(pause / .seconds(1)) }
}
