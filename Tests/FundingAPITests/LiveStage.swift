import Foundation
import FundingCore
import FundingJSON
import FundingRuntime
import Testing

@testable import FundingAPI

/// A client that remembers what it was sent.
final class FakePeer: LivePeer {
    let id: String
    private let state = Lock((messages: [[UInt8]](), queuedBytes: 0, closed: Int?.none, isReading: true))

    init(_ id: String = "peer") { self.id = id }

    var queuedBytes: Int { state.withLock { $0.queuedBytes } }
    var closeCode: Int? { state.withLock { $0.closed } }

    func send(_ message: EncodedFrame) {
        state.withLock { state in
            state.messages.append(message.json)
            if !state.isReading { state.queuedBytes += message.byteCount }
        }
    }

    func giveUp(code: Int, reason: String) { state.withLock { $0.closed = code } }
    func queue(_ bytes: Int) { state.withLock { $0.queuedBytes = bytes } }
    /// From now on, what it is sent waits.
    func stopReading() { state.withLock { $0.isReading = false } }

    /// The messages since the last call.
    func take() throws -> [JSONView] {
        let messages = state.withLock { state in
            defer { state.messages = [] }
            return state.messages
        }
        return try messages.map { try JSONDocument($0).root }
    }

    func takeTypes() throws -> [String] { try take().compactMap { $0["type"]?.string } }
}

/// A server-sent event: its id, if it has one, and its data.
struct StreamEvent: Sendable {
    var id: Int?
    var data: JSONView

    /// - Returns: nil for a line that is no event.
    init?(_ chunk: [UInt8]) throws {
        var data: String?
        for line in String(decoding: chunk, as: UTF8.self).split(separator: "\n") {
            if line.hasPrefix("id: ") { id = Int(line.dropFirst(4)) }
            if line.hasPrefix("data: ") { data = String(line.dropFirst(6)) }
        }
        guard let data else { return nil }
        self.data = try JSONDocument(Array(data.utf8)).root
    }
}

extension EventStreamPeer {
    /// What it was sent until now; it is told no more.
    func events() async throws -> [StreamEvent] {
        giveUp(code: 1000, reason: "")
        var events: [StreamEvent] = []
        for await chunk in chunks {
            if let event = try StreamEvent(chunk.bytes) { events.append(event) }
        }
        return events
    }
}

/// A market, its grid and the live state that tells of them.
struct Stage {
    var market = Sample.market(
        (Sample.feed(), [Sample.rate("BTCUSDT", isContinuous: true), Sample.rate("ETHUSDT", isContinuous: true)]),
        (Sample.feed("drift", name: "Drift"), [Sample.rate("BTC-PERP", base: "BTC", feed: "drift", isContinuous: true)])
    )
    var grid: GridDocument
    var live = LiveState()
    var now = Sample.start
    var instant = ContinuousClock.now

    init() {
        _ = market.statistics.take([], StatisticsState(), isWhole: true)
        grid = GridDocument(market, at: Sample.start)
        live.begin(with: grid, at: 1000)
    }

    mutating func poll(
        _ changes: [RateChange], feed: FeedID = "bybit", name: String = "ByBit", removed: [String] = [],
        isPartial: Bool = false
    ) throws {
        let sequence = try #require(market.feeds[feed]).sequence + 1
        let outcome = market.apply(
            Sample.event(sequence, changes, feed: feed, name: name, removed: removed, isPartial: isPartial))
        guard case .applied(let change) = outcome else {
            Issue.record("not applied: \(outcome)")
            return
        }
        now = change.observedAt ?? now
        live.publish(change, grid.follow(change, in: market, at: now), grid, at: now, instant)
    }

    /// What the scanner writes.
    mutating func score(_ rows: [StatisticsEvent.Changed]) throws {
        let sequence = market.statistics.state.sequence + 1
        guard
            case .applied(let change) = market.statistics.apply(
                StatisticsEvent(sequence: sequence, computedAt: now, changed: rows))
        else {
            Issue.record("not applied")
            return
        }
        let delta = grid.follow(change, in: market, at: now)
        live.publish(StatisticsNews(change, in: market), delta, grid, at: now, instant)
    }

    /// What the feed's stream says between two polls.
    mutating func stream(_ changes: [RateChange], feed: FeedID = "bybit", name: String = "ByBit") throws {
        try poll(changes, feed: feed, name: name, isPartial: true)
    }

    mutating func ask(_ text: String, _ peer: FakePeer, after delay: Duration = .zero) throws {
        try live.handle(LiveRequest(text), from: peer.id, exchanges: market.exchanges, at: now, instant + delay)
    }

    /// Lists many contracts, so that a snapshot of the grid is larger than what may wait for a client.
    mutating func fill() {
        let rates = (0..<5000).map { Sample.rate("A\($0)USDT", feed: "kucoin", isContinuous: true) }
        _ = market.replace(Sample.feed("kucoin", name: "KuCoin"), with: rates)
        grid = GridDocument(market, at: Sample.start)
        live.begin(with: grid, at: 1000)
    }

    /// A client of server-sent events.
    mutating func join(hearing channels: [LiveChannel], after sequence: Int? = nil) throws -> EventStreamPeer {
        let peer = EventStreamPeer()
        try live.join(
            peer, session: "s", hearing: channels, LiveScope(), after: sequence, exchanges: market.exchanges, at: now,
            instant)
        return peer
    }

    mutating func join(_ id: String = "peer", subscribing channels: String...) throws -> FakePeer {
        let peer = FakePeer(id)
        live.join(peer, session: "s")
        for channel in channels { try ask(#"{"op":"subscribe","channel":"\#(channel)"}"#, peer) }
        _ = try peer.take()
        return peer
    }
}
