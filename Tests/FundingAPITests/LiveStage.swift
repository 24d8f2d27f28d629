import Foundation
import FundingCore
import FundingJSON
import FundingRuntime
import Testing

@testable import FundingAPI

/// A client that remembers what it was sent.
final class FakePeer: LivePeer {
    let id: String
    private let state = Lock((messages: [[UInt8]](), queuedBytes: 0, closed: Int?.none))

    init(_ id: String = "peer") { self.id = id }

    var queuedBytes: Int { state.withLock { $0.queuedBytes } }
    var closeCode: Int? { state.withLock { $0.closed } }

    func send(_ message: EncodedFrame) { state.withLock { $0.messages.append(message.json) } }
    func close(code: Int, reason: String) { state.withLock { $0.closed = code } }
    func queue(_ bytes: Int) { state.withLock { $0.queuedBytes = bytes } }

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

    mutating func join(_ id: String = "peer", subscribing channels: String...) throws -> FakePeer {
        let peer = FakePeer(id)
        live.join(peer, session: "s")
        for channel in channels { try ask(#"{"op":"subscribe","channel":"\#(channel)"}"#, peer) }
        _ = try peer.take()
        return peer
    }
}
