public import Foundation
import FundingCore
import FundingJSON

/// One connection of a stream, from its opening to its end: subscribes, answers, watches.
actor StreamLine {
    enum Limit {
        static let greeting = Duration.seconds(15)
        /// How often it is looked whether something is due.
        static let look = Duration.milliseconds(500)
        /// Messages that cannot be read, in a row, after which the connection is given up.
        static let unreadable = 20
    }

    private let stream: any ExchangeStream
    private let connection: StreamConnection
    private var contracts: StreamedContracts
    private let heartbeat: StreamTerms.Heartbeat
    private let socket: any StreamSocket
    private let hear: @Sendable (StreamNews) -> Void
    private let clock = ContinuousClock()
    private var watch: StreamWatch
    private var isGreeted: Bool
    private var unreadableInARow = 0
    private(set) var meter: StreamMeter

    init(
        _ stream: any ExchangeStream, _ connection: StreamConnection, _ contracts: StreamedContracts,
        heartbeat: StreamTerms.Heartbeat, over socket: any StreamSocket,
        _ hear: @escaping @Sendable (StreamNews) -> Void
    ) {
        self.stream = stream
        self.connection = connection
        self.contracts = contracts
        self.heartbeat = heartbeat
        self.socket = socket
        self.hear = hear
        watch = StreamWatch(stream.terms, connection, heartbeat: heartbeat, at: clock.now)
        isGreeted = !stream.terms.awaitsGreeting
        meter = StreamMeter(openedAt: Date())
    }

    /// Reads messages by what a newer poll said of the contracts: their intervals, prices and numbers move.
    func follow(_ contracts: StreamedContracts) { self.contracts = contracts }

    /// Serves the connection until it is over; the socket is closed then.
    func serve() async -> StreamEnd {
        let end = await withTaskGroup(of: StreamEnd?.self) { group in
            group.addTask { await self.listen() }
            group.addTask { await self.subscribe() }
            group.addTask { await self.attend() }
            defer { group.cancelAll() }
            // Subscribing ends without an end of the connection.
            for await end in group {
                if let end { return end }
            }
            return StreamEnd(.cancelled, "nobody listens")
        }
        await socket.close()
        return Task.isCancelled ? StreamEnd(.cancelled, "stopped") : end
    }

    // MARK: - Hearing

    private func listen() async -> StreamEnd? {
        do {
            while !Task.isCancelled {
                guard case .message(let bytes) = try await socket.next() else { continue }
                meter.messages += 1
                meter.bytes += bytes.count
                meter.lastMessageAt = Date()
                try await take(bytes)
            }
            return StreamEnd(.cancelled, "stopped")
        } catch {
            return error
        }
    }

    private func take(_ bytes: [UInt8]) async throws(StreamEnd) {
        let message: StreamMessage
        do {
            message = try stream.read(JSONDocument(bytes).root, contracts)
        } catch {
            meter.unreadable += 1
            unreadableInARow += 1
            let reason = (error as? Rejection)?.reason ?? "\(error)"
            meter.lastProblem = "\(reason); message begins \(String(decoding: bytes.prefix(80), as: UTF8.self))"
            if unreadableInARow >= Limit.unreadable { throw StreamEnd(.unreadable, meter.lastProblem ?? reason) }
            return
        }
        unreadableInARow = 0
        switch message {
        case .greeting: isGreeted = true
        case .alive, .subscribed, .ignored: break
        case .question(let answer): try await socket.send(answer)
        case .refused(let reason):
            meter.refusals += 1
            meter.lastProblem = "refused: \(reason)"
        case .news(let news):
            isGreeted = true
            watch.heard(news.channels, at: clock.now)
            meter.updates += news.updates.count
            meter.lastDataAt = Date()
            hear(news)
        }
    }

    // MARK: - Saying

    private func subscribe() async -> StreamEnd? {
        let deadline = clock.now + Limit.greeting
        do {
            while !isGreeted {
                if clock.now > deadline { return StreamEnd(.silent, "no greeting") }
                try await clock.sleep(for: .milliseconds(20))
            }
            let pause = Duration.seconds(1 / stream.terms.messagesPerSecond)
            for text in connection.subscriptions {
                try await socket.send(text)
                try await clock.sleep(for: pause)
            }
            return nil
        } catch let end as StreamEnd {
            return end
        } catch {
            return StreamEnd(.cancelled, "stopped")
        }
    }

    private func attend() async -> StreamEnd? {
        do {
            while true {
                try await clock.sleep(for: Limit.look)
                switch watch.need(at: clock.now) {
                case .nothing: break
                case .heartbeat: try await beat()
                case .renewal: return StreamEnd(.renewed, "its time is over")
                case .silence(let channel?): return StreamEnd(.silent, "no data on \(channel)")
                case .silence(nil): return StreamEnd(.silent, "no data")
                }
            }
        } catch let end as StreamEnd {
            return end
        } catch {
            return StreamEnd(.cancelled, "stopped")
        }
    }

    private func beat() async throws(StreamEnd) {
        watch.beat(at: clock.now)
        switch heartbeat {
        case .none: break
        case .text(let text, _): try await socket.send(text)
        case .pingFrame: try await socket.ping()
        }
    }
}

/// What one connection has carried.
public struct StreamMeter: Sendable, Hashable {
    public var openedAt: Date
    public var messages = 0
    public var bytes = 0
    public var updates = 0
    public var unreadable = 0
    public var refusals = 0
    public var lastMessageAt: Date?
    public var lastDataAt: Date?
    public var lastProblem: String?

    init(openedAt: Date) { self.openedAt = openedAt }
}
